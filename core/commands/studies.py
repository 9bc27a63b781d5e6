"""The commands about studies: sweep one, list them. Each prints for people, and answers with plain
data for `--json`.
"""

import signal
import sys
import time
from argparse import Namespace
from statistics import median
from typing import Any

from core.advice.learning_curve import learning
from core.advice.study_verdict import verdict
from core.base.control import GO, STOP
from core.base.encoding import change
from core.base.errors import BadInput
from core.base.events import Ended
from core.base.numbers import duration, percent, short, whole
from core.base.text import counted
from core.commands.experiments import Answer, assigned, with_spreadsheets
from core.commands.screen import bar
from core.runs.store import Store
from core.studies.records import Begun, Record, across, curve, plain_point, progress
from core.studies.study import Study, load, shipped

SHOWN = 0.2  # seconds between two pictures of the bar


def sweep(given: Namespace) -> Answer:
    """Computes a study in this process and further ones; Ctrl+C leaves it resumable."""
    from core.base.device import cores
    from core.runs.state import stored_state
    from core.studies.folder import Studies
    from core.studies.sweeps import create, execute

    store = Studies()
    if given.resume:
        study_id = store.find(given.resume)
        if not (state := stored_state(store, study_id)).is_resumable:
            raise BadInput(
                f"Study {study_id} is {state}: only one that was interrupted, stopped, failed or "
                "never begun can be resumed."
            )
    elif given.study:
        study_id = create(store.home, _asked(given, store))
    else:
        raise BadInput(
            f"No study is named: give a JSON file, one of {', '.join(shipped())}, or --resume ID."
        )
    stopped: list[int] = []
    before = {
        s: signal.signal(s, lambda number, frame: stopped.append(number))
        for s in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        ended = execute(
            store.home,
            study_id,
            lambda sweep: STOP if stopped else GO,
            (lambda event: None) if given.json else _Told(study_id),
            processes=given.workers or min(2, cores()),
            progress=None if given.json else bar,
        )
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if ended.reason == "failed":
        print(ended.message, file=sys.stderr)
    elif ended.reason == "stopped" and not given.json:
        print(f"Go on: python -m core sweep --resume {study_id}")
    return _outcome(store, study_id, ended, given)


def _asked(given: Namespace, store: Store) -> Study:
    """The study with all that the options change, checked; said before it is made."""
    from core.base.device import resolve
    from core.data.load import load as load_data
    from core.studies.work import work_of

    study = load(given.study)
    if given.experiment:
        from core.experiment import load as load_experiment

        study = change(study, "base", load_experiment(given.experiment).model_dump(mode="json"))
    for path, value in assigned(given.set):
        study = change(study, path, value)
    if given.name:
        study = change(study, "name", given.name)
    study = with_spreadsheets(study, "base.data", given, store)
    if given.device:
        study = change(study, "base.device", given.device)
    resolve(study.base.device)
    samples = load_data(study.base.data, store.home, None if given.json else bar)
    work_of(study.method, study.base, samples, study.repeats)
    return study


class _Told:
    """Events as a bar on a terminal, as one line a point elsewhere."""

    def __init__(self, study_id: str):
        self.live, self.begun, self.records, self.at = sys.stdout.isatty(), None, [], 0.0
        print(f"Study {study_id}")

    def __call__(self, event: Begun | Record | Ended) -> None:
        if isinstance(event, Begun):
            self.begun = event
            print(f"{event.says} · {whole(event.points)} points · {event.workers} at work")
        elif isinstance(event, Ended):
            print(f"\r\x1b[K{event.message}" if self.live else event.message)
        else:
            self.records.append(event)
            if not self.live and event.point.last:
                print(_row(event), flush=True)
            elif self.live and time.monotonic() - self.at > SHOWN:
                self.at, left = time.monotonic(), progress(self.records, self.begun).left
                bar(event.share, f"{len(self.records)} points · {duration(left)} left")


def _row(record: Record) -> str:
    point = record.point
    at = " ".join(f"{name} {value}" for name, value in record.at.items() if name != "seed")
    size = f"width {whole(point.width)} · n {whole(point.samples)}"
    size += f" · {counted(point.steps, 'step')}" if point.steps else ""
    loss, error = short(median(point.test_loss), 3), percent(median(point.test_error))
    return f"{at} {size} · control {short(point.control)} · test loss {loss}, error {error}".strip()


def _outcome(store: Any, study_id: str, ended: Ended, given: Namespace) -> Answer:
    """What the study shows: a sentence for each line, or mean, spread and best over seeds."""
    study = store.study(study_id)
    points = curve([e for e in store.events(study_id)[0] if isinstance(e, Record)])
    says = []
    if study.over != "control":
        for control in sorted({point.control for point in points}):
            line = [p for p in points if p.control == control]
            line = [p for p in line if p.last or study.over == "steps"]
            noun = study.method.noun if study.over == "width" else ""
            if study.over == "samples" and not study.method.together:
                said = learning(line, "test_error").sentence
            else:
                said = verdict(line, "test_loss", study.over, noun).sentence
            said = f"{said} {study.method.caution}".rstrip()
            named = study.method.control and len({p.control for p in points}) > 1
            says.append(f"{study.method.control} {short(control)}: {said}" if named else said)
    elif len(points) == 1 and (found := across(points[0])):
        says.append(
            f"Test error {percent(found.mean)} ± {percent(found.spread)} over {found.seeds} seeds, "
            f"the best {percent(found.best)} with seed {found.which}, the worst "
            f"{percent(found.worst)}."
        )
    if not given.json:
        for line in says:
            print(line)
    return {
        "study": study_id,
        "reason": ended.reason,
        "message": ended.message,
        "seconds": round(ended.seconds, 3),
        "says": says,
        "points": [plain_point(point) for point in points],
    }


def studies(given: Namespace) -> Answer:
    """All studies, newest first, and the shipped ones."""
    from core.runs.state import stored_state
    from core.studies.folder import Studies

    store = Studies()
    rows = [
        {"study": i, "state": stored_state(store, i), "name": store.study(i).name}
        for i in store.ids()
    ]
    ready = {name: study.about for name, study in shipped().items()}
    if not given.json:
        for row in rows:
            print(f"{row['study']}  {row['state']:<12}{row['name']}")
        for name, about in ready.items():
            print(f"{name:<18}{about}")
    return {"studies": rows, "shipped": ready}
