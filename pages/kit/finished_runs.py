"""The runs whose weights can be used."""

from core.jobs import runner
from core.runs.state import RunState
from core.runs.summary import summaries


def finished_runs() -> dict[str, str]:
    """Return the names of all runs that can answer, the newest first: they have ended, and their
    weights are stored.
    """
    lab = runner.current()
    live = set(lab.live())
    names = {}
    for row in summaries(lab.store)[0]:
        ended = bool(row.reason) and RunState.of_end(row.reason).has_result
        if ended and row.run not in live and lab.store.checkpoints(row.run):
            names[row.run] = row.name
    return names
