"""What may go wrong outside of our hands, each with its number. The table says which test shows it;
those that are in no other file stand below.

    F1   kill -9 of a training, 25 times: 0 unreadable    test_twenty_five_kills_… below,
         checkpoints, resumed bit for bit                 core/test_commands.py test_kill_nine_…
    F2   kill -9 of the server: no process left; what     core/test_worker.py test_no_process_…,
         waited is unbegun, one press away                pages/test_watch.py test_a_run_that_…
    F3   SIGTERM: status 0 with an open page              test_app.py test_sigterm_…
    F4   disk full: old file whole, one sentence          below, core/test_store.py
    F5   the loss is no number: diverged, way out         core/analysis/test_findings.py
    F6   memory of the GPU, of the processor, killed      core/test_runner.py test_a_fault_…,
         by the system: three messages, the next begins   core/test_worker.py test_a_death_…
    F7   400 flipped bits: never a wrong weight; the      test_a_flipped_bit_… below
         previous checkpoint goes on
    F8   ten presses in a second are one run;             below,
         one run at a time on each device                 core/test_runner.py test_runs_wait_…
    F9   reload: the run goes on and is shown             test_classroom.py, pages/test_watch.py
    F10  data deleted: resume says which                  below, core/export/test_archive.py
    F11  no data base: each event is one whole line       core/test_store.py test_a_torn_…
    F14  a hang is ended; a stop is done within 5 s       core/test_worker.py
    F15  1,000 runs are listed within a second            benchmarks/runs.py
    S4   a name never becomes a path                      core/test_store.py test_no_other_string_…
    S5   other people's words are no markup               pages/test_pages.py test_other_peoples_…
    S6   no cell of an export is a formula                test_no_cell_… below
    S7   30 uploads at once: a lower limit                test_app.py test_a_classroom_…
    S8   foreign hosts, origins, paths                    test_app.py
    S10  two people, who may do what                      core/test_access.py, test_classroom.py
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.data.sets import Spreadsheets
from core.encoding import encode
from core.errors import BadData, BadInput
from core.events import Started, Step, from_json
from core.experiment import Experiment
from core.export.cells import plain
from core.jobs.control import GO, STOP
from core.jobs.trainer import execute
from core.runner import Runner
from core.store import CHECKPOINT, PREVIOUS, Store
from core.training import checkpoint
from pages.ui import state

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("LAB_KILLS") or 25)  # the long form: LAB_KILLS=1000
KILLER = """
import json, os, random, signal, sys, time
from core.training import checkpoint
from core import device, train
from core.store import Store
from core.jobs.trainer import execute
import torch

torch.set_num_threads(1)
train.SAVE_EVERY = (0.03, 0.05)
store, run, kills = Store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
execute(store, sys.argv[4])  # imports and first calls, once for all
draw, steps = random.Random(1), []
for _ in range(kills):
    begun, begins = os.pipe()
    child = os.fork()
    if not child:
        execute(store, run, watch=lambda event: os.write(begins, b"."))
        os._exit(0)
    os.read(begun, 1)
    time.sleep(draw.uniform(0.0, 0.15))  # when the kill comes is what is tried
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begun), os.close(begins)
    assert not store.is_owned(run)
    lines = [json.loads(line) for line in store.read(run)[0]]
    saved = [line["step"] for line in lines if line["event"] == "Saved"]
    state = checkpoint.load(store, run)
    step = state["step"] if state else 0
    assert step >= max(saved, default=0), (step, saved[-1])
    steps.append(step)
