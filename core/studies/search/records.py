"""The events in the log of a search as JSON lines and back, and its trials. No files, no torch."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from core.base.encoding import from_json_text, to_json_text
from core.studies.records import Progress, remaining

Stage = Literal["search", "finalist"]
State = Literal["running", "done", "pruned", "failed", "stopped"]


@dataclass(frozen=True)
class SearchStarted:
    """A search starts or resumes. `description` is the data in words; `trials` is how many it
    trains at most, finalists included; `seconds` were used before.
    """

    description: str
    trials: int
    workers: int
    time: float  # seconds since 1970
    seconds: float = 0.0


@dataclass(frozen=True)
class TrialStarted:
    """A trial starts or, with the same number, resumes. `values` are those of the dimensions by
    path; `seed` is added to all seeds of the experiment; `run` is its folder in the search's one.
    """

    number: int
    stage: Stage
    values: dict[str, Any]
    seed: int
    run: str
    seconds: float = 0.0  # of the search so far
    step: int = 0  # of the run, from which it resumes


@dataclass(frozen=True)
class TrialEnded:
    """The end of a trial. `value` is the goal for the weights that the run keeps, or for a pruned
    one its best so far; infinite where it diverged, None where it failed. `second` is the second
    goal, `curve` the goal after each epoch, `duration` the seconds that the trial trained.
    """

    number: int
    state: State
    value: float | None
    second: float | None
    epochs: int
    duration: float
    parameters: int | None
    message: str
    code: str = ""
    curve: tuple[float, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    multiply_adds: int | None = None
    seconds: float = 0.0  # of the search so far, without pauses
    fraction: float = 0.0  # of the work that is done


@dataclass(frozen=True)
class SearchTrial:
    """One trial, also a running one. `finished_at` are the seconds of the search at its end and
    `seconds` those that it trained. `starts` is how often it was started at the step where it was
    last.
    """

    number: int
    stage: Stage
    values: dict[str, Any]
    seed: int
    run: str
    state: State = "running"
    value: float | None = None
    second: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    finished_at: float | None = None
    parameters: int | None = None
    multiply_adds: int | None = None
    message: str = ""
    code: str = ""
    curve: tuple[float, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    starts: int = 1
    step: int = 0

    @property
    def is_finished(self) -> bool:
        return self.state != "running"

    @property
    def is_complete(self) -> bool:
        """Whether it has a result of all its epochs that can be compared."""
        return self.state == "done" and self.value is not None


SearchEvent = SearchStarted | TrialStarted | TrialEnded
_TYPES = {cls.__name__: cls for cls in (SearchStarted, TrialStarted, TrialEnded)}


def to_line(event: SearchEvent) -> str:
    """Write one JSON line; see `encoding.to_json_data` for infinite values."""
    return to_json_text({"event": type(event).__name__, **asdict(event)})


def from_line(line: str) -> SearchEvent | dict[str, Any]:
    """Read the event of one line; the end of a search as its plain fields. Fields that this version
    does not know are dropped. Raises ValueError for a line without an event.
    """
    try:
        data = from_json_text(line)
        kind = data.pop("event")
        if cls := _TYPES.get(kind):
            known = {field.name for field in fields(cls)}
            values = {name: value for name, value in data.items() if name in known}
            if "curve" in values:
                values["curve"] = tuple(values["curve"])
            return cls(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"This line is not an event of a search: {line[:40]}") from None
    return {"event": kind, **data}


def trials(
    events: Iterable[Any], known: Mapping[int, SearchTrial] | None = None
) -> list[SearchTrial]:
    """Return the trials by number, from the events of a search after those of `known`; trials
    without an end are running.
    """
    by_number = dict(known or {})
    for event in events:
        if isinstance(event, TrialStarted):
            trial = by_number.get(event.number)
            if trial is None:
                by_number[event.number] = SearchTrial(
                    event.number, event.stage, event.values, event.seed, event.run
                )
            elif not trial.is_finished:
                starts = trial.starts + 1 if event.step == trial.step else 1
                by_number[event.number] = replace(trial, starts=starts, step=event.step)
        elif isinstance(event, TrialEnded) and (trial := by_number.get(event.number)):
            by_number[event.number] = _ended(trial, event)
    return [by_number[number] for number in sorted(by_number)]


def _ended(trial: SearchTrial, event: TrialEnded) -> SearchTrial:
    return replace(
        trial,
        state=event.state,
        value=event.value,
        second=event.second,
        epochs=event.epochs,
        seconds=event.duration,
        finished_at=event.seconds,
        parameters=event.parameters,
        multiply_adds=event.multiply_adds,
        message=event.message,
        code=event.code,
        curve=event.curve,
        scores=event.scores,
    )


def progress(events: Iterable[Any]) -> Progress:
    """Compute the progress of a search from its events so far."""
    total, ended, last = 0, 0, None
    for event in events:
        if isinstance(event, SearchStarted):
            total = event.trials
        elif isinstance(event, TrialEnded):
            ended, last = ended + 1, event
    if last is None:
        return Progress(0, total, 0.0, None)
    return Progress(ended, total, last.seconds, remaining(last.seconds, last.fraction))
