"""A run that started from weights, on the command line and in another lab."""

import json
import shlex
from pathlib import Path

import pytest
import torch

from core.__main__ import main
from core.advice.adapt import adapt
from core.advice.plan import plan
from core.base.encoding import change, encode
from core.base.errors import BadData
from core.data.dataset import Facts
from core.experiment import Experiment, shipped
from core.export.archive import WEIGHTS
from core.jobs.kinds import KINDS, RUN
from core.network.layers import Flatten, Linear, Output, ReLU
from core.runs import checkpoint
from core.runs.start_from import fine_tuning
from core.runs.store import Store
from core.studies import trainer
from core.weights.library import WeightsLibrary
from core.weights.start import FromScratch, FromWeights
from tests.core.export.conftest import assert_refused, entries, opened, packed, sealed
from tests.core.weights.test_files import torch_file

pytestmark = pytest.mark.usefixtures("weights_in_this_process")
LAYERS = (Flatten(), Linear(units=8), ReLU(), Output())
WIDER = (Flatten(), Linear(units=9), ReLU(), Output())
DEEPER = (Flatten(), Linear(units=8), ReLU(), Linear(units=5), Output())
SMALL = Experiment(name="First", network=LAYERS, epochs=1, device="cpu")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """A home with a finished run."""
    store = Store(tmp_path_factory.mktemp("here"))
    run = store.create(encode(SMALL))
    trainer.execute(store, run)
    return store, run


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_run_from_weights_moves_to_another_lab_and_trains_there_again_with_the_same_result(
    first: tuple[Store, str], tmp_path: Path
) -> None:
    store, run = first
    e = fine_tuning(store, run)
    assert e.start.run == run and e.start.title == "First" and e.name == "First, fine-tuned"
    tuned = store.create(encode(e))
    trainer.execute(store, tuned)
    archive, other = packed(store, tuned), Store(tmp_path)
    assert opened(other, archive).warning is None
    again = other.create(encode(e))
    trainer.execute(other, again)
    states = [checkpoint.load(*place)["model"] for place in ((store, tuned), (other, again))]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    empty = Store(tmp_path / "empty")
    lost = empty.create(encode(e))
    assert "Network page" in KINDS[RUN].missing(empty, lost)
    assert plan(e, empty.home).code == "start_weights_missing"
    ended = trainer.execute(empty, lost)
    assert (ended.reason, ended.code) == ("failed", "start_weights_missing")
    found = entries(archive)
    wrong = torch_file({"output.weight": torch.zeros(3)})
    assert_refused(Store(tmp_path / "third"), sealed(found | {WEIGHTS: wrong}), "archive_damaged")
    assert WeightsLibrary(tmp_path / "third").list() == []
    del found[WEIGHTS]
    assert opened(empty, sealed(found)).warning.code == "start_weights_missing"


