"""Double-descent curves against the loops that people write: `python -m benchmarks.sweep [--mnist
FOLDER] [--rounds N]`.

One core, CPU seconds of the process, contestants in turns so that a busy machine slows all alike;
median over rounds. All train the same networks of one hidden layer (preset B-fast: 13 widths × 3
seeds, MNIST 7×7, 300 pictures, 20 % noise, 1000 full-batch steps of AdamW, ended when they fit)
from the same first weights. Contestants: our batched engine; one after another by autograd with
fused AdamW; a plain nn.Module loop with torch's default AdamW, `.item()` each step; and one after
another with our own hand-written gradients, which tells what the batching alone brings.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core.advice.study_verdict import judge_curve
from core.base import device
from core.base.control import GO, LEAVE
from core.base.encoding import change
from core.data.datasets import MNIST
from core.data.load import load
from core.descent import batched, features
from core.descent.batched import SEEDS, NetworkTrainer, over_widths
from core.descent.batched_training import CHECK_STEPS
from core.descent.problem import Problem, make_problem
from core.descent.stack import NetworkWeights
from core.descent.training_settings import TrainingSettings
from core.studies import sweeps
from core.studies.curve_methods import FEATURE_SIDE, NETWORK_SIDE
from core.studies.records import Record
from core.studies.study import Study, shipped

FIRST, TWO = 2.0, 1.6  # seconds to a first point; two processes against one
STUDIES = {"A": "random-features", "B-fast": "squared-fast", "C-fast": "entropy-fast"}
DECAYS = [0.0, 0.1, 0.3, 1.0, 3.0]
TARGETS = {"autograd, fused": 2.0, "nn.Module, plain": 2.5, "our gradients": None}
SECONDS = {"A": 15.0, "B-fast": 30.0, "C-fast": 30.0}


@dataclass(frozen=True)
class Sweep:
    """Networks of these widths for three seeds, not yet trained."""

    problem: Problem
    widths: Sequence[int]
    settings: TrainingSettings

    def each(self) -> Iterator[tuple[NetworkWeights, Tensor, Tensor]]:
        """First weights, inputs (n, d), labels (n,) of each network."""
        trainer = NetworkTrainer(self.problem, self.settings, SEEDS)
        for width in self.widths:
            for place, net in enumerate(trainer.initial_networks(width)):
                yield (
                    net,
                    trainer.rows.inputs[place, :, :-1].contiguous(),
                    trainer.rows.labels[place],
                )


def ours(sweep: Sweep) -> None:
    for _ in over_widths(sweep.problem, sweep.widths, sweep.settings):
        pass


def own_gradients(sweep: Sweep) -> None:
    """Our hand-written step, one network after another."""
    for seed in SEEDS:
        trainer = NetworkTrainer(sweep.problem, sweep.settings, (seed,))
        for width in sweep.widths:
            for _ in trainer.train([width]):
                pass


def autograd(sweep: Sweep) -> None:
    """The same formula by autograd, one network after another, fused AdamW."""
    for net, inputs, labels in sweep.each():
        parts = (net.first[:, :-1].T, net.first[:, -1], net.second.T, net.bias[:, 0])
        first, shift, second, bias = (part.clone().requires_grad_() for part in parts)
        optimizer = torch.optim.AdamW([first, shift, second, bias], weight_decay=0.0, fused=True)
        marks = nn.functional.one_hot(labels, second.shape[1]).to(inputs.dtype)
        for step in range(sweep.settings.steps):
            optimizer.param_groups[0]["lr"] = sweep.settings.learning_rate_at(step)
            hidden = torch.addmm(shift, inputs, first).relu()
            error = torch.addmm(bias, hidden, second) - marks
            loss = error.square().sum() / len(inputs)
            if step % CHECK_STEPS == 0 and loss.item() < sweep.settings.stop:
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def module(sweep: Sweep) -> None:
    """The loop of a notebook: modules, a loss module, default AdamW, a scheduler, `.item()`."""
    for net, inputs, labels in sweep.each():
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
        marks = nn.functional.one_hot(labels, len(net.bias)).float()
        criterion = nn.MSELoss(reduction="sum")
        for _ in range(sweep.settings.steps):
            loss = criterion(model(inputs), marks) / len(inputs)
            if loss.item() < sweep.settings.stop:
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


CONTESTANTS: dict[str, Callable[[Sweep], None]] = {
    "ours": ours,
    "autograd, fused": autograd,
    "nn.Module, plain": module,
    "our gradients": own_gradients,
}


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def compare(sweep: Sweep, rounds: int) -> dict[str, float]:
    """Median CPU seconds of each contestant; the order turns from round to round."""
    found: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    names = list(CONTESTANTS)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found[name].append(seconds(lambda name=name: CONTESTANTS[name](sweep)))
    return {name: statistics.median(values) for name, values in found.items()}


def curves(kernel: Problem, small: Problem) -> Iterator[tuple[str, float, str]]:
    """Each preset's CPU seconds, problem and first points included, and what its curve says."""
    for name in SECONDS:
        points: list = []
        if name == "A":
            work = features.over_widths(kernel, features.widths(kernel.samples))
        else:
            loss = "squared" if name == "B-fast" else "cross_entropy"
            sizes = batched.widths(small, loss)
            work = over_widths(small, sizes, TrainingSettings(loss=loss))
        spent = seconds(lambda work=work, points=points: points.extend(work))
        line = [point for point in points if point.control == 0]
        noun = "feature" if name == "A" else "hidden unit"
        yield name, spent, judge_curve(line, noun=noun).finding.text


