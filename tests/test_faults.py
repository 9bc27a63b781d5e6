"""What may go wrong outside of our hands, each with its number. The table says which test shows it;
those that are in no other file stand below.

    F1   kill -9 of a training, 25 times: 0 unreadable    test_twenty_five_kills_… below,
         checkpoints, resumed bit for bit                 core/commands/test_experiments.py
                                                          test_a_killed_run_…
         between the renames of a save: nothing lost  core/runs/test_store.py test_a_kill_between_…
    F2   kill -9 of the lab while two train or import:    core/jobs/test_worker.py
         0 processes left, every run can go on            test_no_process_outlives_…
         one that is stuck in C code                      core/base/test_parent_death.py
    F3   SIGTERM: status 0 within 8 s with an open page,  test_restart.py test_a_killed_lab_…
         and a run at work is saved                       the same
    F4   disk full: old file whole, one sentence;         test_a_full_disk_… below
         room for 3 checkpoints before the first step     test_a_disk_that_… below,
                                                          core/advice/test_estimate.py
    F5   the loss is no number: ends at that step,  core/training/test_endings.py test_a_loss_…
         best weights kept, a way out                     core/advice/test_run_findings.py
    F6   memory of the GPU, of the processor, killed      core/jobs/test_runner.py test_an_error_…,
         by the system: three messages, the next begins   core/jobs/test_worker.py test_a_crash_…
    F7   400 flipped bits: never a wrong number; the      test_a_flipped_bit_never_becomes_… below,
         previous checkpoint goes on                      core/base/test_seal.py
    F8   ten presses in a second are one run;             test_ten_presses_… below,
         one run at a time on each device                 core/jobs/test_runner.py test_runs_are_…
    F9   reload: the run goes on and is shown             test_classroom.py,
                                                          test_whole_way.py
    F10  data deleted under a run: nothing changes;       test_data_that_… below,
         before it: resume says which                     core/export/test_archive.py
    F11  no data base: each event is one whole line       core/runs/test_store.py test_a_torn_…
    F14  no sign for 120 s: ended; a stop within 5 s      core/jobs/test_worker.py test_the_limit_…,
                                                          test_an_unresponsive_process_…
    F15  1,000 runs are listed within a second            benchmarks/runs.py
    S4   40 names at 24 doors: none becomes a path        test_foreign_words.py,
                                                          core/export/test_archive.py
    S5   other people's words are no markup               pages/test_pages.py test_other_peoples_…
    S6   no cell of an export is a formula                test_foreign_words.py
    S7   one byte too many: 413; what closed pages had    test_limits.py
         uploaded is given back; a lower limit in class   test_app.py test_a_classroom_…
    S8   foreign hosts, origins, paths                    test_app.py test_a_foreign_…
    S10  two people and a teacher: who may do what,       test_two_people.py, test_classroom.py,
         and who reads what                               core/access/test_ownership.py
"""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.access.ownership import LAB
from core.advice import estimate
from core.advice.plan import plan
from core.base.control import GO, STOP
from core.base.encoding import encode
from core.base.errors import BadData, BadInput
from core.base.events import to_json
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.jobs.runner import Runner
from core.network.presets import SoftmaxRegression
from core.runs import checkpoint
from core.runs.store import CHECKPOINT, PREVIOUS, Store
from core.studies.trainer import execute
from pages.kit import bar, session
from tests.conftest import losses

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("LAB_KILLS") or 25)  # the long form: LAB_KILLS=1000
KILLER = """
import json, os, random, signal, sys, time
from core.base import device
from core.base.events import Saved, Started
from core.runs import checkpoint
from core.training import clock
from core.runs.store import Store
from core.studies.trainer import execute
import torch

torch.set_num_threads(1)
clock.SAVE_EVERY = (0.03, 0.05)
store, run, kills = Store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
execute(store, sys.argv[4])  # imports and first calls, once for all
draw, steps = random.Random(1), []
for number in range(kills):
    begun, begins = os.pipe()
    child = os.fork()
    if not child:  # every second one is killed after its first checkpoint, however busy the machine
        awaited = (Started, Saved)[number % 2]
        notice = lambda event: isinstance(event, awaited) and os.write(begins, b".")
        execute(store, run, watch=notice)
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


def test_the_table_names_tests_that_there_are() -> None:
    tests = ROOT / "tests"
    named = set(re.findall(r"(?<![\w/])((?:\w+/)*(?:test_\w+|runs)\.py)", __doc__))
    files = {name: (ROOT if name.startswith("benchmarks") else tests) / name for name in named}
    assert len(files) > 15 and not [name for name, path in files.items() if not path.is_file()]
    every = " ".join(path.read_text() for path in tests.rglob("test_*.py"))
    starts = set(re.findall(r"(test_\w+_)…", __doc__))
    assert len(starts) >= 20 and not [name for name in starts if f"def {name}" not in every]


def text(**changes: object) -> str:
    return encode(Experiment(**{"epochs": 100, "device": "cpu", **changes}))


def same(one: object, other: object) -> bool:
    """Whether two states hold the same numbers, bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.usefixtures("quick_processes")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork saves importing torch 25 times")
