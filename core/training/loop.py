"""Training as an iterator of events. Stop: stop iterating. Pause: do not ask for the next.

The loop knows no file, no thread and no page. Losses are gathered on the device and read a few
times a second, for each reading makes the processor wait for the device.
"""

import platform
import time
from collections import deque
from collections.abc import Callable, Iterator
from math import isfinite, isinf

import torch
from torch import Tensor

import core
from core.base.events import (
    Ended,
    Epoch,
    Event,
    Probe,
    Saved,
    Started,
    Step,
    Surface,
    from_json,
    to_json,
)
from core.data.samples import Samples
from core.experiment import Experiment
from core.training.clock import Stopwatch
from core.training.ending import averaged, ended
from core.training.metrics import Meter, evaluate, scores, slope
from core.training.probes import Answers, Budget, Inside
from core.training.setup import Setup, State

TICK = 0.15  # seconds between two readings of the losses
SAVE_SHARE = 0.02  # of the time may go into checkpoints …
SAVE_EVERY = (2.0, 60.0)  # … but no more often, and no less, than this many seconds


def train(
    experiment: Experiment,
    data: Samples,
    *,
    state: State | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> "Training":
    """The events of this experiment on this data, from the first step or from `state`.

    BadNetwork, BadData and Unavailable come before the first event. Equal experiments on equal data
    give equal losses, metrics and weights: on a CPU bit for bit at the same number of threads, also
    across a `state`.
    """
    return Training(experiment, data, state, clock)


class Training(Iterator[Event]):
    """One training under way. When `settled`, `state()` agrees with the events so far."""

    def __init__(
        self,
        experiment: Experiment,
        data: Samples,
        state: State | None,
        clock: Callable[[], float],
    ):
        self.experiment, self.watch = experiment, Stopwatch(clock)
        self.setup = Setup(experiment, data, state)
        self._ending = [rule for rule in experiment.stopping if not rule.only_mark]
        self.single_steps = False  # an event after every step, for a person who goes step by step
        self.step, self.history, self.cut = 0, [], 1.0
        self.best_loss, self.best_epoch, self.best = float("inf"), None, None
        self.loss_sum, self.right = 0.0, 0.0  # of the epoch so far
        if state:
            self._restore(state)
        self.meter = Meter(self.setup.device)
        self.inside, self.budget = Inside(self.setup), Budget(self.watch)
        self.answers = Answers(self.setup, data, self.watch)
        self.probes: list[Probe | Surface] = []
        self.read_at = self.saved_at = self.watch.seconds
        self.save_cost, self._last = 0.0, None
        self._queue: deque[Event] = deque()
        self._groups = self._run()

    def __next__(self) -> Event:
        away = self.watch.go_on()
        if isinstance(self._last, Saved):
            self.save_cost = away
        try:
            while not self._queue:
                self._queue.extend(next(self._groups))
        finally:
            self.watch.pause()
        self._last = self._queue.popleft()
        return self._last

    @property
    def settled(self) -> bool:
        """Whether every event up to this moment has been handed out."""
        return not self._queue

    @property
    def epoch(self) -> int:
        """Epochs that are complete."""
        return len(self.history)

    def _run(self) -> Iterator[list[Event]]:
        """Groups of events; between two groups the training stands still at a step's end."""
        yield [self._started()]
        between = self.epoch and self.step == self.epoch * self.setup.epoch_steps
        reason = self._reason_after_epoch() if between else None  # left just before its end
        while not reason:
            for rows in self._rest_of_epoch():
                self._one_step(rows)
                if not self._due():
                    continue
                events = self._read()
                if reason := self._diverged(events) or self._late():
                    yield events
                    break
                yield [*events, *self._save_if_due()]
            else:
                reason, events = self._end_epoch()
                yield events
        with self.budget.charged(self.setup.wait):
            surface = self.answers.measure(self.step)
        yield [*surface, ended(self, reason)]

    def _rest_of_epoch(self) -> Iterator[Tensor]:
        """The rows (B,) of each minibatch that this epoch still has to come."""
        setup = self.setup
        setup.order.set_state(setup.epoch_order)
        order = setup.sampler.order(setup.order).to(setup.device)
        for position in range(self.step - self.epoch * setup.epoch_steps, setup.epoch_steps):
            yield order[position * setup.batch_size : (position + 1) * setup.batch_size]

    def _one_step(self, rows: Tensor) -> None:
        setup = self.setup
        x, y, mix = setup.batch(rows)  # (B, C, H, W), (B,), both classes of mixed pictures
        probing = self.budget.due()
        watched = self.inside.signals.watching() if probing else None
        loss, outputs, again = setup.begin_step(x, y, mix, watched)  # (), (B, classes)
        if probing:
            with self.budget.charged(setup.wait):
                self.inside.before_step(x, y, mix)
        setup.end_step(self.rate(self.step), again)
        self.step += 1
        self.meter.add(loss, outputs, y)
        if probing:
            with self.budget.charged(setup.wait):
                self.probes.append(self.inside.after_step(self.step))
                if self.answers.due(self.step):
                    self.probes += self.answers.measure(self.step)

    def rate(self, step: int) -> float:
        """Of a step in the present epoch."""
        return self.setup.rate(step) * self.cut

    def _due(self) -> bool:
        """Whether the losses are read after this step: not after the last one of an epoch, whose
        end reads them, so that between two groups of events there is always a step.
        """
        late = self.watch.seconds - self.read_at >= TICK
        last = self.step == (self.epoch + 1) * self.setup.epoch_steps
        return not last and (late or self.single_steps or self.meter.full)

    def _read(self) -> list[Event]:
        """One Step with the losses since the last reading, up to a first that is no number."""
        losses, right = self.meter.read()  # the processor waits for the device here
        first = self.step - len(losses)
        bad = next((i for i, loss in enumerate(losses) if not isfinite(loss)), len(losses))
        losses = losses[: bad + 1]
        sizes = [self.setup.size(first + i) for i in range(len(losses))]
        self.loss_sum += sum(loss * size for loss, size in zip(losses, sizes, strict=True))
        self.right += right
        seconds = self.watch.seconds
        speed = sum(sizes) / max(seconds - self.read_at, 1e-9)
        probes, self.probes, self.read_at = self.probes, [], seconds
        if not losses:
            return probes
        last = first + len(losses)
        return [Step(last, tuple(losses), self.rate(last - 1), seconds, speed), *probes]

    def _end_epoch(self) -> tuple[str | None, list[Event]]:
        """Measures the validation part and keeps the best weights; a reason to end, the events."""
        events, setup = self._read(), self.setup
        if reason := self._diverged(events):
            return reason, events
        size, values = len(setup.train), setup.train.values
        train = scores(self.loss_sum, self.right, size, values=values)
        for transform in setup.transforms:
            transform.after_epoch((self.epoch + 1) / self.experiment.epochs)
        with setup.averaged():
            validation = evaluate(setup.model, setup.validation, setup.criterion)
            best = bool(validation) and validation["loss"] < self.best_loss
            if best:
                self.best_loss, self.best_epoch = validation["loss"], self.epoch + 1
                self.best = setup.weights()
        asked = any(rule.needs_gradient for rule in self.experiment.stopping)
        gradient = slope(setup.model, setup.train, setup.criterion) if asked else None
        told = (self.epoch + 1, self.step, train, validation, best, self.watch.seconds, gradient)
        self.history.append(Epoch(*told))
        self._look_back()
        self.loss_sum, self.right, setup.epoch_order = 0.0, 0.0, setup.order.get_state()
        reason = self._reason_after_epoch()
        return reason, [*events, self.history[-1], *([] if reason else self._save_if_due())]

    def _look_back(self) -> None:
        """At what the epochs so far mean for the steps to come."""
        if self.experiment.schedule.reacts:
            losses = [epoch.validation["loss"] for epoch in self.history if epoch.validation]
            self.cut = self.experiment.schedule.plateau_factor(losses)

    def _reason_after_epoch(self) -> str | None:
        for rule in self._ending:
            if rule.after_epoch(self.history):
                return rule.kind
        return "epochs" if self.epoch >= self.experiment.epochs else self._late()

    def _late(self) -> str | None:
        late = (rule.kind for rule in self._ending if not rule.in_time(self.watch.seconds))
        return next(late, None)

    def _diverged(self, events: list[Event]) -> str | None:
        for event in events:
            if isinstance(event, Step) and not isfinite(event.losses[-1]):
                self.bad_step = event.step
                self.bad_loss = "infinite" if isinf(event.losses[-1]) else "NaN"
                return "diverged"
        return None

    def _save_if_due(self) -> list[Event]:
        shortest, longest = SAVE_EVERY
        pause = min(max(shortest, self.save_cost / SAVE_SHARE), longest)
        if self.watch.seconds - self.saved_at < pause:
            return []
        self.saved_at = self.watch.seconds
        return [Saved(self.step)]

    def _started(self) -> Started:
        setup = self.setup
        parts = {"train": setup.train, "validation": setup.validation, "test": setup.test}
        versions = {"lab": core.__version__, "torch": torch.__version__}
        return Started(
            step=self.step,
            steps=setup.steps,
            epoch_steps=setup.epoch_steps,
            epochs=self.experiment.epochs,
            batch_size=setup.batch_size,
            parameters=sum(fact.parameters for fact in setup.facts),
            layers=tuple(self.inside.norms.layers),
            activations=tuple(self.inside.signals.activations),
            sizes={name: len(part) for name, part in parts.items()},
            normalization=setup.scale.facts(),
            device=setup.device,
            threads=setup.threads,
            versions={**versions, "python": platform.python_version()},
            time=time.time(),
        )

    def stopped(self, by: str = "") -> Ended:
        """The end of a training that its consumer will not go on with; `by` as in Ended."""
        message = f"Stopped by {by or 'hand'}: resume it to go on from here."
        at = self.step, self.epoch, self.best_epoch
        return Ended("stopped", message, *at, seconds=self.watch.seconds, by=by)

    # --- checkpoints

    def state(self) -> State:
        """Everything that the rest depends on, safe for `torch.load(weights_only=True)`."""
        return {
            **self.setup.state(),
            "best": self.best,
            "best_epoch": self.best_epoch,
            "averaged": averaged(self),
            "history": [to_json(epoch) for epoch in self.history],
            "epoch_so_far": (self.loss_sum, self.right),
            "step": self.step,
            "seconds": self.watch.seconds,
        }

    def _restore(self, state: State) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.history = [from_json(line) for line in state["history"]]
        losses = [epoch.validation["loss"] for epoch in self.history if epoch.best]
        self.best_loss = min(losses, default=float("inf"))
        self._look_back()
        self.loss_sum, self.right = state["epoch_so_far"]
        self.step = state["step"]
        self.watch.begin_at(state["seconds"])
