"""The training loss around the weights of a run: along a line between two sets of weights, along
random directions, and over a plane (Goodfellow et al. 2015; Li et al. 2018).

The loss is that of evenly spaced training samples, without dropout, augmentation and penalties.
"""

from collections.abc import Iterator
from functools import partial
from math import isfinite
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.inside.weight_path import retrain
from core.analysis.inside.weight_space import Weights, filter_normalized, principal_plane, shaped
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput
from core.base.numbers import percent, short
from core.base.spec import ranged
from core.data.batches import Part
from core.optim.averages import recompute_statistics
from core.runs.checkpoint import best_weights
from core.training.metrics import CPU_BATCH
from core.training.setup import Setup
from core.training.setup_state import State

SAMPLES = 1000  # of each set
SIDE = 21  # points along one direction of a plane
DIRECTIONS = 10  # random directions of a profile
BEYOND = 0.25  # of the line, at both ends
MARGIN = 0.2  # of the path's extent, around it

End = Literal["initial", "best", "last"]


class LossLine(Analysis):
    """Loss and error along the straight line from one set of weights (0) to another (1): the
    initial, best or last weights of this run, or the best ones of another run of the same network.
    """

    kind: Literal["loss_line"] = "loss_line"
    label: ClassVar[str] = "Loss along a line"
    source: ClassVar[str] = "Goodfellow et al. 2015"
    formula: ClassVar[str] = r"\theta(\alpha) = (1 - \alpha)\,\theta_0 + \alpha\,\theta_1"
    technique: ClassVar[str] = "R4"
    start: End = "initial"
    end: End = "best"
    other: str = ranged("", help="A run whose best weights are at the far end instead.")
    points: int = ranged(51, 11, 201, help="Points along the line.")

    def answer(self, trained: TrainedRun) -> Answering:
        first = weights_at(trained, self.start)
        last = _of_another(trained, self.other) if self.other else weights_at(trained, self.end)
        sets = {name: _batches(trained, name) for name in ("train", "validation")}
        alphas = torch.linspace(-BEYOND, 1 + BEYOND, self.points, dtype=torch.float64).tolist()
        losses = {name: [] for name, batches in sets.items() if batches}
        errors = {name: [] for name in losses}
        for done, alpha in enumerate(alphas):
            yield done / len(alphas), "Measuring along the line"
            trained.load(_mix(first, last, alpha))
            _refresh_statistics(trained)
            for name in losses:
                loss, error = measure(trained, sets[name])
                losses[name].append(loss)
                errors[name].append(error)
        return {"alphas": alphas, "loss": losses, "error": errors, "samples": _counts(sets)}

    def lines(self, result: Result) -> list[str]:
        found = zip(result["alphas"], result["loss"]["train"], strict=True)
        return [f"α {alpha:6.3f}: training loss {short(loss)}" for alpha, loss in found]


class LossProfile(Analysis):
    """Mean loss along random directions that are as long as the filters, by the distance from the
    best weights: a flat minimum rises slowly. The scale of the weights does not matter, so that
    runs can be compared.
    """

    kind: Literal["loss_profile"] = "loss_profile"
    label: ClassVar[str] = "Flat or sharp"
    source: ClassVar[str] = "Li et al. 2018"
    formula: ClassVar[str] = r"\mathbb{E}_d\, L(\theta + \alpha d),\; \|d_i\| = \|\theta_i\|"
    technique: ClassVar[str] = "R4"
    reach: float = ranged(1.0, 0.1, 2.0, help="Largest α.")

    def answer(self, trained: TrainedRun) -> Answering:
        trained.load(weights_at(trained, "best"))
        weights, batches = _parameters(trained), _batches(trained, "train")
        steps = torch.linspace(-self.reach, self.reach, SIDE, dtype=torch.float64).tolist()
        losses = []
        for seed in range(DIRECTIONS):
            direction = filter_normalized(weights, seed)
            losses.append([])
            for done, step in enumerate(steps):
                yield (seed + done / SIDE) / DIRECTIONS, f"Direction {seed + 1} of {DIRECTIONS}"
                _move(trained.model, weights, [(step, direction)])
                losses[-1].append(measure(trained, batches)[0])
        return {"steps": steps, "loss": losses, "samples": _counts({"train": batches})}

    def lines(self, result: Result) -> list[str]:
        columns = zip(*result["loss"], strict=True)
        means = [sum(column) / len(column) for column in columns]
        found = zip(result["steps"], means, strict=True)
        return [f"α {step:5.2f}: mean training loss {short(mean)}" for step, mean in found]


