"""A batch: an experiment with several values of some numbers, as one experiment for each
combination, whose names say the values. Pure functions; no torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from core.base.encoding import change
from core.base.errors import BadExperiment
from core.base.spec import FieldFacts
from core.experiment import NAME_LENGTH, Experiment
from core.studies.number_lists import format_numbers, is_number
from core.studies.variable_fields import walk

MOST = 20  # runs of a batch, as many as share a chart
Values = Sequence[int | float]


@dataclass(frozen=True)
class NumberField:
    """A number of an experiment: its label ("AdamW: learning rate"), facts and present value."""

    label: str
    fact: FieldFacts
    value: int | float


@dataclass(frozen=True)
class ExperimentBatch:
    """What is varied, in words, and the experiments, in the order in which they are trained."""

    label: str
    experiments: tuple[Experiment, ...]


def number_fields(experiment: Experiment) -> dict[str, NumberField]:
    """Return every number of the experiment by its path, such as "optimizer.learning_rate"."""
    return {
        path: NumberField(label, fact, value)
        for label, path, fact, value in walk(experiment, {"fork"})
        if is_number(fact) and value is not None
    }


def make_batch(experiment: Experiment, lists: Mapping[str, Values]) -> ExperimentBatch:
    """Return one experiment for each combination of the values by path. Raises BadExperiment
    (too_many_runs, unknown_path, or the code of a violated rule).
    """
    numbers = number_fields(experiment)
    sizes = [len(values) for values in lists.values()]
    if (count := prod(sizes)) > MOST:
        sum_ = " × ".join(map(str, sizes)) + " = " if len(sizes) > 1 else ""
        raise BadExperiment(
            f"Several values: {sum_}{count} runs, but a batch has at most {MOST}. Remove some "
            "values.",
            code="too_many_runs",
        )
    names = _names(numbers, lists)
    experiments = []
    for combination in product(*lists.values()):
        changed, parts = experiment, []
        for path, value in zip(lists, combination, strict=True):
            changed = change(changed, path, value)
            parts.append(f"{names[path]} {format_numbers([value])}")
        title = experiment.title
        experiments.append(change(changed, "name", _join(title, ", ".join(parts))))
    return ExperimentBatch(describe_lists(experiment, lists), tuple(experiments))


def describe_lists(experiment: Experiment, lists: Mapping[str, Values]) -> str:
    """Return what is varied: "learning rate 0.1, 0.01 × batch size 16, 32"."""
    names = _names(number_fields(experiment), lists)
    return " × ".join(f"{names[path]} {format_numbers(values)}" for path, values in lists.items())


def _names(numbers: Mapping[str, NumberField], lists: Mapping[str, Values]) -> dict[str, str]:
    """Return short names of the fields; the whole label where two are alike."""
    whole = {path: numbers[path].label if path in numbers else path for path in lists}
    short = {path: label.rpartition(": ")[2] for path, label in whole.items()}
    alike = {path for path in lists if list(short.values()).count(short[path]) > 1}
    names = {path: whole[path] if path in alike else short[path] for path in lists}
    return {path: name[:1].lower() + name[1:] for path, name in names.items()}


def _join(title: str, values: str) -> str:
    """Return a name of at most NAME_LENGTH characters that keeps the values."""
    room = NAME_LENGTH - len(values) - len(" · ")
    if room < 8:
        return values if len(values) <= NAME_LENGTH else f"{values[: NAME_LENGTH - 1]}…"
    return f"{title if len(title) <= room else title[: room - 1].rstrip() + '…'} · {values}"