def first_point(name: str, home: Path) -> float:
    """Seconds from the start of a shipped study to its first point; its data are in memory."""
    made, seen = sweeps.create(home, shipped()[name]), []
    began = time.perf_counter()

    def watch(event: object) -> None:
        if isinstance(event, Record):
            seen.append(time.perf_counter() - began)

    sweeps.execute(home, made, lambda sweep: LEAVE if seen else GO, watch, processes=1)
    return seen[0]


def spent() -> tuple[float, float]:
    """CPU seconds of this process, and of those that it has ended."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


def two_against_one(home: Path, study: Study, rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds of the study in one process and in two: by the clock, and of the process that
    computed longest, which is the clock of an idle machine.
    """
    found: dict[tuple[str, int], list[float]] = {}
    for turn in range(rounds):
        for processes in (1, 2) if turn % 2 else (2, 1):
            made, began, before = sweeps.create(home, study), time.perf_counter(), spent()
            sweeps.execute(home, made, processes=processes)
            clock = time.perf_counter() - began
            longest = max(now - then for now, then in zip(spent(), before, strict=True))
            found.setdefault(("clock", processes), []).append(clock)
            found.setdefault(("longest", processes), []).append(longest)
    middle = {key: statistics.median(values) for key, values in found.items()}
    return {how: (middle[how, 1], middle[how, 2]) for how in ("clock", "longest")}


def studies(rounds: int) -> None:
    """Prints both."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        load(MNIST(), home)
        print(f"Studies, by the clock (load {os.getloadavg()[0]:.1f} before)")
        for name, file in STUDIES.items():
            firsts = [first_point(file, home) for _ in range(rounds)]
            report(f"{name}, first point", statistics.median(firsts), " s", FIRST, least=False)
        decays = change(shipped()["squared-fast"], "method.decays", DECAYS)
        for name, study in (("B", shipped()["squared"]), ("B-fast, 5 decays", decays)):
            for how, (one, two) in two_against_one(home, study, rounds).items():
                named = f"{name}, two, {how} ({one:.1f} → {two:.1f} s)"
                report(named, one / two, " ×", TWO if how == "longest" else None, least=True)


def report(label: str, value: float, unit: str, target: float | None, *, least: bool) -> None:
    met = "" if target is None else " missed"
    if target is not None and (value >= target if least else value <= target):
        met = " met"
    sign = "≥" if least else "≤"
    goal = "" if target is None else f"   target {sign} {target:g}{unit}:{met}"
    print(f"  {label:<28} {value:7.2f}{unit}{goal}")


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mnist", type=Path, help="a folder with MNIST/raw; else it is loaded")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--studies", action="store_true", help="the studies by the clock alone")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    options = parser().parse_args(arguments)
    if options.mnist:
        os.environ["LAB_TORCHVISION"] = str(options.mnist)
    device.prepare()
    torch.set_num_threads(1)
    studies(options.rounds)
    if options.studies:
        return
    with tempfile.TemporaryDirectory() as home:
        samples = load(MNIST(), Path(home))
    kernel = make_problem(samples, side=FEATURE_SIDE, wanted=500, noise=0.1)
    small = make_problem(samples, side=NETWORK_SIDE, wanted=300, noise=0.2)
    print("Whole curves, CPU seconds, 3 seeds")
    for name, spent, sentence in curves(kernel, small):
        report(name, spent, " s", SECONDS[name], least=False)
        print(f"    {sentence}")
    sweep = Sweep(small, batched.widths(small, "squared"), TrainingSettings())
    found = compare(sweep, options.rounds)
    print(f"B-fast, times as fast as … (median of {options.rounds} rounds, one core)")
    for name, target in TARGETS.items():
        report(
            f"{name} ({found[name]:.1f} s)", found[name] / found["ours"], " ×", target, least=True
        )


if __name__ == "__main__":
    main()
