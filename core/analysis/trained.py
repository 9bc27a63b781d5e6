"""A trained run: its data, its network with the weights that count, and what the network computes
for every sample.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from core.base.device import resolve
from core.base.errors import BadInput, NotFound, Unavailable
from core.data.batches import Part
from core.data.load import lacking
from core.data.samples import Samples, fill_like
from core.network.quick_pooling import quick_pooling
from core.runs import checkpoint
from core.runs.lineage import effective_experiment
from core.runs.measured import NAMES
from core.runs.store import Store
from core.training.inputs import load_inputs
from core.training.metrics import CPU_BATCH
from core.training.setup import Setup
from core.training.setup_state import State
from core.weights.start import FromScratch

PartName = Literal["train", "validation", "test"]
T = TypeVar("T")


@dataclass(frozen=True)
class Outputs:
    """What the network computes for the N samples of one part, in the order of the part.

    `scores` (N, C) float32 are logits, or predicted values (N, 1) in the unit of the target.
    `targets` (N,) are class numbers int64, or values float64 in the unit of the target. `hidden`
    (N, H) float32 is the input of the output layer: the representation of the last hidden layer.
    """

    scores: np.ndarray
    targets: np.ndarray
    hidden: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """Predicted class numbers (N,), or values (N,)."""
        return self.scores[:, 0] if self.targets.dtype.kind == "f" else self.scores.argmax(1)

    @property
    def probabilities(self) -> np.ndarray:
        """The softmax of the logits, (N, C) float64."""
        logits = self.scores.astype(np.float64)
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)


class TrainedRun:
    """A run that has ended. Its model holds the weights of the best epoch, as its test score
    does, and is in evaluation mode.
    """

    def __init__(self, store: Store, run: str, device: str = ""):
        """`device` as of an experiment; by default that of the run, if this machine has it."""
        self.store, self.run = store, run
        experiment = effective_experiment(store, run)
        device = device or _available(experiment.device)
        self.experiment = experiment.model_copy(update={"device": device})
        self.state = _state(store, run)
        if text := lacking(experiment.data, store.home, "use the run"):
            raise NotFound(text, code="dataset_missing")
        self._loaded = load_inputs(self.experiment, store.home)
        self.data: Samples = self.experiment.split.apply(self._loaded)[0]  # without gaps
        drawn = self.experiment.model_copy(update={"start": FromScratch()})  # then replaced
        self.setup = Setup(drawn, self.data, None)
        self._outputs: dict[PartName, Outputs] = {}
        self._has_best = False
        self._new_inputs: np.ndarray | None = None
        self._new_numbers: np.ndarray | None = None
        self.restore()

    @property
    def model(self) -> nn.Sequential:
        return self.setup.model

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names; empty for values."""
        return self.data.classes

    def load(self, weights: State) -> None:
        """Give the model other weights, until `restore`."""
        self.model.load_state_dict(weights)
        self.model.eval()
        self._outputs, self._has_best = {}, False

    def restore(self) -> None:
        """Give the model the weights of the best epoch again."""
        outputs = self._outputs if self._has_best else {}
        self.load(checkpoint.best_weights(self.state))
        self._outputs, self._has_best = outputs, True

    @property
    def held_out(self) -> PartName:
        """The part whose scores count: the test set if the run was scored on it at its end or it
        was replaced, else the validation set, else the training set. The test set of a run that was
        stopped is not used: its training may go on.
        """
        end = self.store.last(self.run, "reason") or {}
        scored = self.has_new_test or bool(end.get("test"))
        names = ("test", "validation") if scored else ("validation",)
        return next((n for n in names if len(getattr(self.setup, n))), "train")

    def replace_test(
        self, inputs: np.ndarray, targets: np.ndarray, numbers: np.ndarray | None = None
    ) -> None:
        """Use new samples in the form of the dataset as the test set. `numbers` (n,) are their rows
        in their spreadsheet.
        """
        how = {"device": self.setup.device, "channels_last": self.channels_last}
        self.setup.test = self.setup.scale.part(inputs, targets, slice(None), **how)
        self._new_inputs, self._new_numbers = inputs, numbers
        self._outputs.pop("test", None)

    @property
    def has_new_test(self) -> bool:
        """Whether the test set is not the one that the run was scored on."""
        return self._new_inputs is not None

    @property
    def channels_last(self) -> bool:
        """Whether images are stored with their channels last, which is faster on a CPU."""
        return self.setup.train.format == torch.channels_last

    def part(self, name: PartName) -> Part:
        """Return the part. Training targets are those that the network learned, with label noise.
        Raises BadInput if it is empty.
        """
        part: Part = getattr(self.setup, name)
        if not len(part):
            raise BadInput(
                f"This run has no {NAMES[name]} set. Choose another set, or hold out samples for "
                "it on the Data page and train again.",
                code="empty_part",
            )
        return part

    @property
    def fill_values(self) -> np.ndarray | None:
        """The values (F,) that fill gaps of new inputs as those of the training set are filled;
        None if it has none.
        """
        return self._loaded.fill_values(self.setup.rows.train) if self._loaded.fills else None

    def fill(self, new: Samples) -> np.ndarray:
        """Return new inputs (n, …) with their gaps filled with values of the training set."""
        return fill_like(new, self._loaded, self.setup.rows.train)

    def inputs(self, name: PartName, rows: np.ndarray) -> np.ndarray:
        """Return raw inputs (n, …) of these rows of the part; gaps are filled."""
        source, own = self._source(name)
        return source[own[rows]]

    def dataset_rows(self, name: PartName) -> np.ndarray:
        """Return the row of each sample of the part in the arrays of the dataset: its training
        samples, or its own test samples.
        """
        return self._source(name)[1]

    def row_numbers(self, name: PartName, rows: np.ndarray) -> list[int]:
        """Return the spreadsheet's numbers of these `dataset_rows` of the part."""
        if name == "test" and self._new_inputs is not None:
            numbers = self._new_numbers
            return (rows + 1 if numbers is None else numbers[rows]).tolist()
        return self.data.numbers_of(rows, of_test=name == "test" and self.data.has_test)

    def _source(self, name: PartName) -> tuple[np.ndarray, np.ndarray]:
        if name == "test" and self._new_inputs is not None:
            return self._new_inputs, np.arange(len(self._new_inputs))
        if name == "test" and self.data.has_test:
            return self.data.test_inputs, np.arange(len(self.data.test_inputs))
        return self.data.inputs, getattr(self.setup.rows, name)

    def outputs(self, name: PartName) -> Outputs:
        """Return what the network computes for the part, without dropout and augmentation. Raises
        BadInput for an empty part and for outputs that are not finite.
        """
        return finish(self.predicting(name))

    def predicting(self, name: PartName) -> Generator[float, None, Outputs]:
        """Return `outputs`; yields the fraction done after each batch."""
        if name not in self._outputs:
            outputs = yield from computing_outputs(self.model, self.part(name), self.scale)
            if not np.isfinite(outputs.scores).all():
                raise BadInput(
                    "The network of this run computes values that are not finite for its "
                    f"{NAMES[name]} set: the training diverged. Train it again with a "
                    "lower learning rate.",
                    code="outputs_not_finite",
                )
            self._outputs[name] = outputs
        return self._outputs[name]

    @property
    def scale(self) -> tuple[float, float]:
        """Mean and standard deviation of the targets that are values; (0, 1) for classes."""
        return self.setup.scale.mean, self.setup.scale.std