def test_the_command_line_loads_compares_and_starts_from_weights(
    first: tuple[Store, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, run = first
    path = tmp_path / "net.pth"
    path.write_bytes(checkpoint.saved_model(store, run).pth())
    wide = tmp_path / "wide.json"
    wide.write_text(encode(SMALL.model_copy(update={"network": WIDER})))
    home = ("--home", str(tmp_path / "home"))
    status, found = answer(capsys, "load", str(path), "--into", str(wide), *home)
    digest = checkpoint.saved_model(store, run).digest
    assert status == 0 and found["digest"] == digest and not found["fits"]
    assert found["facts"]["classes"] == list("0123456789")
    assert found["new_layers"] == ["linear1", "output"]
    table = {row["name"]: (row["have"], row["want"]) for row in found["mismatches"]}
    assert table["linear1.weight"] == ([8, 64], [9, 64])
    assert not found["usable"]  # output.bias fits, but no layer has all of its tensors
    status, found = answer(capsys, "train", str(wide), "--from", str(path), *home)
    assert (status, found["error"]["code"]) == (2, "start_weights_misfit")
    same = tmp_path / "same.json"
    same.write_text(encode(SMALL))
    status, found = answer(capsys, "load", str(path), "--into", str(same), *home)
    assert found["fits"] and found["usable"] and found["mismatches"] == []
    for source in (str(path), digest):
        status, found = answer(
            capsys, "train", str(same), "--from", source, "--set", 'start.frozen=["linear1"]', *home
        )
        assert status == 0 and found["reason"] == "epochs"
    status, found = answer(capsys, "train", str(same), "--from", "nothing", *home)
    assert (status, found["error"]["code"]) == (2, "start_not_found")
    tuned = Store(tmp_path / "home")
    after = checkpoint.saved_model(tuned, tuned.find("last")).tensors
    before = checkpoint.saved_model(store, run).tensors
    assert torch.equal(after["linear1.weight"], before["linear1.weight"])
    assert not torch.equal(after["output.weight"], before["output.weight"])


@pytest.mark.parametrize(
    ("network", "new"),
    [(LAYERS, []), (DEEPER, ["linear2", "output"]), (WIDER, None), ((Flatten(), Output()), None)],
    ids=["same", "deeper", "no whole layer", "nothing"],
)
def test_the_command_that_load_prints_starts_a_training(
    first: tuple[Store, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], network, new
) -> None:
    """Also with spaces in the names; where no layer fits, no command is printed."""
    path, into = tmp_path / "my net.safetensors", tmp_path / "my experiment.json"
    path.write_bytes(checkpoint.saved_model(*first).safetensors())
    into.write_text(encode(SMALL.model_copy(update={"network": network})))
    home = ("--home", str(tmp_path / "home"))
    status, found = answer(capsys, "load", str(path), "--into", str(into), *home)
    assert (status, found["usable"]) == (0, new is not None)
    assert main(["load", str(path), "--into", str(into), *home]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    if new is None:
        assert "python -m core" not in last
        return
    assert found["new_layers"] == new
    *_, command = last.partition("python -m core ")
    status, trained = answer(capsys, *shlex.split(command), *home)
    assert (status, trained["reason"]) == (0, "epochs")


def test_files_that_are_no_weights_and_unknown_experiments_are_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", str(tmp_path / "home"))
    for arguments, code in (
        ((str(tmp_path),), "weights_is_folder"),
        ((str(tmp_path / "no.pth"),), "weights_file_missing"),
        ((str(tmp_path / "no.pth"), "--into", "nothing"), "unknown_experiment"),
    ):
        status, found = answer(capsys, "load", *arguments, *home)
        assert (status, found["error"]["code"]) == (2, code)


def test_other_classes_draw_a_new_output_layer_and_another_network_starts_from_scratch(
    first: tuple[Store, str],
) -> None:
    e = fine_tuning(*first)
    before = Facts((1, 8, 8), tuple("0123456789"), 1797)
    new, found = adapt(e, Facts((1, 8, 8), ("cat", "dog"), 100), before=before)
    assert new.start.new_layers == ("output",) and [f.code for f in found] == ["output_layer_new"]
    assert adapt(e, before, before=before) == (e, ())
    table = Facts((5,), ("cat", "dog"), 100)
    images = change(e, "network", [layer.model_dump() for layer in shipped()["digits"].network])
    new, _ = adapt(images, table, before=before)
    assert new.start == FromScratch()


def test_weights_are_stored_once_and_survive_the_deletion_of_their_run(
    first: tuple[Store, str], tmp_path: Path
) -> None:
    store, run = first
    start = fine_tuning(store, run).start
    assert isinstance(start, FromWeights)
    assert fine_tuning(store, run).start == start
    assert [each.digest for each in WeightsLibrary(store.home).list()] == [start.digest]
    path = WeightsLibrary(store.home).path(start.digest)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    copy = WeightsLibrary(tmp_path)
    copy.add(checkpoint.saved_model(store, run))
    copy.path(start.digest).write_bytes(bytes(content))
    assert copy.load(start) is None  # damaged: it does not match its checksum
    with pytest.raises(BadData) as caught:
        copy.add_file(bytes(content), "copy.safetensors")
    assert caught.value.code == "weights_damaged"
