"""Studies wait in the same queue as runs; they are stopped, and gone on with, there."""

import pytest

from core.access.ownership import LAB
from core.base.encoding import encode
from core.jobs import kinds
from core.jobs.runner import Runner
from core.runs.store import Store
from core.studies.folder import Studies
from tests.conftest import wait_until
from tests.core.studies.test_sweeps import make_study, numbers


@pytest.fixture
def runner(tmp_path):
    found = Runner(Store(tmp_path))
    yield found
    found.close()


def test_a_queued_study_can_be_stopped_and_resumed(runner, tmp_path) -> None:
    straight = runner.submit(encode(make_study("networks")), by=LAB, kind="study")
    wait_until(lambda: runner.status(straight) == "done")
    broken = runner.submit(encode(make_study("networks")), by=LAB, kind="study")
    runner.pause(broken, by=LAB)
    waiting = runner.submit(encode(make_study("steps")), by=LAB, kind="study")
    assert runner.live(kinds.STUDY) == [broken, waiting]
    assert runner.status(waiting) == "queued"
    runner.stop(broken, by=LAB)
    wait_until(lambda: runner.status(broken) == "stopped")
    wait_until(lambda: runner.status(waiting) == "done")
    runner.resume(broken, by=LAB)
    wait_until(lambda: runner.status(broken) == "done")
    assert numbers(tmp_path, broken) == numbers(tmp_path, straight)
    assert Studies(tmp_path).ids() and not Store(tmp_path).ids()
