"""The script of a run whose settings changed on the way gives its losses, to the last bit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.encoding import change, encode
from core.base.events import Ended, to_json
from core.data.label_noise import LabelNoise
from core.data.ready.points import Spirals
from core.experiment import Experiment
from core.export import exports
from core.export.code_formats import ScriptFormat, obstacle, script_of
from core.export.script import runner
from core.export.script.python_source import CannotExport
from core.network.layers import Conv2d, Dropout, Flatten, Linear, Output, ReLU
from core.optim.optimizers import AdamW
from core.optim.regularizers import EMA, L2
from core.optim.schedules import Cosine
from core.optim.stopping import Patience
from core.runs import forks
from core.runs.history import History
from core.runs.store import Store
from core.studies.trainer import execute

BASE = Experiment(
    name="Course",
    data=Spirals(points=20),
    network=(Linear(units=4), ReLU(), Dropout(p=0.2), Output()),
    optimizer=AdamW(learning_rate=0.05),
    schedule=Cosine(),
    regularizers=(L2(), EMA(beta=0.9)),
    stopping=(Patience(patience=1, improvement=10.0),),
    epochs=3,
    batch_size=6,
    device="cpu",
)
NOISY = BASE.model_copy(update={"stopping": (), "label_noise": LabelNoise(share=0.3)})
ALLOWED = (  # by a fork, each alone and then together
    {"batch_size": 9},
    {"optimizer": "sgd"},
    {"optimizer": "lbfgs"},
    {"optimizer": "schedule_free_adamw"},
    {"regularizers": []},
    {"regularizers": ["ema", "clip_norm"]},
    {"schedule": "plateau"},
    {"augmentations": ["mixup"]},
    {"precision": "bfloat16"},
    {"network.2.p": 0.5},
    {"sampling": "balanced"},
    {"label_noise.share": 0},
    {
        "batch_size": 4, "optimizer": "averaged_momentum", "regularizers": ["l2"], "epochs": 4,
        "augmentations": ["mixup"], "label_noise.share": 0, "sampling": "balanced",
    },
)  # fmt: skip
LATER = {"optimizer.beta1": 0.5, "optimizer.weight_decay": 0.2}


def trained(store: Store, e: Experiment, changes: dict | None = None, at: int = 0) -> str:
    """Train it, with changes of its settings after a step."""
    run, asked = store.create(encode(e)), []

    def poll(training: object) -> str:
        training.single_steps = True
        if changes and training.step == at and not asked:
            asked.append(at)
            training.requests = [json.dumps(changes)]
        return "go"

    assert execute(store, run, poll_control=poll).reason in ("epochs", "patience")
    return run


@pytest.mark.usefixtures("quick_processes")
def test_forks_and_changed_settings_are_followed(tmp_path: Path) -> None:
    store = Store(tmp_path / "lab")
    noisy = trained(store, NOISY)
    parent = trained(store, BASE)  # ended by its rule after two epochs
    stepped = {"kind": "step", "every": 1, "gamma": 0.5, "warmup": 1.0}
    longer = forks.extend(store, parent, 2, schedule="restarted")
    changed = longer.model_copy(update={"optimizer": AdamW(learning_rate=0.01)})
    cases = [
        trained(store, changed),
        trained(store, BASE.model_copy(update={"stopping": ()}), LATER, at=4),
        trained(store, forks.fork_of(store, parent, 1, {"schedule": stepped}), LATER, at=5),
        trained(store, forks.fork_of(store, parent, 0, {"batch_size": 9})),
        *(trained(store, forks.fork_of(store, noisy, 1, each)) for each in ALLOWED),
    ]
    folders = []
    for run in cases:
        assert obstacle(store, run) == ""
        folders.append(tmp_path / run)
        folders[-1].mkdir()
        history = History.of(store.read(run)[0])
        (folders[-1] / runner.SCRIPT).write_text(script_of(store, run, history).text())
    command = [sys.executable, "-I", runner.__file__, *map(str, folders)]
    subprocess.run(command, check=True, capture_output=True)
    for run, folder in zip(cases, folders, strict=True):
        found = json.loads((folder / runner.SCORES).read_text())
        history = History.of(store.read(run)[0])
        assert found["losses"] == list(history.losses)
        assert found["validation"] == [epoch.validation for epoch in history.epochs]


def test_a_change_of_the_device_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    parent = trained(store, BASE.model_copy(update={"stopping": ()}))
    assert obstacle(store, parent) == ""
    fork = store.create(encode(forks.fork_of(store, parent, 1, {"device": "auto"})))
    assert exports.problem(store, fork, ScriptFormat()).code == "run_not_ended"
    store.append(fork, to_json(Ended("stopped", "", 3, 1)))
    assert exports.problem(store, fork, ScriptFormat()).code == "export_of_course"


@pytest.mark.parametrize("to_lbfgs", [True, False])
def test_a_change_to_or_from_lbfgs_of_convolutions_is_refused(
    tmp_path: Path, to_lbfgs: bool
) -> None:
    """Their values have another order in memory, so rounding differs. The fork itself trains."""
    lbfgs, sgd = {"kind": "lbfgs", "moves": 2}, {"kind": "sgd"}
    before, after = (sgd, lbfgs) if to_lbfgs else (lbfgs, sgd)
    store = Store(tmp_path)
    images = Experiment(network=(Conv2d(maps=1), Flatten(), Output()), device="cpu")
    images = change(
        images.model_copy(update={"epochs": 2, "batch_size": 2000}), "optimizer", before
    )
    parent = trained(store, images)
    fork = trained(store, forks.fork_of(store, parent, 1, {"optimizer": after}))
    with pytest.raises(CannotExport) as refused:
        script_of(store, fork, History.of(store.read(fork)[0]))
    assert refused.value.code == "export_of_course"
