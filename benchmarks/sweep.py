"""Double-descent curves compared with common training loops: `python -m benchmarks.sweep [--mnist
FOLDER] [--rounds N]`.

One core, CPU seconds of the process; the contestants take turns so that a busy machine slows all of
them equally; median over rounds. All train the same networks with one hidden layer (study
squared-fast: 13 widths × 3 seeds, MNIST 7 × 7, 300 images, 20 % label noise, 1 000 full-batch steps
of AdamW, ended when they fit) from the same initial weights. Contestants: the batched engine;
autograd with fused AdamW, one network after another; a plain nn.Module loop with the default AdamW
of PyTorch and `.item()` in each step; and the hand-written gradients of the engine, one network
after another, which shows the gain of batching alone.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.measures import add_mnist, report
from core.advice.study_verdict import judge_curve
from core.base import device
from core.data.datasets import MNIST
from core.data.load import load
from core.descent import batched, features
from core.descent.batched import SEEDS, NetworkTrainer, over_widths
from core.descent.batched_training import CHECK_STEPS
from core.descent.problem import Problem, make_problem
from core.descent.stack import NetworkWeights
from core.descent.training_settings import TrainingSettings
from core.studies.curve_methods import FEATURE_SIDE, NETWORK_SIDE

TARGETS = {"autograd, fused": 2.0, "nn.Module, plain": 2.5, "engine, one by one": None}
SECONDS = {"random-features": 15.0, "squared-fast": 30.0, "entropy-fast": 30.0}


@dataclass(frozen=True)
class Sweep:
    """Untrained networks of these widths for three seeds."""

    problem: Problem
    widths: Sequence[int]
    settings: TrainingSettings

    def networks(self) -> Iterator[tuple[NetworkWeights, Tensor, Tensor]]:
        """Yield initial weights, inputs (n, d) and labels (n,) of each network."""
        trainer = NetworkTrainer(self.problem, self.settings, SEEDS)
        for width in self.widths:
            for index, net in enumerate(trainer.initial_networks(width)):
                yield (
                    net,
                    trainer.rows.inputs[index, :, :-1].contiguous(),
                    trainer.rows.labels[index],
                )


def batched_engine(sweep: Sweep) -> None:
    """Train all networks of one width together."""
    for _ in over_widths(sweep.problem, sweep.widths, sweep.settings):
        pass


def engine_one_by_one(sweep: Sweep) -> None:
    """Train with the step of the engine, one network after another."""
    for seed in SEEDS:
        trainer = NetworkTrainer(sweep.problem, sweep.settings, (seed,))
        for width in sweep.widths:
            for _ in trainer.train([width]):
                pass


def autograd(sweep: Sweep) -> None:
    """Train with autograd and fused AdamW, one network after another."""
    for net, inputs, labels in sweep.networks():
        parts = (net.first[:, :-1].T, net.first[:, -1], net.second.T, net.bias[:, 0])
        first, first_bias, second, bias = (part.clone().requires_grad_() for part in parts)
        optimizer = torch.optim.AdamW(
            [first, first_bias, second, bias], weight_decay=0.0, fused=True
        )
        targets = nn.functional.one_hot(labels, second.shape[1]).to(inputs.dtype)
        for step in range(sweep.settings.steps):
            optimizer.param_groups[0]["lr"] = sweep.settings.learning_rate_at(step)
            hidden = torch.addmm(first_bias, inputs, first).relu()
            error = torch.addmm(bias, hidden, second) - targets
            loss = error.square().sum() / len(inputs)
            if step % CHECK_STEPS == 0 and loss.item() < sweep.settings.stop:
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def plain_modules(sweep: Sweep) -> None:
    """Train as in a notebook: modules, a loss module, default AdamW, a scheduler, `.item()`."""
    for net, inputs, labels in sweep.networks():
        first = nn.Linear(inputs.shape[1], net.width)
        last = nn.Linear(net.width, len(net.bias))
        model = nn.Sequential(first, nn.ReLU(), last)
        with torch.no_grad():
            first.weight.copy_(net.first[:, :-1])
            first.bias.zero_()
            last.weight.copy_(net.second)
            last.bias.zero_()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.0)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, sweep.settings.learning_rate_at)
        targets = nn.functional.one_hot(labels, len(net.bias)).float()
        criterion = nn.MSELoss(reduction="sum")
        for _ in range(sweep.settings.steps):
            loss = criterion(model(inputs), targets) / len(inputs)
            if loss.item() < sweep.settings.stop:
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


CONTESTANTS: dict[str, Callable[[Sweep], None]] = {
    "batched engine": batched_engine,
    "autograd, fused": autograd,
    "nn.Module, plain": plain_modules,
    "engine, one by one": engine_one_by_one,
}


def cpu_seconds(function: Callable[[], object]) -> float:
    """Return the CPU seconds of this process that the function takes."""
    start = time.process_time()
    function()
    return time.process_time() - start


def compare(sweep: Sweep, rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of each contestant; the order rotates between rounds."""
    times: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    names = list(CONTESTANTS)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            times[name].append(cpu_seconds(lambda name=name: CONTESTANTS[name](sweep)))
    return {name: statistics.median(values) for name, values in times.items()}


def curves(kernel: Problem, small: Problem) -> Iterator[tuple[str, float, str]]:
    """Yield name and CPU seconds of each study, and the finding about its curve."""
    for name in SECONDS:
        points: list = []
        if name == "random-features":
            results = features.over_widths(kernel, features.widths(kernel.samples))
        else:
            loss = "squared" if name == "squared-fast" else "cross_entropy"
            sizes = batched.widths(small, loss)
            results = over_widths(small, sizes, TrainingSettings(loss=loss))
        seconds = cpu_seconds(lambda results=results, points=points: points.extend(results))
        line = [point for point in points if point.control == 0]
        noun = "feature" if name == "random-features" else "hidden unit"
        yield name, seconds, judge_curve(line, noun=noun).finding.text


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(options)
    options.add_argument("--rounds", type=int, default=5)
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    options = parser().parse_args(arguments)
    device.prepare()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        samples = load(MNIST(), Path(home))
    kernel = make_problem(samples, side=FEATURE_SIDE, wanted=500, noise=0.1)
    small = make_problem(samples, side=NETWORK_SIDE, wanted=300, noise=0.2)
    print("Whole curves, CPU seconds, 3 seeds")
    for name, seconds, finding in curves(kernel, small):
        report(name, seconds, " s", SECONDS[name], at_least=False)
        print(f"    {finding}")
    sweep = Sweep(small, batched.widths(small, "squared"), TrainingSettings())
    times = compare(sweep, options.rounds)
    print(f"squared-fast, speed-up over … (median of {options.rounds} rounds, one core)")
    for name, target in TARGETS.items():
        ratio = times[name] / times["batched engine"]
        report(f"{name} ({times[name]:.1f} s)", ratio, " ×", target, at_least=True)


if __name__ == "__main__":
    main()