def test_twenty_five_kills_leave_every_checkpoint_readable_and_the_same_losses(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    run, straight = (store.create(text(epochs=100_000, batch_size=128)) for _ in range(2))
    first = store.create(text(epochs=1))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "LAB_THREADS": "1"}
    command = [sys.executable, "-c", KILLER, str(tmp_path), run, str(KILLS), first]
    said = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280
    )
    assert said.returncode == 0, said.stderr
    steps = json.loads(said.stdout)
    assert len(steps) == KILLS and steps == sorted(steps) and steps[-1] > 0
    further = steps[-1] + 50
    for each in (run, straight):
        execute(store, each, poll_control=lambda t: STOP if t.step >= further else GO)
    killed, never = (losses(store, each)[:further] for each in (run, straight))
    assert len(killed) == further and killed == never


def test_a_flipped_bit_never_becomes_a_weight_and_the_previous_checkpoint_goes_on(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    run = store.create(text())
    for word in (2, 4):
        execute(store, run, poll_control=lambda t, word=word: STOP if t.epoch >= word else GO)
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
        assert same(found, right)
    assert refused > 300  # the others hit what fills the gaps between tensors
    before.write_bytes(older)
    path.write_bytes(whole[: len(whole) // 2])
    assert 0 < checkpoint.load(store, run)["step"] <= right["step"]


def test_a_full_disk_ends_one_run_in_one_sentence_and_leaves_its_checkpoint(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    store = Store(tmp_path)
    run = store.create(text())
    execute(store, run, poll_control=lambda t: STOP if t.epoch >= 1 else GO)
    whole = checkpoint.load(store, run)["step"]
    size = store.path(run, CHECKPOINT).stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, hard))  # as no space, but EFBIG
    try:
        ended = execute(store, run, poll_control=lambda t: STOP if t.epoch >= 2 else GO)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert ended.reason == "failed" and "File too large" in ended.message
    assert checkpoint.load(store, run)["step"] == whole
    assert not list(store.path(run).glob("*.tmp"))


def test_a_disk_that_does_not_take_the_checkpoints_is_said_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    run = store.create(text())
    execute(store, run, poll_control=lambda t: STOP if t.epoch >= 1 else GO)
    before, size = checkpoint.load(store, run), store.size(run)
    monkeypatch.setattr(estimate, "free_disk", lambda home: 1000)
    ended = execute(store, run)
    assert ended.reason == "failed" and ended.message.startswith("Not enough disk space")
    assert plan(Experiment(), tmp_path).code == "disk_full"
    assert same(checkpoint.load(store, run), before)
    assert store.read(run, size)[0] == [to_json(ended)]
    monkeypatch.undo()
    assert (
        execute(store, run, poll_control=lambda t: STOP if t.epoch >= 2 else GO).reason == "stopped"
    )


def sheets(seed: int) -> list[bytes]:
    """Sixty pictures of 4 × 4 and their labels."""
    draw = random.Random(seed)
    rows = [[draw.randrange(256) for _ in range(16)] for _ in range(60)]
    pictures = "\n".join(",".join(map(str, row)) for row in rows)
    return [pictures.encode(), "\n".join(str(k % 2) for k in range(60)).encode()]


def test_data_that_is_deleted_changes_no_run_at_work_and_is_named_when_another_shall_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, library = Store(tmp_path), Library(tmp_path)
    digest, _ = library.add(*sheets(0))
    network = SoftmaxRegression().layers((1, 4, 4))
    sheet = Spreadsheets(digest=digest, title="My pictures")
    straight, run, waits = (
        store.create(text(data=sheet, network=network, epochs=8)) for _ in range(3)
    )
    execute(store, straight)
    execute(store, waits, poll_control=lambda t: STOP if t.epoch >= 2 else GO)
    gone = []

    def delete_once(training: object) -> str:
        if training.epoch >= 2 and not gone:
            gone.append(library.delete(digest))
        return GO

    assert execute(store, run, poll_control=delete_once).reason == "epochs" and gone[0] > 0
    assert losses(store, run) == losses(store, straight)
    library.add(*sheets(1), title="My pictures")  # others of the same name are no substitute
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    lab = Runner(store, in_process=False)
    with pytest.raises(BadInput, match="“My pictures”") as error:
        lab.resume(waits, by=LAB)
    assert error.value.code == "data_missing"
    assert lab.live() == []
    library.add(*sheets(0))
    lab.resume(waits, by=LAB)
    assert lab.live() == [waits]


def test_ten_presses_within_a_second_are_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, now, shown = {}, [10.0], []
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(runner, "_current", Runner(Store(tmp_path), in_process=False))
    monkeypatch.setattr(session.st, "session_state", kept)
    monkeypatch.setattr(bar.st, "switch_page", lambda page, **how: shown.append(how))
    monkeypatch.setattr(session.time, "monotonic", lambda: now[0])
    for press in range(10):
        now[0] = 10.0 + press / 20
        bar.start(text())
    lab = runner.current()
    assert len(lab.store.ids()) == len(lab.live()) == 1
    assert [how["query_params"]["run"] for how in shown] == lab.live() * 10
    bar.start(text(epochs=2))  # another experiment
    now[0] += 1.0
    bar.start(text(epochs=2))  # and the same again, on purpose
    assert len(lab.live()) == 3