def finish(steps: Generator[object, None, T]) -> T:
    """Run a generator to its end and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def compute_outputs(
    model: nn.Module, part: Part, scale: tuple[float, float] = (0.0, 1.0)
) -> Outputs:
    """Return what a model in evaluation mode computes for a part."""
    return finish(computing_outputs(model, part, scale))


def computing_outputs(
    model: nn.Module, part: Part, scale: tuple[float, float] = (0.0, 1.0)
) -> Generator[float, None, Outputs]:
    """Return `compute_outputs`; yields the fraction done after each batch."""
    scores, hidden = [], []
    for batch, representation in forward(model, part):
        scores.append(batch)
        hidden.append(representation)
        yield len(scores) * CPU_BATCH / max(len(part), 1)
    mean, std = scale
    targets = part.targets.cpu().numpy()
    outputs = torch.cat(scores).cpu().numpy()
    if part.values:
        outputs = (mean + std * outputs.astype(np.float64)).astype(np.float32)
        targets = mean + std * targets.astype(np.float64)
    return Outputs(outputs, targets, torch.cat(hidden).cpu().numpy())


def forward(model: nn.Module, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield what a model in evaluation mode computes for each batch: its outputs (B, C), and the
    inputs (B, H) of its output layer, or the outputs where it has none.
    """
    kept: list[Tensor] = []
    last = [m for m in model.modules() if isinstance(m, nn.Linear)][-1:]

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept[:] = [inputs[0].float().flatten(1)]

    for x, _ in part.in_order(CPU_BATCH):
        handles = [module.register_forward_pre_hook(keep) for module in last]
        try:
            with torch.inference_mode(), quick_pooling(model):
                scores = model(x).float()
        finally:
            for handle in handles:
                handle.remove()
        yield scores, kept[0] if kept else scores


def _available(device: str) -> str:
    """Return the device, or auto if this machine does not have it."""
    try:
        resolve(device)
    except Unavailable:
        return "auto"
    return device


def _state(store: Store, run: str) -> State:
    if not store.last(run, "reason"):
        raise BadInput(
            "This run has not ended. Wait for its end, or stop it.", code="run_not_ended"
        )
    if state := checkpoint.load(store, run):
        return state
    raise NotFound(
        "This run has no saved weights. Train it again with the same settings: Clone on the Runs "
        "page.",
        code="no_weights",
    )
