"""Keep a trial of a search as a run of the lab."""

import shutil
from pathlib import Path

from core.access import ownership
from core.base.errors import BadInput, NotFound
from core.base.files import draft
from core.runs.store import LOCK, Store
from core.studies.search.folder import Searches


def keep_trial(home: Path, search_id: str, number: int, *, by: str) -> str:
    """Copy the run of a trial to the runs of the lab, in the name of `by`, unless it is there.
    Return its id. Raises NotFound for no such trial, BadInput for one that is still trained.
    """
    ownership.require_known(by)
    searches, store = Searches(home), Store(home)
    trial = next((t for t in searches.trials(search_id) if t.number == number), None)
    if trial is None:
        raise NotFound(
            f"Search {search_id} has no trial {number + 1}. Choose one of its table.",
            code="trial_not_found",
        )
    runs = searches.runs(search_id)
    if runs.is_owned(trial.run):
        raise BadInput(
            f"Trial {number + 1} is still trained. Wait for its end, or stop it.",
            code="trial_in_progress",
        )
    if trial.run in store.ids() and store.experiment(trial.run) == runs.experiment(trial.run):
        return trial.run
    with draft(store.root) as folder:
        shutil.copytree(
            runs.path(trial.run), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(LOCK)
        )
        run = store.adopt(folder, trial.run)
    ownership.assign(store, run, by)
    return run
