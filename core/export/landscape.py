"""The loss landscape of a run as spreadsheets; losses that are not finite are empty cells."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from core.base.cells import csv_text


def plane_csv(result: Mapping[str, Any]) -> str:
    """Return the loss at each point of a plane, and the path of the training if there is one: its
    points have an epoch and no loss.
    """
    rows = [
        [x, y, _finite(loss), None]
        for y, losses in zip(result["y"], result["loss"], strict=True)
        for x, loss in zip(result["x"], losses, strict=True)
    ]
    path = zip(result.get("path", []), result.get("epochs", []), strict=True)
    rows += [[x, y, None, epoch] for (x, y), epoch in path]
    return csv_text(["x", "y", "training_loss", "path_epoch"], rows)


def line_csv(result: Mapping[str, Any]) -> str:
    """Return the losses along a line between two sets of weights, at α = 0 and α = 1."""
    losses = {name: values for name, values in result["loss"].items() if values}
    rows = zip(result["alphas"], *(map(_finite, values) for values in losses.values()), strict=True)
    return csv_text(["alpha", *(f"{name}_loss" for name in losses)], rows)


def profiles_csv(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the training loss along each random direction, of runs by their names."""
    rows = [
        [name, k, step, _finite(loss)]
        for name, result in results.items()
        for k, losses in enumerate(result["loss"], 1)
        for step, loss in zip(result["steps"], losses, strict=True)
    ]
    return csv_text(["run", "direction", "alpha", "training_loss"], rows)


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
