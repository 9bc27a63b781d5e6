"""What a training works with: the parts of the data on the device, the model, the loss, the
optimizer.

Built from an experiment and its data, or restored from a checkpoint. Knows no events and no time;
the step is in `loop.py`.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn

from core.base import device as machine
from core.data.augmenter import Augmenter, Mix
from core.data.batches import Streamed
from core.data.samples import Samples
from core.data.sampling import Shuffle
from core.experiment import Experiment
from core.network.build import build
from core.network.layers import layer_names
from core.optim.averages import recompute_statistics
from core.optim.transforms import Transform
from core.training.checks import check_experiment
from core.training.criteria_fit import fit_criterion
from core.training.fine_tuning import FineTuning
from core.training.precision import use_bfloat16
from core.training.scale import Scale
from core.training.setup_state import State, restore_setup, to_cpu

FITTED = 256  # samples of the training part that an initializer may use


def fit_output_bias(experiment: Experiment, model: nn.Module, targets: Tensor) -> None:
    """Let a new output layer that starts at the data use the training targets (N,), scaled."""
    name = layer_names(experiment.network)[-1]
    if (fit := experiment.network[-1].fit_bias()) and experiment.start.is_new(name):
        fit.make(model.get_submodule(name).bias, targets)


class Setup:
    """Everything that a step uses. Every random choice has a separate generator."""

    def __init__(
        self, experiment: Experiment, data: Samples, state: State | None, threads: int = 0
    ):
        """`threads` of one torch operation; 0 chooses them, or takes those of the state."""
        self.experiment = experiment
        self.device = machine.resolve(experiment.device)
        self.classes = data.classes
        self.facts = check_experiment(experiment, data.facts)
        self.shape, self.columns = data.shape, data.columns
        self.is_resumed = state is not None
        self._load(data)
        self._use_threads(threads or (state["threads"] if state else 0))
        self._assemble(data)
        self.epoch_order = self.order.get_state()  # of the generator at the start of the epoch
        if state:
            restore_setup(self, state)

    def _load(self, data: Samples) -> None:
        """Put the parts on the device. Gaps and the normalization are fitted to the training part,
        and label noise changes only this part.
        """
        e = self.experiment
        data, parts = e.split.apply(data)
        self.rows = parts  # of the samples of the dataset; the parts below are in this order
        self.scale = Scale.fit(e, data, parts.train)
        maps = any(fact.parameters and len(fact.input) == 3 for fact in self.facts)
        convolves = maps and len(data.shape) == 3  # a table has no channels, although sequences do
        # Channels last makes convolutions 1.2 to 1.4 times as fast on a CPU; torch's LBFGS does not
        # support it.
        how = dict(device=self.device, channels_last=convolves and not e.optimizer.closure)
        inputs, targets = data.inputs, data.targets
        test = (data.test_inputs, data.test_targets) if data.has_test else (inputs, targets)
        test_rows = slice(None) if data.has_test else parts.test
        noisy, _ = e.label_noise.apply_to(data, parts)
        self.train = self.scale.part(inputs, noisy, parts.train, **how)
        self.validation = self.scale.part(inputs, targets, parts.validation, **how)
        self.test = self.scale.part(*test, test_rows, **how)
        self.batch_size = min(e.batch_size, len(self.train))
        self.epoch_steps = ceil(len(self.train) / self.batch_size)
        self.accumulates = e.accumulation > 1
        self.schedule_from = e.fork.schedule_from if e.fork else 0
        self.steps = (e.epochs - self.schedule_from) * self.epoch_steps  # of the schedule

    def _use_threads(self, threads: int) -> None:
        """Set the threads of the calling thread only, so that parallel trainings do not disturb
        each other.
        """
        multiply_adds = sum(fact.multiply_adds for fact in self.facts)
        operations = 6 * self.batch_size * multiply_adds  # per step: forward 2, backward 4
        self.threads = threads or machine.threads(operations)
        torch.set_num_threads(self.threads)

    def _assemble(self, data: Samples) -> None:
        e = self.experiment
        self.order = torch.Generator().manual_seed(e.seeds.order)
        self.dropout = torch.Generator(self.device).manual_seed(e.seeds.dropout)
        self.augmentation = torch.Generator(self.device).manual_seed(e.seeds.augmentation)
        self.sampler = e.sampling.call().make(self.train.targets)
        if isinstance(self.train, Streamed) and isinstance(e.sampling, Shuffle):
            self.sampler = self.train.blocks  # block by block, so that each is read once
        self.augmenter = None
        if e.augmentations:
            operations = [augmentation.call().make() for augmentation in e.augmentations]
            self.augmenter = Augmenter(operations, self.train, self.augmentation)
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
        self.fine_tuning = FineTuning(e.start, self.model)
        if not self.is_resumed:
            self.fine_tuning.load(data.start)
            self._fit_weights()
        if e.precision == "bfloat16":
            use_bfloat16(self.model, self.device)
        self.criterion = e.loss.call().make().to(self.device)
        self.sample_loss = e.loss.each().make().to(self.device)
        for module in (self.criterion, self.sample_loss):
            fit_criterion(e, module, self.train, len(self.classes))
        self.transforms = [regularizer.call().make() for regularizer in e.regularizers]
        for transform in self.transforms:
            transform.bind(self.model)
        fused = {"fused": True} if e.optimizer.fused else {}
        optimizer = e.optimizer.call()
        parameters = self.fine_tuning.parameters(optimizer.arguments["lr"])
        self.optimizer = optimizer.make(parameters, **fused)
        if e.optimizer.averages_weights:
            self.optimizer.bind(self.model)
        base = e.optimizer.learning_rate  # each group keeps the ratio of its own rate to it
        self.rate_ratios = [group["lr"] / base for group in self.optimizer.param_groups]

    def _fit_weights(self) -> None:
        """Let an initializer that adapts to data use evenly spaced samples of the training part."""
        if fit := self.experiment.initializer.fit():
            every = max(1, len(self.train) // FITTED)
            rows = torch.arange(0, len(self.train), every, device=self.device)[:FITTED]
            fit.make(self.model, self.train.batch(rows)[0])
        fit_output_bias(self.experiment, self.model, self.train.targets)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Mix | None]:
        """Return the augmented inputs (B, …) and targets (B,) of these rows of the training part,
        and both targets where samples were mixed.
        """
        if self.augmenter:
            return self.augmenter.batch(rows)
        return *self.train.batch(rows), None

    def parts(self, samples: int) -> list[slice]:
        """Return the parts of a mini-batch of this size whose gradients are added up, each of at
        least two samples where the mini-batch has them.
        """
        count = max(1, min(self.experiment.accumulation, samples // 2))
        edges = [samples * k // count for k in range(count + 1)]
        return [slice(*pair) for pair in pairwise(edges)]

    def loss(self, outputs: Tensor, targets: Tensor, mix: Mix | None) -> Tensor:
        """Return the loss () of the outputs of a `batch`, without penalties."""
        if mix:
            return mix.loss(self.sample_loss, outputs)
        return self.criterion(outputs, targets)

    def penalties(self, outputs: Tensor, targets: Tensor, mix: Mix | None) -> Iterator[Tensor]:
        """Yield what the regularizers add to the loss, each ()."""
        partial_losses = partial(self._partial_losses, outputs, targets, mix)
        for transform in self.transforms:
            if (penalty := transform.penalty(partial_losses)) is not None:
                yield penalty

    def _partial_losses(
        self, outputs: Tensor, y: Tensor, mix: Mix | None, parts: int
    ) -> list[Tensor]:
        """Return the mean losses () of this many parts of a mini-batch, fewer where it has fewer
        samples.
        """
        pieces = torch.arange(len(y), device=y.device).tensor_split(min(parts, len(y)))
        return [self.loss(outputs[rows], y[rows], mix and mix.of(rows)) for rows in pieces]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let the regularizers see the outputs of layers while the model computes."""
        with ExitStack() as stack:
            for transform in self.transforms:
                stack.enter_context(transform.watching())
            yield

    @property
    def averages(self) -> list[Any]:
        """The regularizers, and the optimizer, that have averaged weights by now; the last one
        counts.
        """
        sources = [*self.transforms, *[self.optimizer] * self.experiment.optimizer.averages_weights]
        return [source for source in sources if source.average() is not None]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Give the model averaged weights, if there are some by now."""
        averages = self.averages
        if not averages:
            yield
            return
        last = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(averages[-1].average())
        if averages[-1].recompute_statistics:
            recompute_statistics(self.model, (x for x, _ in self.train.in_order(self.batch_size)))
        try:
            yield
        finally:
            self.model.load_state_dict(last)

    def clip_fractions(self) -> dict[str, float]:
        """Return the fraction of steps that each kind of clipping changed."""
        fractions = {
            kind: transform.clip_fraction for kind, transform in self.transforms_by_kind().items()
        }
        return {kind: fraction for kind, fraction in fractions.items() if fraction is not None}

    def learning_rate(self, step: int) -> float:
        """Return the scheduled learning rate of step `step`, from 0, as if all epochs so far had
        the steps of this one.
        """
        e = self.experiment
        step -= self.schedule_from * self.epoch_steps
        return e.schedule.learning_rate(
            e.optimizer.learning_rate, step, steps=self.steps, epoch_steps=self.epoch_steps
        )

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set the learning rate of the next step."""
        for group, ratio in zip(self.optimizer.param_groups, self.rate_ratios, strict=True):
            group["lr"] = learning_rate * ratio

    def batch_rows(self, position: int) -> int:
        """Return the size of the mini-batch at this position of an epoch, from 0; the last one may
        be smaller.
        """
        return min(self.batch_size, len(self.train) - position * self.batch_size)

    def synchronize(self) -> None:
        """Wait for the device, so that time is attributed to what takes it."""
        if self.device != "cpu":
            torch.cuda.synchronize(self.device)

    def weights(self) -> State:
        """Return a copy of the state_dict on the CPU."""
        return to_cpu(dict(self.model.state_dict()))

    def transforms_by_kind(self) -> dict[str, Transform]:
        """Return the regularizers at work by the kind of their choice."""
        kinds = (regularizer.kind for regularizer in self.experiment.regularizers)
        return dict(zip(kinds, self.transforms, strict=True))
