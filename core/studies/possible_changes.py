"""Which changes of an experiment can be compared: those that a page offers, and that of a text on
the command line. Pure functions.
"""

import json
from collections.abc import Sequence

from core.base.encoding import build, change
from core.base.errors import BadExperiment, LabError
from core.base.spec import Choice
from core.data.dataset import Facts
from core.experiment import Experiment
from core.network.extra_layers import extra_layers, is_extra
from core.network.layers import Layer
from core.studies.changes import FAMILIES, Change, Family, SetTo, With, Without, removals
from core.training.checks import check_experiment


def left_out(experiment: Experiment) -> list[Change]:
    """Return a change for each part that can be left out."""
    return [Without(without=part) for part in removals(experiment)]


def added(experiment: Experiment) -> list[Change]:
    """Return a change for each choice that can be added or replace the present one, with its
    default values.
    """
    changes: list[Change] = []
    for name, family in FAMILIES.items():
        for cls in family.choices.members.values():
            if any(field.is_required() for field in cls.model_fields.values()):
                continue
            choice = cls()
            if isinstance(choice, Layer) and not is_extra(choice):
                continue
            if not _has_kind(experiment, family, choice):
                changes.append(With(family=name, choice=choice))
    return changes


def possible_changes(
    experiment: Experiment, changes: Sequence[Change], facts: Facts | None = None
) -> list[Change]:
    """Return those changes that the experiment allows and, if the facts of its data are given, that
    can train on it; of changes with the same result, such as leaving out the only augmentation or
    all of them, the first.
    """
    distinct: dict[str, Change] = {}
    for one in changes:
        try:
            changed = one.apply(experiment)
            if facts:
                check_experiment(changed, facts)
        except LabError:
            continue
        distinct.setdefault(change(changed, "name", "").model_dump_json(), one)
    return list(distinct.values())


def parse_change(text: str, *, remove: bool) -> Change:
    """Return the change of a text: what to leave out, or what to add: flip, augmentation=flip,
    optimizer={"kind": "sgd", "learning_rate": 0.1}, label_noise.share=0.2. Raises BadExperiment.
    """
    if remove:
        return Without(without=text)
    name, sign, value = text.partition("=")
    if not sign:
        families = [key for key, family in FAMILIES.items() if name in family.choices.members]
        if len(families) != 1:
            raise _no_single_choice(name, families)
        return build(With, {"family": families[0], "choice": name})
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = value
    if name in FAMILIES:
        return build(With, {"family": name, "choice": parsed})
    return build(SetTo, {"path": name, "value": parsed})


def _has_kind(experiment: Experiment, family: Family, choice: Choice) -> bool:
    if isinstance(choice, Layer):
        return type(choice) in extra_layers(experiment.network)
    current = getattr(experiment, family.field)
    return choice.kind in [c.kind for c in (current if family.is_list else [current])]


def _no_single_choice(name: str, families: list[str]) -> BadExperiment:
    """Return why this name alone does not say what to add. `families` have a choice of it."""
    if name in FAMILIES:
        kinds = sorted(FAMILIES[name].choices.members)
        return BadExperiment(
            f"“{name}” has several kinds, and only one can be added by name. Write {name}=KIND "
            f"with one of {', '.join(kinds)}.",
            code="kind_missing",
        )
    found = f"in the families {', '.join(families)}" if families else "in no family"
    return BadExperiment(
        f"“{name}” is {found}. Write FAMILY=KIND with one of {', '.join(FAMILIES)}, for "
        "example augmentation=flip, or PATH=VALUE.",
        code="ambiguous_choice" if families else "unknown_choice",
    )
