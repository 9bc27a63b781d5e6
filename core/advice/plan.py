"""Plan: what an experiment will do on this machine, and what prevents it from starting. Loads no
data.
"""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from core.base.errors import BadData, LabError
from core.base.numbers import percent, short, whole
from core.base.text import counted
from core.data.datasets import Corrected, Facts
from core.experiment import Experiment
from core.network.chains import describe_depth
from core.network.presets import recognize

SHORTEST = 12  # characters that are left of a name in the line about a draft


@dataclass(frozen=True)
class Plan:
    """Sizes of the parts, parameters, steps. `problem` explains what prevents the start, `code`
    names the rule.

    `layer` is the layer with the problem, counted from 0; None when it is not in a layer. `steps`
    are those that will be trained: a fork has others behind it.
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
    code: str = ""
    layer: int | None = None


def plan(experiment: Experiment, home: Path) -> Plan:
    """Return what will happen. Never raises a LabError: its message becomes `problem`."""
    from core.network.build import trace
    from core.training.checks import part_sizes

    try:
        facts = experiment.data.facts(home)
    except LabError as error:
        return Plan(problem=str(error), code=error.code)
    layers = trace(experiment.network, facts.shape, facts.outputs)
    try:
        train, validation, test = part_sizes(experiment, facts)
    except BadData:  # which is the problem that is found below
        train = validation = test = 0
    parameters = sum(fact.parameters for fact in layers)
    code, problem, layer = _first_problem(experiment, facts, home, parameters)
    steps = ceil(train / min(experiment.batch_size, max(train, 1)))
    return Plan(
        facts=facts,
        train=train,
        validation=validation,
        test=test,
        parameters=parameters,
        multiply_adds=sum(fact.multiply_adds for fact in layers),
        epoch_steps=steps,
        steps=steps * (experiment.epochs - experiment.first_epoch),
        problem=problem,
        code=code,
        layer=layer,
    )


def _first_problem(
    experiment: Experiment, facts: Facts, home: Path, parameters: int
) -> tuple[str, str, int | None]:
    """Return code, message and layer of the first problem; empty when there is none."""
    from core.advice.estimate import disk_problem
    from core.runs.forks import check_draft
    from core.runs.store import Store
    from core.training.checks import check_experiment, check_stored_start

    try:
        check_experiment(experiment, facts)
        if experiment.fork:
            check_draft(Store(home), experiment)
        else:
            check_stored_start(experiment, facts, home)
    except LabError as error:
        return error.code, str(error), getattr(error, "layer", None)
    if problem := disk_problem(experiment, parameters, home):
        return "disk_full", problem, None
    return "", "", None


def network_name(experiment: Experiment, facts: Facts | None) -> str:
    """Return the preset's name while the layers are unchanged, else how many have weights."""
    preset = recognize(experiment.network, facts.shape) if facts else ""
    return preset or describe_depth(experiment.network)


def line(experiment: Experiment, planned: Plan, room: int = 80) -> str:
    """Return the draft in one line: data · network, parameters · optimizer · schedule · epochs.

    Changes of the training data, which are easily forgotten, follow the name of the data. Long
    names of data and network are shortened until the line has at most `room` characters.
    """
    data = experiment.data.uncorrected.summary
    network = network_name(experiment, planned.facts)
    excess = len(_line(experiment, planned, data, network)) - room
    if excess > 0:
        data, network = _shortened(data, network, excess)
    return _line(experiment, planned, data, network)


def _shortened(first: str, second: str, excess: int) -> tuple[str, str]:
    """Cut the longer of two names, then both alike, by `excess` characters; each keeps SHORTEST."""
    names = [first, second]
    for _ in range(excess + 2):  # an ellipsis takes the place of a character
        longer = max((0, 1), key=lambda i: len(names[i]))
        if len(names[longer]) > SHORTEST and sum(map(len, names)) > len(first + second) - excess:
            names[longer] = names[longer].rstrip("…")[:-1].rstrip() + "…"
    return names[0], names[1]


def _line(experiment: Experiment, planned: Plan, data: str, network: str) -> str:
    optimizer = f"{experiment.optimizer.label} {short(experiment.optimizer.learning_rate)}"
    epochs = f"{whole(experiment.epochs)} epoch{'s' * (experiment.epochs != 1)}"
    weights = f"{network}, {whole(planned.parameters)} parameters"
    weights += ", fine-tuned" * bool(experiment.start.weights_digest)
    if experiment.fork:
        weights += f", from epoch {whole(experiment.fork.epoch)} of a run"
    schedule = experiment.schedule.label.lower()
    data = ", ".join([data, *_changes_of_data(experiment)])
    return " · ".join([data, weights, optimizer, schedule, epochs])


def _changes_of_data(experiment: Experiment) -> list[str]:
    """Return corrections, augmentations, label noise and a reduced training set in a few words."""
    changes = [augmentation.summary for augmentation in experiment.augmentations]
    if len(changes) > 1:
        changes = [counted(len(changes), "augmentation")]
    if isinstance(experiment.data, Corrected):
        changes.insert(0, experiment.data.changes)
    if noise := experiment.label_noise.share:
        changes.append(f"{percent(noise)} label noise")
    if experiment.split.fraction < 1:
        changes.append(f"{percent(experiment.split.fraction)} of the training set")
    return changes