print(json.dumps(steps))
"""


def text(**changes: object) -> str:
    return encode(Experiment(**{"epochs": 100, "device": "cpu", **changes}))


def losses(store: Store, run: str) -> list[float]:
    seen: list[float] = []
    for line in store.read(run)[0]:
        event = from_json(line)
        if isinstance(event, Started):
            del seen[event.step :]
        elif isinstance(event, Step):
            seen += event.losses
    return seen


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork saves importing torch 25 times")
def test_twenty_five_kills_leave_every_checkpoint_readable_and_the_same_losses(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    run, straight = (store.create(text(epochs=300, batch_size=128)) for _ in range(2))
    first = store.create(text(epochs=1))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "LAB_THREADS": "1"}
    command = [sys.executable, "-c", KILLER, str(tmp_path), run, str(KILLS), first]
    said = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280
    )
    assert said.returncode == 0, said.stderr
    steps = json.loads(said.stdout)
    assert len(steps) == KILLS and steps == sorted(steps) and steps[-1] > 0
    for each in (run, straight):
        execute(store, each)
    assert losses(store, run) == losses(store, straight)


def test_a_flipped_bit_never_becomes_a_weight_and_the_previous_checkpoint_goes_on(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    run = store.create(text())
    for word in (2, 4):
        execute(store, run, attend=lambda t, word=word: STOP if t.epoch >= word else GO)
    path, before = store.path(run, CHECKPOINT), store.path(run, PREVIOUS)
    whole, older = path.read_bytes(), before.read_bytes()
    right = checkpoint.load(store, run)
    before.unlink()
    draw, refused = random.Random(0), 0
    for _ in range(400):
        place = draw.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            found = checkpoint.load(store, run)
        except BadData:
            refused += 1
            continue
        assert all(torch.equal(found["model"][k], right["model"][k]) for k in right["model"])
        assert found["step"] == right["step"]
    assert refused > 300  # the others hit what fills the gaps between tensors
    before.write_bytes(older)
    path.write_bytes(whole[: len(whole) // 2])
    assert 0 < checkpoint.load(store, run)["step"] <= right["step"]


def test_a_full_disk_ends_one_run_in_one_sentence_and_leaves_its_checkpoint(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    store = Store(tmp_path)
    run = store.create(text())
    execute(store, run, attend=lambda t: STOP if t.epoch >= 1 else GO)
    whole = checkpoint.load(store, run)["step"]
    size = store.path(run, CHECKPOINT).stat().st_size
    script = (
        "import resource, signal, sys; from core.store import Store\n"
        "from core.jobs.trainer import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)\n"
        "print(execute(Store(sys.argv[1]), sys.argv[2], attend=lambda t: "
        "'stop' if t.epoch >= 2 else 'go').message)"
    )
    assert resource.RLIMIT_FSIZE is not None
    command = [sys.executable, "-c", script, str(tmp_path), run, str(size // 2)]
    given = dict(cwd=ROOT, capture_output=True, text=True, timeout=120)
    said = subprocess.run(command, check=False, **given)
    assert said.returncode == 0 and "free space" in said.stdout, said.stdout + said.stderr
    assert checkpoint.load(store, run)["step"] == whole
    assert not list(store.path(run).glob("*.tmp"))


def test_data_that_was_deleted_is_named_when_its_run_shall_go_on(tmp_path: Path) -> None:
    lab = Runner(Store(tmp_path), in_process=False)
    run = lab.store.create(text(data=Spreadsheets(digest="ab" * 32)))
    with pytest.raises(BadInput, match=r"is not in this lab|not here"):
        lab.resume(run)
    assert lab.live() == []


def test_ten_presses_within_a_second_are_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, now = {}, [10.0]
    monkeypatch.setattr(state.st, "session_state", kept)
    monkeypatch.setattr(state.time, "monotonic", lambda: now[0])
    runs = []
    for press in range(10):
        now[0] = 10.0 + press / 20
        run = state.just_started("{}") or f"run {press}"
        state.just_started("{}", run)
        runs.append(run)
    assert set(runs) == {"run 0"}
    assert state.just_started('{"epochs": 2}') == ""
    now[0] += 1.0
    assert state.just_started("{}") == ""


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_an_export_is_a_formula(sign: str) -> None:
    assert plain(f"{sign}cmd()") == f"'{sign}cmd()"
    assert plain(f"a{sign}") == f"a{sign}" and plain("") == ""
