"""Every pair of choices of two families: judged in plain Python, and drawn by a page in a covering
array, which has every pair in at least one of its few rows.
"""

import json
from itertools import combinations

import pytest

from core.advice.suggestions import advice, apply_action
from core.base.encoding import change, encode
from core.data.augmentations import Augmentation
from core.data.normalization import Normalization
from core.data.ready.curves import Sine
from core.data.ready.points import Moons
from core.data.sampling import Sampling
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.losses import Loss
from core.network.activations import StepFunction
from core.network.initializers import Initializer
from core.network.layers import Conv2d, Flatten, Layer, Output
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from tests.pages.shown import draft, visit

ONE = (Optimizer, Schedule, Loss, Sampling, Initializer, Normalization)  # one choice of a family
SEVERAL = (Regularizer, StoppingRule, Augmentation)  # any number, each kind once
FIELDS = {
    "stopping rule": "stopping", "regularizer": "regularizers", "augmentation": "augmentations"
}  # fmt: skip


def one(family):
    """The factor of a family of which one member is chosen: the changes of each level."""
    return [{family.family: kind} for kind in family.members]


def each(family):
    """A factor for each member of a family: off or on."""
    field = FIELDS[family.family]
    return [[{}, {f"{field}+": kind}] for kind in family.members]


def made(*levels):
    """The experiment with these changes; "+" adds a choice to a field of several."""
    experiment = Experiment()
    for path, value in [item for level in levels for item in level.items()]:
        if path.endswith("+"):
            field = path[:-1]
            present = [choice.model_dump(mode="json") for choice in getattr(experiment, field)]
            path, value = field, [*present, {"kind": value}]
        experiment = change(experiment, path, value)
    return experiment


def covering(factors):
    """Rows of one level per factor, such that every pair of levels of two factors is in a row.
    Greedy: each row takes an uncovered pair and adds the levels that cover most others.
    """
    missing = {
        ((a, i), (b, j))
        for a, b in combinations(range(len(factors)), 2)
        for i in range(len(factors[a]))
        for j in range(len(factors[b]))
    }
    rows = []
    while missing:
        row = dict(min(missing))
        for factor in (f for f in range(len(factors)) if f not in row):
            gains = [
                sum(tuple(sorted(((factor, level), other))) in missing for other in row.items())
                for level in range(len(factors[factor]))
            ]
            row[factor] = gains.index(max(gains))
        missing -= set(combinations(sorted(row.items()), 2))
        rows.append([factors[factor][level] for factor, level in sorted(row.items())])
    return rows


TRAINING = [
    *map(one, (Optimizer, Schedule, Initializer, Loss, Sampling)),
    [{"batch_size": size} for size in (1, 32, 1257)],
    [{"epochs": 150}, {"epochs": 3}, {"epochs": 3, "schedule.warmup": 5.0}],
    [{}, {"split.validation": 0.0}],
    *each(Regularizer),
    *each(StoppingRule),
]
NETWORKS = (
    (),
    (Flatten(), *map(Layer.pick, ("batch_norm", "dropout", "linear")), Output()),
    (*map(Layer.pick, [kind for kind in Layer.members if kind not in ("output", "flatten")]),),
    (Conv2d(), *(Layer.pick("residual"), Layer.pick("branches")), Flatten(), Output()),
    (Flatten(), Output(), StepFunction()),
)
BUILDING = [
    [{"network": [layer.model_dump(mode="json") for layer in layers]} for layers in NETWORKS],
    *map(one, (Initializer, Loss)),
    [{}, {"data": {"kind": "moons"}}],
]
PREPARING = [
    [{}, {"data": Moons(points=40).model_dump()}, {"data": Sine(points=40).model_dump()}],
    one(Normalization),
    [{}, {"label_noise.share": 0.2}],
    [{}, {"split.validation": 0.0}, {"split.stratified": False}],
    *each(Augmentation),
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A lab in which nothing is trained."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)


def test_a_covering_array_has_every_pair():
    factors = [["a", "b", "c"], ["d", "e"], ["f", "g"], ["h", "i", "j"]]
    rows = covering(factors)
    for first, second in combinations(factors, 2):
        assert {(x, y) for x in first for y in second} <= {
            pair for row in rows for pair in combinations(row, 2)
        }
    assert len(rows) <= 12


def test_an_action_for_any_pair_of_choices_ends_its_finding_or_is_replaced_by_another():
    levels = [level for family in ONE for level in one(family)]
    levels += [level for family in SEVERAL for _, level in each(family)]
    facts = {"samples": 1257, "parameters": 38_000, "need": 2 * 10**9, "free": 10**9}
    facts["curvature"] = 30.0
    seen, followed = set(), set()
    for first, second in combinations(levels, 2):
        experiment = made(first, second)
        for found in advice(experiment, **facts):
            seen.add(found.code)
            json.dumps(found.evidence)
            changes = found.action and json.dumps(found.action.changes)
            if found.action and (found.code, changes) not in followed:
                followed.add((found.code, changes))
                after = advice(apply_action(experiment, found.action), **facts)
                again = [other.action for other in after if other.code == found.code]
                assert found.action not in again, (found.code, encode(experiment))
    assert len(seen) > 12, seen


CRASHED = made({"schedule": "cosine", "stopping+": "patience"}, {"stopping+": "absolute_change"})


@pytest.mark.parametrize(
    ("page", "factors"), [("train", TRAINING), ("network", BUILDING), ("data", PREPARING)]
)
def test_a_page_draws_every_pair_of_choices(home, page, factors):
    rows = [made(*levels) for levels in covering(factors)]
    for experiment in [CRASHED, *rows]:
        app = visit(page, experiment)
        assert any(button.key == "bar_start" for button in app.button)
        assert draft(app) == experiment, encode(experiment)
