"""Training as an iterator of events. To stop, stop iterating; to pause, do not request the next.

The loop knows no file, no thread and no page.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from math import isfinite, isinf

from torch import Tensor

from core.base.events import Ended, Epoch, Event, Saved, Step
from core.data.augmenter import Mix
from core.data.samples import Samples
from core.experiment import Experiment
from core.training.accumulation import accumulate_gradient
from core.training.clock import CheckpointPace, Stopwatch
from core.training.ending_rules import EndingRules
from core.training.endpoints import ended, started, stopped
from core.training.margins import MarginProbe
from core.training.meter import Meter
from core.training.metrics import evaluate, full_gradient_norm
from core.training.probes import Budget, DecisionSurfaceProbe, LayerProbe
from core.training.setup import Setup
from core.training.setup_state import State
from core.training.snapshot import collect_state, restore
from core.training.weight_hashes import WeightHasher


def train(
    experiment: Experiment,
    data: Samples,
    *,
    state: State | None = None,
    clock: Callable[[], float] = time.monotonic,
    threads: int = 0,
) -> "Training":
    """Return the events of this experiment on this data, from the first step or from `state`.

    BadNetwork, BadData and Unavailable are raised before the first event. Equal experiments on
    equal data give equal losses, metrics and weights: on a CPU bit for bit at the same number of
    threads, also when resumed from a `state`. `threads` repeats a run of that many; 0 chooses them.
    """
    return Training(experiment, data, state, clock, threads)


class Training(Iterator[Event]):
    """A training in progress. While `settled`, `state()` agrees with the events so far."""

    def __init__(
        self,
        experiment: Experiment,
        data: Samples,
        state: State | None = None,
        clock: Callable[[], float] = time.monotonic,
        threads: int = 0,
    ):
        self.experiment, self.watch = experiment, Stopwatch(clock)
        self.setup = Setup(experiment, data, state, threads)
        self.single_steps = False  # emit an event after every step, for stepping by hand
        self.requests: list[str] = []  # changes of settings, for the consumer to make
        self.rest_at: int | None = None  # a step with an event after it, where settings change
        self.rules = EndingRules(experiment.stopping, state.get("rules_from", {}) if state else {})
        self.step, self.history, self.plateau_factor = 0, [], 1.0
        self.best_loss, self.best_epoch, self.best = float("inf"), None, None
        self.margins = MarginProbe(self.setup)
        if state:
            restore(self, state)
        self.meter = Meter(self.setup, self.watch)
        if state:
            self.meter.epoch_so_far = state["epoch_so_far"]
        steps_left = (experiment.epochs - self.epoch) * self.setup.epoch_steps
        self.steps = self.epoch_start + steps_left  # at the end of the last epoch
        self.layer_probe = LayerProbe(self.setup)
        self.budget = Budget(self.watch, first=self.step, steps=self.steps)
        self.surface_probe = DecisionSurfaceProbe(self.setup, data, self.watch)
        self.weight_hashes = WeightHasher(self.setup.model)
        self.probes: list[Event] = []
        self.setup.fine_tuning.begin_epoch(self.epoch)
        self.checkpoints, self._last = CheckpointPace(self.watch), None
        self._queue: deque[Event] = deque()
        self._groups = self._run()

    def __next__(self) -> Event:
        away = self.watch.resume()
        if isinstance(self._last, Saved):
            self.checkpoints.add(away)
        try:
            while not self._queue:
                self._queue.extend(next(self._groups))
        finally:
            self.watch.pause()
        self._last = self._queue.popleft()
        return self._last

    @property
    def settled(self) -> bool:
        """Whether every event up to now has been handed out."""
        return not self._queue

    @property
    def epoch(self) -> int:
        """The number of completed epochs."""
        return len(self.history)

    @property
    def epoch_start(self) -> int:
        """The step at which the current epoch began. The batch size, and with it the number of
        steps in an epoch, may have been another one before a fork.
        """
        return self.history[-1].step if self.history else 0

    # --- one step

    def take_step(self, rows: Tensor, learning_rate: float) -> Tensor:
        """Train on the mini-batch with these rows (B,); return its loss ()."""
        setup = self.setup
        x, y, mix = setup.batch(rows)  # (B, C, H, W), (B,), the second targets of mixed samples
        compute_gradient = partial(self.compute_gradient, x, y, mix)
        probing = self.budget.due(self.step)
        with self.layer_probe.signals.watching() if probing else nullcontext():
            loss, outputs, _ = compute_gradient()
        for transform in setup.transforms:
            transform.recompute_gradient(compute_gradient)  # SAM: at a point uphill
        if probing:
            self.budget.count += 1
            with self.budget.charged(setup.synchronize):
                self.layer_probe.before_step(self.step, x, y, mix)
        setup.set_learning_rate(learning_rate)
        for transform in setup.transforms:
            transform.before_step(learning_rate)  # clip gradients, decay weights
        if self.experiment.optimizer.closure:
            setup.optimizer.step(lambda: compute_gradient()[-1])
        else:
            setup.optimizer.step()
        for transform in setup.transforms:
            transform.after_step()  # average weights
        self.step += 1
        self.weight_hashes.after_step(self.step)
        self.meter.add(loss, outputs, y)
        self.margins.add(rows, outputs, mix)
        if probing:
            with self.budget.charged(setup.synchronize):
                self.probes += self.layer_probe.after_step(self.step)
                if self.surface_probe.due(self.step):
                    self.probes += self.surface_probe.measure(self.step)
        return loss

    def compute_gradient(
        self, x: Tensor, y: Tensor, mix: Mix | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the gradient at the current weights. Return the loss (), the outputs (B, C), and
        the loss with penalties (), which the gradient belongs to.
        """
        setup = self.setup
        setup.optimizer.zero_grad()
        if setup.accumulates:
            return accumulate_gradient(setup, x, y, mix)
        with setup.watching():  # penalties on activations collect the outputs of layers
            outputs = setup.model(x)
        loss = setup.loss(outputs, y, mix)
        total = sum(setup.penalties(outputs, y, mix), loss)
        total.backward()
        return loss, outputs, total

    # --- the loop

    def _run(self) -> Iterator[list[Event]]:
        """Yield groups of events; between two groups the training rests at the end of a step."""
        yield [started(self)]
        between = self.epoch and self.step == self.epoch_start
        reason = self._reason_after_epoch() if between else None  # stopped just before its end
        while not reason:
            for rows in self._rest_of_epoch():
                self.take_step(rows, self.learning_rate(self.step))
                if not self._reading_due():
                    continue
                events = self._read()
                if reason := self._check_divergence(events) or self._time_limit():
                    yield events
                    break
                yield [*events, *self._save_if_due(epoch_ended=False)]
            else:
                reason, events = self._end_epoch()
                yield events
        with self.budget.charged(self.setup.synchronize):
            surface = self.surface_probe.measure(self.step)
        hashes = [] if reason == "diverged" else self.weight_hashes.last(self.step)
        yield [*hashes, *surface, ended(self, reason)]

    def _rest_of_epoch(self) -> Iterator[Tensor]:
        """Yield the rows (B,) of each remaining mini-batch of this epoch."""
        setup = self.setup
        setup.fine_tuning.begin_epoch(self.epoch)  # gradual unfreezing
        setup.order.set_state(setup.epoch_order)
        order = setup.sampler.order(setup.order).to(setup.device)
        for position in range(self.step - self.epoch_start, setup.epoch_steps):
            yield order[position * setup.batch_size : (position + 1) * setup.batch_size]

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step in the current epoch."""
        position = self.epoch * self.setup.epoch_steps + step - self.epoch_start
        return self.setup.learning_rate(position) * self.plateau_factor

    def _reading_due(self) -> bool:
        """Return whether the losses are read after this step. Not after the last one of an epoch,
        whose end reads them, so that there is always a step between two groups of events.
        """
        last = self.step == self.epoch_start + self.setup.epoch_steps
        due = self.single_steps or self.step == self.rest_at or self.meter.is_due
        return due and not last

    def _read(self) -> list[Event]:
        """Return one Step with the losses since the last reading, and the probes."""
        first = self.step - self.meter.count
        losses, seconds, speed = self.meter.read(self.step - self.epoch_start)
        probes, self.probes = self.probes, []
        last = first + len(losses)
        probes += [event for event in self.weight_hashes.read() if event.step <= last]
        if not losses:
            return probes
        return [Step(last, losses, self.learning_rate(last - 1), seconds, speed), *probes]

    def _end_epoch(self) -> tuple[str | None, list[Event]]:
        """Evaluate and keep the best weights; return a reason to end, if any, and events."""
        events, setup = self._read(), self.setup
        if reason := self._check_divergence(events):
            return reason, events
        for transform in setup.transforms:
            transform.after_epoch((self.epoch + 1) / self.experiment.epochs)
        with setup.averaged():
            validation = evaluate(setup.model, setup.validation, setup.criterion)
            best = bool(validation) and validation["loss"] < self.best_loss
            if best:
                self.best_loss, self.best_epoch = validation["loss"], self.epoch + 1
                self.best = setup.weights()
        self.margins.end_epoch(self.epoch + 1, best=best or not validation)
        gradient = None
        if any(rule.needs_gradient for rule in self.experiment.stopping):
            gradient = full_gradient_norm(setup.model, setup.train, setup.criterion)
        epoch = Epoch(
            epoch=self.epoch + 1,
            step=self.step,
            train=self.meter.end_epoch(),
            validation=validation,
            best=best,
            seconds=self.watch.seconds,
            gradient=gradient,
        )
        self.history.append(epoch)
        self.update_plateau_factor()
        setup.epoch_order = setup.order.get_state()
        reason = self._reason_after_epoch()
        saved = [] if reason else self._save_if_due(epoch_ended=True)
        return reason, [*events, epoch, *saved]

    def update_plateau_factor(self) -> None:
        """Adapt the learning rate to the losses so far, for a schedule that reacts to them."""
        if self.experiment.schedule.reacts:
            counted = self.history[self.setup.schedule_from :]
            losses = [epoch.validation["loss"] for epoch in counted if epoch.validation]
            self.plateau_factor = self.experiment.schedule.plateau_factor(losses)

    # --- reasons to end

    def _reason_after_epoch(self) -> str | None:
        if kind := self.rules.after_epoch(self.history):
            return kind
        return "epochs" if self.epoch >= self.experiment.epochs else self._time_limit()

    def _time_limit(self) -> str | None:
        return self.rules.after(self.watch.seconds, self.history)

    def _check_divergence(self, events: list[Event]) -> str | None:
        for event in events:
            if isinstance(event, Step) and not isfinite(event.losses[-1]):
                self.diverged_step = event.step
                self.diverged_loss = "infinite" if isinf(event.losses[-1]) else "NaN"
                return "diverged"
        return None

    def stopped(self, by: str = "") -> Ended:
        """Return the last event of a training that its consumer does not continue."""
        return stopped(self, by)

    # --- checkpoints

    def _save_if_due(self, *, epoch_ended: bool) -> list[Event]:
        due = self.checkpoints.start_if_due(epoch_ended=epoch_ended)
        return [Saved(self.step)] if due else []

    def state(self) -> State:
        """Return everything the rest depends on, safe for `torch.load(weights_only=True)`."""
        return collect_state(self)