class LossPlane(Analysis):
    """Loss over a plane through the weights: spanned by two random directions that are as long as
    the filters, or by the two in which the training moved most, with its path. The run is trained
    once more for its path.
    """

    kind: Literal["loss_plane"] = "loss_plane"
    label: ClassVar[str] = "Loss over a plane"
    source: ClassVar[str] = "Li et al. 2018"
    formula: ClassVar[str] = r"L(\theta + \alpha d + \beta e)"
    technique: ClassVar[str] = "R4"
    directions: Literal["random", "path"] = "random"
    reach: float = ranged(1.0, 0.1, 2.0, help="Largest α and β of random directions.")

    def answer(self, trained: TrainedRun) -> Answering:
        batches, result = _batches(trained, "train"), {}
        if self.directions == "path":
            path = yield from _retrain(trained)
            trained.load(trained.state["model"])
            weights = _parameters(trained)
            plane, places, explained = principal_plane(path.points, path.points[-1])
            directions = [shaped(direction, weights) for direction in plane]
            spans = [_span(places[:, axis]) for axis in (0, 1)]
            result = {
                "path": places.tolist(),
                "epochs": path.epochs,
                "explained": explained.tolist(),
                "is_exact": path.is_exact,
            }
        else:
            trained.load(weights_at(trained, "best"))
            weights = _parameters(trained)
            directions = [filter_normalized(weights, seed) for seed in (0, 1)]
            spans = [(-self.reach, self.reach)] * 2
        axes = [torch.linspace(*span, SIDE, dtype=torch.float64).tolist() for span in spans]
        refresh = partial(_refresh_statistics, trained) if result else lambda: None
        begun, rows = (0.5 if result else 0.0), []
        for i, b in enumerate(axes[1]):
            rows.append([])
            for j, a in enumerate(axes[0]):
                share = begun + (1 - begun) * (i * SIDE + j) / SIDE**2
                yield share, "Measuring the loss over the plane"
                _move(trained.model, weights, list(zip((a, b), directions, strict=True)))
                refresh()
                rows[-1].append(measure(trained, batches)[0])
        grid = {"x": axes[0], "y": axes[1], "loss": rows, "samples": _counts({"train": batches})}
        return grid | result

    def lines(self, result: Result) -> list[str]:
        losses = [loss for row in result["loss"] for loss in row]
        middle = result["loss"][SIDE // 2][SIDE // 2]
        lines = [f"Training loss from {short(min(losses))} to {short(max(losses))}"]
        if "explained" in result:
            share = percent(sum(result["explained"]))
            return [*lines, f"The plane holds {share} of the training's movement."]
        return [*lines, f"At the weights of the run: {short(middle)}"]


def weights_at(trained: TrainedRun, end: End) -> State:
    """Return the state_dict at one end of the training; "best" is what the test score belongs
    to.
    """
    if end == "initial":
        return Setup(trained.experiment, trained.data, None).weights()
    return best_weights(trained.state) if end == "best" else trained.state["model"]


@torch.inference_mode()
def measure(trained: TrainedRun, batches: list[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Return the mean loss, and the error rate (of values: 1 − R²), over these batches."""
    loss = error = count = 0.0
    for x, y in batches:
        outputs = trained.model(x)
        loss += trained.setup.criterion(outputs, y).item() * len(y)
        wrong = (outputs[:, 0] - y).square() if y.is_floating_point() else outputs.argmax(1) != y
        error += wrong.sum().item()
        count += len(y)
    return (loss / count if isfinite(loss) else float("inf")), error / count


def _retrain(trained: TrainedRun) -> Iterator[tuple[float, str]]:
    training = retrain(trained)
    while True:
        try:
            share = next(training)
        except StopIteration as end:
            return end.value
        yield 0.5 * share, "Training once more for the path"


def _batches(trained: TrainedRun, name: str) -> list[tuple[Tensor, Tensor]]:
    """Return evenly spaced samples of a part in batches; empty for an empty part."""
    part: Part = getattr(trained.setup, name)
    every = max(1, len(part) // SAMPLES)
    rows = torch.arange(0, len(part), every, device=part.device)[:SAMPLES]
    return [part.batch(some) for some in rows.split(CPU_BATCH) if len(some)]


def _counts(sets: dict[str, list[tuple[Tensor, Tensor]]]) -> dict[str, int]:
    return {name: sum(len(y) for _, y in batches) for name, batches in sets.items() if batches}


def _parameters(trained: TrainedRun) -> Weights:
    return {name: p.detach().clone() for name, p in trained.model.named_parameters()}


@torch.no_grad()
def _move(model: nn.Module, weights: Weights, moves: list[tuple[float, Weights]]) -> None:
    """Set the parameters to the weights, moved by a distance in each direction."""
    for name, parameter in model.named_parameters():
        parameter.copy_(weights[name])
        for distance, direction in moves:
            parameter.add_(direction[name], alpha=distance)


def _mix(first: State, last: State, alpha: float) -> State:
    """Return the point of the line in all floating entries; counters are those of the first."""
    return {
        name: torch.lerp(value, last[name].to(value), alpha) if value.is_floating_point() else value
        for name, value in first.items()
    }


def _refresh_statistics(trained: TrainedRun) -> None:
    """Measure the running statistics of batch normalization again: they belong to other weights
    (Izmailov et al. 2018, section 3.2).
    """
    if any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in trained.model.modules()):
        recompute_statistics(trained.model, (x for x, _ in _batches(trained, "train")))
        trained.model.eval()


def _of_another(trained: TrainedRun, run: str) -> State:
    other = TrainedRun(trained.store, run)
    mine, theirs = (
        {name: value.shape for name, value in state.items()}
        for state in (trained.state["model"], other.state["model"])
    )
    if mine != theirs:
        raise BadInput(
            "The two runs have different networks, so there is no line between their weights. "
            "Choose a run with the same layers and sizes.",
            code="networks_differ",
        )
    return best_weights(other.state)


def _span(places: Tensor) -> tuple[float, float]:
    low, high = places.min().item(), places.max().item()
    room = MARGIN * (high - low) or 1.0
    return low - room, high + room
