"""The script and the notebook of a run: complete, and proved in a new process."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import nbformat
import pytest
from nbclient import NotebookClient

from core.__main__ import main
from core.base.control import GO, STOP
from core.base.encoding import change, encode
from core.base.errors import BadInput
from core.data.datasets import MNIST, Spreadsheets
from core.data.library import Library
from core.data.reading import Reading
from core.data.sampling import Bootstrap, Shuffle
from core.data.spreadsheet import growing_array
from core.experiment import Experiment, shipped
from core.export import exports, proof
from core.export.code_formats import NotebookFormat, ScriptFormat, script_of
from core.export.script.script import script
from core.jobs.kinds import KINDS, RUN
from core.network.layers import Output
from core.network.presets import SoftmaxRegression
from core.optim.schedules import Constant, Schedule
from core.runs.history import History
from core.runs.store import Store
from core.studies import trainer

pytestmark = pytest.mark.usefixtures("quick_processes")
SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def digits(home) -> tuple[Store, str]:
    """A run of two epochs on few digits."""
    store = Store(home)
    experiment = shipped()["digits"]
    for path, value in (("epochs", 2), ("split.fraction", 0.1), ("device", "cpu")):
        experiment = change(experiment, path, value)
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    return store, run


def test_the_command_writes_a_script_that_computes_the_losses_of_the_run(digits, tmp_path, capsys):
    store, run = digits
    command = ["export", run, "--home", str(store.home), "--to", "script", "--prove", "--json"]
    assert main([*command, "--file", str(tmp_path / "mine.py")]) == 0
    report = json.loads(capsys.readouterr().out)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"mine.py", "digits_images.csv", "digits_labels.csv"}
    assert report["findings"][0]["code"] == "script_proved"
    steps = len(History.of(store.read(run)[0]).losses)
    assert report["result"]["proof"]["equal"] == report["result"]["proof"]["steps"] == steps
    assert report["result"]["proof"]["equal_epochs"] == 2
    source = (tmp_path / "mine.py").read_text()
    assert not re.search(r"\b(from|import) (core|pages)\b", source)


def test_one_changed_number_of_a_script_is_found(digits):
    store, run = digits
    history = History.of(store.read(run)[0])
    losses = list(history.losses)
    changed = [*losses[:3], losses[3] * (1 + 1e-12), *losses[4:]]
    found = proof.compare(losses, changed)
    assert (found["equal"], found["first_difference"]) == (len(losses) - 1, 4)
    more = {"epochs": 2, "equal_epochs": 2, "device": "cpu"}
    assert proof.finding(found | more).code == "script_differs"
    assert proof.finding(found | more | {"device": "cuda:0"}).code == "script_differs_on_gpu"
    found = proof.compare(losses, losses)
    assert proof.finding(found | more).code == "script_proved"
    assert proof.finding(found | more | {"equal_epochs": 1}).code == "script_differs"
    assert proof.compare(losses, losses[:-1])["equal"] == len(losses) - 1
    assert proof.compare([float("nan")], [float("nan")])["equal"] == 1


def test_a_run_that_was_stopped_by_hand_is_reproduced_up_to_there(home):
    store = Store(home)
    run = store.create(encode(change(shipped()["digits"], "split.fraction", 0.1)))
    trainer.execute(store, run, poll_control=lambda t: STOP if t.step >= 7 else GO)
    history = History.of(store.read(run)[0])
    assert history.ended.reason == "stopped"
    text = script_of(store, run, history).text()
    assert f"if len(losses) == {history.step}:" in text


def test_the_notebook_runs_in_jupyter(digits, tmp_path):
    store, run = digits
    files, _ = exports.export(store, run, NotebookFormat(), tmp_path / "mine.ipynb")
    assert files[0].name == "mine.ipynb" and len(files) == 3
    notebook = nbformat.read(files[0], as_version=4)
    nbformat.validate(notebook)
    check = nbformat.v4.new_code_cell("print(repr(losses))")
    notebook.cells.append(check)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    printed = notebook.cells[-1].outputs[0]["text"]
    losses = list(History.of(store.read(run)[0]).losses)
    assert printed.strip() == repr(losses)


def test_a_script_that_fails_is_an_error_and_not_a_proof(digits, monkeypatch):
    store, run = digits
    history = History.of(store.read(run)[0])
    written = script_of(store, run, history)
    monkeypatch.setattr(type(written), "text", lambda self: "raise SystemExit(3)")
    with pytest.raises(proof.Unavailable) as refused:
        list(proof.prove(written, history))
    assert refused.value.code == "script_failed"


def test_ruff_finds_nothing_in_a_script(digits):
    store, run = digits
    text = script_of(store, run, History.of(store.read(run)[0])).text()
    command = [sys.executable, "-m", "ruff", "check", "-", "--stdin-filename", "train.py"]
    rules = ["--isolated", "--line-length", "100", "--select", "E,F,I,B,UP"]
    how = {"input": text, "capture_output": True, "text": True}
    done = subprocess.run([*command, *rules], check=False, **how)
    assert done.returncode == 0, done.stdout
    form = [*command[:3], "format", "--diff", "--isolated", "--line-length", "100", "-"]
    done = subprocess.run(form, check=False, **how)
    assert done.returncode == 0, done.stdout


def test_only_code_can_be_proved(digits, capsys):
    store, run = digits
    command = ["export", run, "--home", str(store.home), "--to", "tensorboard", "--prove", "--json"]
    assert main(command) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "nothing_to_prove"
    assert ScriptFormat(prove=True).with_proof() is None


def test_a_new_field_of_the_experiment_needs_a_place_in_the_script():
    """A field that scripts leave out would make their losses differ: add it there, then here."""
    assert set(Experiment.model_fields) == {
        "name", "about", "data", "split", "label_noise", "normalization", "augmentations",
        "sampling", "network", "initializer", "start", "loss", "optimizer", "schedule",
        "regularizers", "stopping", "epochs", "batch_size", "accumulation", "seeds", "device",
        "precision", "fork",
    }  # fmt: skip


@pytest.mark.parametrize(("sampling", "missing"), [(Shuffle(), "mean"), (Bootstrap(), "auto")])
def test_a_script_fills_and_draws_the_samples_of_a_dataset_on_the_disk_like_the_lab(
    tmp_path, monkeypatch, sampling, missing
):
    gap = "" if missing == "mean" else 0
    rows = "".join(f"{k % 11 or gap},{k % 7},{(k * k) % 3}\n" for k in range(400)).encode()
    reading = Reading(columns={"a": {"missing": missing}})
    library = Library(tmp_path)
    digest, _ = library.add(b"a,b,kind\n" + rows, names=("rows.csv",), reading=reading)
    data = Spreadsheets(digest=digest, title="Rows")
    experiment = Experiment(data=data, network=(Output(),), sampling=sampling, epochs=2)
    store = Store(tmp_path)
    run = store.create(encode(experiment))
    monkeypatch.setenv("LAB_RESIDENT", "0.002")  # 2 of the 3 kB of the inputs
    monkeypatch.setattr(growing_array, "LIMIT", 2000)
    KINDS[RUN].execute(tmp_path, run)
    files, result = exports.export(store, run, ScriptFormat(prove=True), tmp_path / "mine.py")
    assert {file.name for file in files} == {"mine.py", "data.npz"}
    assert ("BlockSampler(" in files[0].read_text()) == (sampling == Shuffle())
    found = result["proof"]
    assert found["equal"] == found["steps"] > 0 and found["equal_epochs"] == 2


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_the_script_of_a_run_on_mnist_computes_its_losses(tmp_path, monkeypatch):
    """A hundredth of the training set is enough: the script takes the files from torchvision."""
    monkeypatch.setenv("LAB_TORCHVISION", str(SHARED))
    network = SoftmaxRegression().layers((1, 28, 28))
    experiment = Experiment(data=MNIST(), network=network, epochs=2, device="cpu")
    store = Store(tmp_path)
    run = store.create(encode(change(experiment, "split.fraction", 0.01)))
    KINDS[RUN].execute(tmp_path, run)
    files, result = exports.export(store, run, ScriptFormat(prove=True), tmp_path / "mnist.py")
    assert [file.name for file in files] == ["mnist.py"]
    found = result["proof"]
    assert found["equal"] == found["steps"] > 5 and found["equal_epochs"] == 2


def test_what_has_no_source_is_refused_with_the_reason(tmp_path, monkeypatch):
    names = {"__name__": "no_file", "Constant": Constant, "Literal": Literal}
    monkeypatch.setattr(Schedule, "members", dict(Schedule.members))
    source = """
class Nowhere(Constant):
    kind: Literal["test_nowhere"] = "test_nowhere"
    def base_schedule(self, base, step, *, steps, epoch_steps):
        return base
"""
    exec(source, names)
    experiment = shipped()["spirals"].model_copy(update={"schedule": names["Nowhere"]()})
    with pytest.raises(BadInput) as refused:
        script(experiment, tmp_path)
    assert refused.value.code == "cannot_export"
