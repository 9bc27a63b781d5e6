"""Plan: what an experiment will do on this machine, and what keeps it from starting. Loads no
picture.
"""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from core.base.errors import BadNetwork, LabError
from core.base.numbers import short, whole
from core.base.text import counted
from core.data.datasets import Facts
from core.experiment import Experiment
from core.network.presets import recognize


@dataclass(frozen=True)
class Plan:
    """Sizes of the parts, parameters, steps. `problem` is the sentence that keeps it from starting.

    `layer` is where the problem stands, counted from 0; None when it is not in a layer.
    """

    facts: Facts | None = None
    train: int = 0
    validation: int = 0
    test: int = 0
    parameters: int = 0
    multiply_adds: int = 0
    epoch_steps: int = 0
    steps: int = 0
    problem: str = ""
    layer: int | None = None


def plan(experiment: Experiment, home: Path) -> Plan:
    """What will happen. Never raises a LabError: it stands in `problem`."""
    from core.advice.estimate_memory import lacking_disk
    from core.network.batch_of_one import alone
    from core.network.build import check, trace

    try:
        facts = experiment.data.facts(home)
    except LabError as error:
        return Plan(problem=str(error))
    problem, layer = "", None
    try:
        check(experiment.network, facts.shape, facts.outputs)
    except BadNetwork as error:
        problem, layer = str(error), error.layer
    problem = problem or experiment.problem(facts.shape, facts.classes) or ""
    layers = trace(experiment.network, facts.shape, facts.outputs)
    parts = sizes(experiment, facts)
    if parts[0] < 1 and not problem:
        problem = (
            f"{whole(facts.rows)} pictures, split into {parts[1]} for validation and {parts[2]} "
            "for test, leave none to train on: give more pictures, or make these shares smaller."
        )
    train = dict(train=parts[0], batch_size=experiment.batch_size)
    problem = problem or alone(experiment.network, facts.shape, facts.outputs, **train) or ""
    parameters = sum(fact.parameters for fact in layers)
    problem = problem or lacking_disk(experiment, parameters, home)
    steps = ceil(parts[0] / min(experiment.batch_size, max(parts[0], 1)))
    return Plan(
        facts,
        *parts,
        parameters=parameters,
        multiply_adds=sum(fact.multiply_adds for fact in layers),
        epoch_steps=steps,
        steps=steps * experiment.epochs,
        problem=problem,
        layer=layer,
    )


def sizes(experiment: Experiment, facts: Facts) -> tuple[int, int, int]:
    """Pictures for training, validation and test, as the split will deal them."""
    split, rows = experiment.split, facts.rows
    validation = int(rows * split.validation + 0.5)
    test = facts.test_rows or int(rows * split.test + 0.5)
    train = rows - validation - (0 if facts.test_rows else test)
    return split.kept(train), validation, test


def network_name(experiment: Experiment, facts: Facts | None) -> str:
    """The preset's name while the layers are still its own, else how many there are."""
    known = recognize(experiment.network, facts.shape) if facts else ""
    return known or counted(len(experiment.network), "layer")


def line(experiment: Experiment, planned: Plan) -> str:
    """The draft in one line: data · network, parameters · optimizer · schedule · epochs."""
    network = network_name(experiment, planned.facts)
    optimizer = f"{experiment.optimizer.label} {short(experiment.optimizer.learning_rate)}"
    epochs = f"{whole(experiment.epochs)} epoch{'s' * (experiment.epochs != 1)}"
    weights = f"{network}, {whole(planned.parameters)} parameters"
    schedule = experiment.schedule.label.lower()
    return " · ".join([experiment.data.summary, weights, optimizer, schedule, epochs])
