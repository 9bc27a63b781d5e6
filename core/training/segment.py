"""Segment: a part of a course (core/training/course.py). Knows no torch."""

from dataclasses import dataclass

from core.experiment import Experiment


@dataclass(frozen=True)
class Segment:
    """`run` is trained with this experiment from `step` on."""

    run: str
    step: int
    experiment: Experiment
