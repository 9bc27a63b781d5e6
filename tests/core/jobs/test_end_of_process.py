"""A process that ends while its threads compute."""

import subprocess
import sys
from pathlib import Path

from core.base.process import ROOT
from core.runs.state import RunState, stored_state
from core.runs.store import Store


def test_a_process_saves_its_run_and_ends_with_status_0_while_its_threads_compute(
    tmp_path: Path,
) -> None:
    """Without `close_at_exit` it aborts: C++ cannot be ended from outside."""
    command = [sys.executable, "-m", "tests.core.jobs.end_while_computing", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path)
    (run,) = store.ids()
    assert stored_state(store, run) is RunState.INTERRUPTED
    assert store.last(run)["event"] == "Saved"
