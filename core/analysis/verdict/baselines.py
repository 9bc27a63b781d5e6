"""Baselines: what simple models reach on the same split, with no training or seconds of it."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from math import prod
from typing import ClassVar, Literal

import numpy as np
import torch

from core.advice.result_sentence import BestBaseline
from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.trained import PartName, TrainedRun
from core.analysis.verdict.baseline_task import BaselineRows, BaselineTask, Fitted, Working
from core.analysis.verdict.simple_models import SimpleModel, effort_of, suited_models
from core.base.device import cores
from core.base.numbers import duration, whole
from core.base.text import aligned
from core.data.batches import Part
from core.data.blocks import WINDOW
from core.runs.measured import GAUSSIAN, NAMES, Measured

MEMORY = 2**26  # float32 values of one part: 256 MiB
LOOK = 0.2  # seconds between two looks at Stop
SEED = 0
QUICK = 4e6  # values of the training set up to which the baselines take about a second
HELD = 0.2  # of the training rows that choose the settings where there is no validation set


class Baselines(Analysis):
    """Simple models on the same split: the most frequent class or the mean, the nearest class mean,
    k nearest neighbors, logistic or ridge regression, random features and, for tables where
    scikit-learn is installed, gradient-boosted trees. Settings such as k are chosen on the
    validation set. Images are scaled as a whole, tables column by column.
    """

    kind: Literal["baselines"] = "baselines"
    label: ClassVar[str] = "Baselines"
    source: ClassVar[str] = "Cover & Hart 1967; Cox 1958; Hoerl & Kennard 1970; Friedman 2001"
    technique: ClassVar[str] = "V8"
    page: ClassVar[str] = "Watch"

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.0, "Reading the samples"
        torch.set_num_threads(max(1, min(torch.get_num_threads(), cores() - 1)))
        task, sizes = make_task(trained)
        models = suited_models(classes=task.classes, table=len(trained.data.shape) == 1)
        found = []
        for number, model in enumerate(models):
            share, note = number / len(models), f"Computing {model.name}"
            start, work = time.perf_counter(), in_thread(model.fit(task))
            yield share, note
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    seconds = time.perf_counter() - start
                    found.append(_row(model, end.value, task, sizes, seconds))
                    break
                yield share, note
        std = trained.scale[1] if not task.classes else 1.0
        return {"regression": not task.classes, "std": std, "sizes": sizes, "models": found}

    def lines(self, result: Result) -> list[str]:
        label = "RMSE" if result["regression"] else "Error"
        parts = list(result["models"][0]["parts"])
        rows = [("Baseline", *(f"{label}, {NAMES[part]}" for part in parts), "Settings", "Time")]
        for model in result["models"]:
            errors = [measured_of(result, model, part).describe("error") for part in parts]
            rows.append((model["label"], *errors, settings_of(model), duration(model["seconds"])))
        return aligned(rows)


def in_thread(work: Working) -> Working:
    """Run the work in another thread and yield every LOOK seconds: a press of Stop is answered
    while a piece of it takes long. The piece is finished then, and the rest is dropped.
    """
    threads = ThreadPoolExecutor(1)
    try:
        while True:
            piece = threads.submit(next, work)
            while not wait([piece], LOOK).done:
                yield
            try:
                piece.result()
            except StopIteration as end:
                return end.value
            yield
    finally:
        threads.shutdown(wait=False)


def is_quick(shape: Sequence[int], rows: int) -> bool:
    """Whether the baselines of so many training samples of this shape take about a second."""
    return prod(shape) * rows <= QUICK


def make_task(trained: TrainedRun) -> tuple[BaselineTask, dict[str, int]]:
    """Return the rows of the run in random order, flat and scaled, and the true sizes of its parts.
    Parts that are too large for MEMORY are represented by a random subset.
    """
    setup = trained.setup
    parts: dict[PartName, Part] = {
        part: getattr(setup, part) for part in ("train", "validation", "test")
    }
    sizes = {part: len(rows) for part, rows in parts.items() if len(rows)}
    rows = {part: _rows(parts[part]) for part in sizes}
    _scale(rows, is_table=len(trained.data.shape) == 1)
    train = rows.pop("train")
    choose = rows.get("validation")
    if choose is None:
        held = max(1, int(HELD * len(train)))
        choose = BaselineRows(train.inputs[:held], train.targets[:held])
        if len(train) > held:
            train = BaselineRows(train.inputs[held:], train.targets[held:])
    return BaselineTask(train, choose, rows or {"train": train}, len(trained.classes)), sizes


def _rows(part: Part) -> BaselineRows:
    """Random rows of a part, as many as fit; a memory-mapped part is read in order."""
    width = max(1, int(np.prod(part.shape)))
    generator = torch.Generator().manual_seed(SEED)
    count = min(len(part), max(WINDOW, MEMORY // width))
    chosen = torch.randperm(len(part), generator=generator)[:count]
    order = chosen.argsort()
    inputs = torch.empty(count, width)
    for block in order.split(4096):  # sorted, so that each block of the disk is read once
        raw = part.raw(chosen[block].to(part.device))
        inputs[block] = raw.flatten(1).float().cpu()
    return BaselineRows(inputs, part.targets.cpu()[chosen])


def _scale(rows: dict[str, BaselineRows], *, is_table: bool) -> None:
    """Centre and scale in place by the training rows: one mean and deviation of all pixels, or one
    for each column.
    """
    inputs = rows["train"].inputs
    if is_table:
        mean, std = inputs.double().mean(0).float(), inputs.double().std(0, correction=0).float()
    else:
        std, mean = torch.std_mean(inputs, correction=0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    for part in rows.values():
        part.inputs.sub_(mean).div_(std)


def _row(
    model: SimpleModel, fitted: Fitted, task: BaselineTask, sizes: dict[str, int], seconds: float
) -> Result:
    """The scores of one model as plain data."""
    parts = {}
    for part, rows in task.scored.items():
        answer = fitted.predictions[part]
        targets = rows.targets[: len(answer)]
        scores: Result = {"samples": len(answer)}
        if task.classes:
            scores["accuracy"] = (answer == targets).double().mean().item()
        else:
            squares = (answer.double() - targets.double()).square()
            scores["r2"] = 1 - squares.mean().item()
            spread = squares.std(correction=0) / squares.mean().clamp(min=1e-300)
            scores["scatter"] = spread.item() if len(answer) > 1 else GAUSSIAN
        parts[part] = scores
    return {
        "kind": model.kind,
        "label": model.label,
        "name": model.name,
        "detail": fitted.detail,
        "rows": fitted.rows,
        "of": sizes["train"],
        "seconds": seconds,
        "parts": parts,
    }


def measured_of(result: Result, model: Result, part: str) -> Measured:
    """Return the error of one model on one part."""
    scores = model["parts"][part]
    if not result["regression"]:
        return Measured(1 - scores["accuracy"], scores["samples"])
    rmse = result["std"] * max(1 - scores["r2"], 0.0) ** 0.5
    return Measured(rmse, scores["samples"], scores["scatter"], result["std"])


def settings_of(model: Result) -> str:
    """Return the settings of a model, and of which rows it was computed if not of all of them."""
    parts = [model["detail"]] if model["detail"] else []
    if model["rows"] < model["of"]:
        parts.append(f"{whole(model['rows'])} of {whole(model['of'])} training rows")
    return ", ".join(parts)


def best_baseline(result: Result, part: str) -> BestBaseline | None:
    """Return the model with the smallest error on `part`, the first one in the chart; None if that
    part was not scored.
    """
    models = [model for model in result["models"] if part in model["parts"]]
    if not models:
        return None
    best = min(models, key=lambda model: measured_of(result, model, part).error)
    return BestBaseline(best["name"], measured_of(result, best, part), effort_of(best["kind"]))
