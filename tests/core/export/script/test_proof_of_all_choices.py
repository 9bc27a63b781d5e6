"""The script of every choice of every family gives the losses of the lab, to the last bit.

The scripts run in one process that has no access to the lab, one after another.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.base.device import torch_threads
from core.base.events import Ended, Epoch, Step
from core.base.files import hold
from core.experiment import Experiment
from core.export.script import runner
from core.export.script.plan import RunFacts
from core.export.script.script import script
from core.training.inputs import load_inputs
from core.training.loop import train
from tests.core.export.script.all_choices import FAMILIES, HOMES, cut_short
from tests.fork_server import ForkServer


def scores_of_lab(chosen: Experiment, home: Path) -> dict[str, Any]:
    """The losses of the steps, the validation scores of the epochs, and the final score."""
    found: dict[str, Any] = {"losses": [], "validation": []}
    with torch_threads(1):
        training = train(chosen, load_inputs(chosen, home))
        training.budget.is_open = False  # probes change nothing, as test_loop.py shows
        for event in training:
            if isinstance(event, Step):
                found["losses"] += event.losses
            elif isinstance(event, Epoch):
                found["validation"].append(event.validation)
            elif isinstance(event, Ended):
                found["result"] = event.test or event.validation or event.train
    return found


STOPPED = RunFacts(stopped_after=6, is_finished=True)  # in the second epoch


@pytest.fixture(scope="module")
def scores_of_scripts(shared_folder: Path, fork_server: ForkServer) -> dict[str, list[dict]]:
    """What the scripts of all families computed, once for all test processes."""
    root = shared_folder / "scripts"
    HOMES.append(root)
    with hold(shared_folder / "scripts.lock", seconds=240):
        found = root / "scores.json"
        if not found.exists():
            root.mkdir(exist_ok=True)
            found.write_text(json.dumps(run_all_scripts(root, fork_server.popen())))
        return json.loads(found.read_text())


def run_all_scripts(root: Path, popen: type[subprocess.Popen]) -> dict[str, list[dict]]:
    """Run the scripts of all families in one process, because torch starts slowly."""
    folders: dict[str, list[Path]] = {family.__name__: [] for family in FAMILIES}
    for family in FAMILIES:
        for number, chosen in enumerate(family()):
            folder = root / f"{family.__name__}{number}"
            folder.mkdir(exist_ok=True)
            folders[family.__name__].append(folder)
            written = script(chosen, root, STOPPED if family is cut_short else RunFacts())
            (folder / runner.SCRIPT).write_text(written.text())
            for file in written.files:
                file.write(folder / file.name)
    every = [str(folder) for found in folders.values() for folder in found]
    command = [sys.executable, "-I", runner.__file__, *every]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with popen(command, cwd=root, text=True, **pipes) as process:
        printed, _ = process.communicate()
    assert process.returncode == 0, printed[-3000:]
    return {
        name: [json.loads((folder / runner.SCORES).read_text()) for folder in found]
        for name, found in folders.items()
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_the_script_of_every_choice_gives_the_same_losses(family, scores_of_scripts):
    for chosen, alone in zip(family(), scores_of_scripts[family.__name__], strict=True):
        lab = scores_of_lab(chosen, HOMES[-1])
        if family is cut_short:
            lab = {"losses": lab["losses"][:6], "validation": lab["validation"][:1], "result": None}
        assert alone["losses"] and repr(alone["losses"]) == repr(lab["losses"]), chosen
        assert repr(alone["validation"]) == repr(lab["validation"]), chosen
        if lab["result"]:  # none for a training that diverged in its first epoch
            assert repr(alone["result"]) == repr(lab["result"]), chosen
