"""What a training works on: the data's parts on the device, the model, the loss, the optimizer.

Made from an experiment and its data, and put back from a checkpoint. Knows no events and no time.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from math import ceil
from typing import Any

import torch
from torch import Tensor

from core.base import device as machine
from core.base.errors import BadExperiment
from core.data.augmenter import Augmenter, Mix
from core.data.batches import Streamed
from core.data.samples import Samples
from core.data.sampling import Shuffle
from core.experiment import Experiment
from core.network.batch_check import check_batch_of_one
from core.network.build import build, check
from core.optim.averages import recompute_statistics
from core.optim.transforms import Transform
from core.training.precision import use_bfloat16
from core.training.scale import Scale

State = dict[str, Any]
Again = Callable[[], tuple[Tensor, Tensor, Tensor]]  # what `Setup.gradient` gives, once more
FITTED = 256  # samples of the training part that an initializer may look at


def copied(value: Any) -> Any:
    """Nested values with every tensor copied to the CPU."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


class Setup:
    """Everything that a step touches, each chance with a generator of its own."""

    def __init__(self, experiment: Experiment, data: Samples, state: State | None):
        self.experiment = experiment
        self.device = machine.resolve(experiment.device)
        self.facts = check(experiment.network, data.shape, data.outputs)
        if wrong := experiment.problem(data.shape, data.classes):
            raise BadExperiment(wrong)
        self._load(data)
        sizes = dict(train=len(self.train), batch_size=self.batch_size)
        network = experiment.network
        if misfit := check_batch_of_one(network, data.shape, data.outputs, **sizes):
            raise BadExperiment(misfit.text, code=misfit.code)
        self._use_threads(state)
        self._assemble(data)
        self.epoch_order = self.order.get_state()  # of the generator, when the epoch began
        if state:
            self._restore(state)

    def _load(self, data: Samples) -> None:
        """The parts as tensors on the device; the normalization sees the training part alone, and
        so does label noise.
        """
        e = self.experiment
        parts = e.split.parts(data.targets, has_test=data.has_test)
        self.scale = Scale.fit(e, data, parts.train)
        convolves = any(fact.parameters and len(fact.input) == 3 for fact in self.facts)
        how = dict(
            device=self.device,  # channels last: convolutions are 1.2 to 1.4 × as fast on a CPU;
            channels_last=convolves and not e.optimizer.closure,  # torch's LBFGS takes them not
        )
        known = data.inputs, data.targets
        test = (data.test_inputs, data.test_targets) if data.has_test else known
        noisy, _ = e.label_noise.on(data.targets, parts.train, data.classes)
        self.train = self.scale.part(data.inputs, noisy, parts.train, **how)
        self.validation = self.scale.part(*known, parts.validation, **how)
        self.test = self.scale.part(*test, slice(None) if data.has_test else parts.test, **how)
        self.batch_size = min(e.batch_size, len(self.train))
        self.epoch_steps = ceil(len(self.train) / self.batch_size)
        self.steps = e.epochs * self.epoch_steps

    def _use_threads(self, state: State | None) -> None:
        """Of the calling thread alone, so that trainings side by side do not disturb each other."""
        adds = sum(fact.multiply_adds for fact in self.facts)
        step = 6 * self.batch_size * adds  # floating-point operations: forward 2, backward 4
        self.threads = state["threads"] if state else machine.threads(step)
        torch.set_num_threads(self.threads)

    def _assemble(self, data: Samples) -> None:
        e = self.experiment
        self.order = torch.Generator().manual_seed(e.seeds.order)
        self.dropout = torch.Generator(self.device).manual_seed(e.seeds.dropout)
        self.augmentation = torch.Generator(self.device).manual_seed(e.seeds.augmentation)
        self.sampler = e.sampling.call().make(self.train.targets)
        if isinstance(self.train, Streamed) and isinstance(e.sampling, Shuffle):
            self.sampler = self.train.blocks  # block after block, so that each is read once
        self.augmenter = None
        if e.augmentations:
            made = [augmentation.call().make() for augmentation in e.augmentations]
            self.augmenter = Augmenter(made, self.train, self.augmentation)
        weights = torch.Generator().manual_seed(e.seeds.initialization)
        self.model = build(
            e.network,
            data.shape,
            data.outputs,
            initializer=e.initializer,
            generator=weights,
            dropout=self.dropout,
            device=self.device,
        ).to(memory_format=self.train.format)
        self._fit_weights()
        if e.precision == "bfloat16":
            use_bfloat16(self.model, self.device)
        self.criterion = e.loss.call().make().to(self.device)
        self.each_loss = e.loss.each().make().to(self.device)
        self.transforms = [regularizer.call().make() for regularizer in e.regularizers]
        for transform in self.transforms:
            transform.bind(self.model)
        fused = {"fused": True} if e.optimizer.fused else {}
        self.optimizer = e.optimizer.call().make(self.model.parameters(), **fused)
        base = e.optimizer.learning_rate  # each group keeps the proportion of its rate to it
        self.shares = [group["lr"] / base for group in self.optimizer.param_groups]

    def _fit_weights(self) -> None:
        """Lets an initializer that adapts to data see some of the training part, evenly apart."""
        if fit := self.experiment.initializer.fit():
            every = max(1, len(self.train) // FITTED)
            rows = torch.arange(0, len(self.train), every, device=self.device)[:FITTED]
            fit.make(self.model, self.train.batch(rows)[0])

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Mix | None]:
        """Inputs (B, …) and targets (B,) of these rows of the training part, augmented; both
        targets where two classes were mixed.
        """
        if self.augmenter:
            return self.augmenter.batch(rows)
        return *self.train.batch(rows), None

    def loss(self, outputs: Tensor, targets: Tensor, mix: Mix | None) -> Tensor:
        """The loss (), without penalties, of what `batch` gave."""
        if mix:
            return mix.loss(self.each_loss, outputs)
        return self.criterion(outputs, targets)

    def gradient(self, x: Tensor, y: Tensor, mix: Mix | None) -> tuple[Tensor, Tensor, Tensor]:
        """Takes the gradient at the present weights: the loss (), the outputs (B, C), and the loss
        with its penalties (), which is what it belongs to.
        """
        self.optimizer.zero_grad()
        with ExitStack() as watching:
            for transform in self.transforms:
                watching.enter_context(transform.watching())
            outputs = self.model(x)
        loss = self.loss(outputs, y, mix)
        parts = partial(self._losses, outputs, y, mix)
        penalties = (transform.penalty(parts) for transform in self.transforms)
        total = sum((p for p in penalties if p is not None), loss)
        total.backward()
        return loss, outputs, total

    def begin_step(
        self,
        x: Tensor,
        y: Tensor,
        mix: Mix | None,
        watched: AbstractContextManager[Any] | None = None,
    ) -> tuple[Tensor, Tensor, Again]:
        """The gradient that the coming step will take, of what `batch` gave: the loss (), the
        outputs (B, C), and how to take it again. `watched` is held while the first one is taken.
        """
        again = partial(self.gradient, x, y, mix)
        with watched or nullcontext():
            loss, outputs, _ = again()
        for transform in self.transforms:
            transform.recompute_gradient(again)
        return loss, outputs, again

    def end_step(self, rate: float, again: Again) -> None:
        """Moves the weights at this learning rate."""
        self.use_rate(rate)
        for transform in self.transforms:
            transform.before_step(rate)
        closure = self.experiment.optimizer.closure
        self.optimizer.step(*((lambda: again()[-1],) if closure else ()))
        for transform in self.transforms:
            transform.after_step()

    def _losses(self, outputs: Tensor, y: Tensor, mix: Mix | None, parts: int) -> list[Tensor]:
        """The mean losses () of so many parts of a minibatch, fewer where it has fewer samples."""
        cuts = torch.arange(len(y), device=y.device).tensor_split(min(parts, len(y)))
        return [self.loss(outputs[at], y[at], mix and mix.of(at)) for at in cuts]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The model with averaged weights, if a regularizer keeps some by now; the last counts."""
        kept = [transform for transform in self.transforms if transform.average() is not None]
        if not kept:
            yield
            return
        last = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(kept[-1].average())
        if kept[-1].recompute_statistics:
            recompute_statistics(self.model, (x for x, _ in self.train.in_order(self.batch_size)))
        try:
            yield
        finally:
            self.model.load_state_dict(last)

    def clipped(self) -> dict[str, float]:
        """The share of steps that each clipping touched."""
        shares = {kind: transform.clip_fraction for kind, transform in self._by_kind().items()}
        return {kind: share for kind, share in shares.items() if share is not None}

    def rate(self, step: int) -> float:
        """The learning rate of step `step`, from 0."""
        e = self.experiment
        counts = dict(steps=self.steps, epoch_steps=self.epoch_steps)
        return e.schedule.rate(e.optimizer.learning_rate, step, **counts)

    def use_rate(self, rate: float) -> None:
        """Of the coming step."""
        for group, share in zip(self.optimizer.param_groups, self.shares, strict=True):
            group["lr"] = rate * share

    def size(self, step: int) -> int:
        """Pictures in the minibatch of step `step`, from 0; the last of an epoch may be smaller."""
        position = step % self.epoch_steps
        return min(self.batch_size, len(self.train) - position * self.batch_size)

    def wait(self) -> None:
        """Until the device has done what it was told, so that a measurement pays for itself."""
        if self.device != "cpu":
            torch.cuda.synchronize(self.device)

    def weights(self) -> State:
        """A copy of the state_dict on the CPU."""
        return copied(dict(self.model.state_dict()))

    def state(self) -> State:
        """Plain values and CPU tensors; generators lie beside the state_dicts, never in them."""
        return {
            "model": self.weights(),
            "optimizer": copied(self.optimizer.state_dict()),
            "transforms": {kind: copied(t.state()) for kind, t in self._by_kind().items()},
            "scale": self.scale.state(),
            "generators": {
                "order": self.epoch_order,
                "dropout": self.dropout.get_state(),
                "augmentation": self.augmentation.get_state(),
            },
            "device": self.device,
            "threads": self.threads,
        }

    def _by_kind(self) -> dict[str, Transform]:
        kinds = (regularizer.kind for regularizer in self.experiment.regularizers)
        return dict(zip(kinds, self.transforms, strict=True))

    def _restore(self, state: State) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for kind, kept in state.get("transforms", {}).items():
            self._by_kind()[kind].load_state(kept)
        self.epoch_order = state["generators"]["order"]
        kinds = {name.partition(":")[0] for name in (state["device"], self.device)}
        if len(kinds) == 1:  # a generator's state fits its own kind of device alone
            self.dropout.set_state(state["generators"]["dropout"])
            if "augmentation" in state["generators"]:  # older checkpoints have none
                self.augmentation.set_state(state["generators"]["augmentation"])
