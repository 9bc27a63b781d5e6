"""A course: experiments that are trained one after another, from a fork or a change of settings on
with the next one. Knows no file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from core.base.events import Ended, Event, from_json
from core.data.samples import Samples
from core.experiment import Experiment
from core.training.ending_rules import EndingRules
from core.training.loop import Training, train
from core.training.segment import Segment
from core.training.setup_state import State


class Course(Iterator[Event]):
    """The events of the segments, from the start or from a `state` of any of them, up to the end of
    the training or, with `until`, to this step. `training` is the current one.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        data: Samples,
        state: State | None = None,
        until: int | None = None,
        threads: int = 0,
    ):
        reached = [each for each in segments if until is None or each.step < until]
        self.segments, self.data, self.until = reached or [segments[0]], data, until
        self._threads = threads
        step = state["step"] if state else 0
        # A state at the step of a change may be from before or after it: `changed_state` of the
        # second is the second.
        index = max((i for i, each in enumerate(segments) if each.step < step), default=0)
        self._begin(index, state, step)

    def __next__(self) -> Event:
        if self._is_over:
            raise StopIteration
        if self._following and self.training.settled and self.training.step == self._end:
            self._begin(self._index, self.training.state(), self._end)
        event = next(self.training)
        self._is_over = isinstance(event, Ended) or (
            not self._following and self.training.settled and self.training.step == self._end
        )
        return event

    def change(self, experiment: Experiment) -> None:
        """Go on with other settings. Between two steps only, while `training` is settled."""
        step = self.training.step
        here = self.segments[self._index]
        self.segments.insert(self._index + 1, Segment(here.run, step, experiment))
        self._begin(self._index, self.training.state(), step)

    def _begin(self, index: int, state: State | None, step: int) -> None:
        """Begin the last segment that starts at `step` or before it."""
        while index + 1 < len(self.segments) and self.segments[index + 1].step <= step:
            old, new = (each.experiment for each in self.segments[index : index + 2])
            state = changed_state(state, old, new) if state else None
            index += 1
        self._index = index
        following = self.segments[index + 1 : index + 2]
        self._following = bool(following)
        self._end = following[0].step if following else self.until
        self._is_over = False
        experiment, threads = self.segments[index].experiment, 0 if state else self._threads
        self.training: Training = train(experiment, self.data, state=state, threads=threads)
        self.training.rest_at = self._end


def changed_state(state: State, old: Experiment, new: Experiment) -> State:
    """Return the state with which a training of `old` goes on as one of `new`: weights, generators
    and the epochs so far stay.

    The optimizer begins anew where its state does not fit. A stopping rule that would end the
    training right here counts only the epochs, and the time, from here on.
    """
    state = dict(state)
    if not new.optimizer.keeps_state_of(old.optimizer):
        state["optimizer"] = None
    if new.label_noise != old.label_noise:
        state["margins"] = None  # they belong to the former labels
    history = [from_json(line) for line in state["history"]]
    rules = EndingRules((), state.get("rules_from", {}))
    state["rules_from"] = rules.resumed(new.stopping, history, state["seconds"]).counted_from
    return state


def replay(
    segments: Sequence[Segment],
    data: Samples,
    *,
    until: int,
    state: State | None = None,
    threads: int = 0,
) -> Course:
    """Return the training of the segments up to the step `until`, once more. Stopping rules only
    mark, so that it gets as far as before, also on a slower machine. `threads` are those of the
    run where it begins anew; 0 chooses them.
    """
    again = [replace(each, experiment=_without_ends(each.experiment)) for each in segments]
    return Course(again, data, state, until, threads)


def _without_ends(experiment: Experiment) -> Experiment:
    marks: list[Any] = [rule.model_copy(update={"only_mark": True}) for rule in experiment.stopping]
    return experiment.model_copy(update={"stopping": tuple(marks)})
