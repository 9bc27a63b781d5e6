"""Doubts about the learning: each fires where it should, its change takes it away, and it is silent
elsewhere.
"""

import pytest

from core.advice.suggestions import advice
from core.advice.training_checks import RULES
from core.base.encoding import change
from core.experiment import Experiment
from core.optim.optimizers import LBFGS, SGD, Adagrad, Adam, AveragedMomentum, Nesterov, Optimizer
from core.optim.regularizers import (
    EMA,
    L1,
    L2,
    SAM,
    SWA,
    ClipNorm,
    ClipValue,
    Elastic,
    WeightDecay,
)
from core.optim.schedules import Constant, Cosine, LinearDecay, OneCycle, Plateau, PolynomialDecay
from core.optim.stopping import AbsoluteChange, Patience, RelativeChange

FACTS = {"pictures": 50_000, "parameters": 60_000}
FULL = {"optimizer": LBFGS(), "batch_size": 50_000, "schedule": Constant()}


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"optimizer": Nesterov(learning_rate=0.06)}, "warn", "0.06 is large"),
        ({"optimizer": AveragedMomentum(learning_rate=0.6)}, "warn", "0.6 is large"),
        ({"optimizer": Adagrad(learning_rate=0.2)}, "warn", "0.2 is large"),
        ({"optimizer": LBFGS()}, "warn", "wants the full batch"),
        ({**FULL, "regularizers": (ClipNorm(),)}, "warn", "do not reach them"),
        ({**FULL, "regularizers": (ClipValue(), SAM(), L2())}, "warn", "do not reach them"),
        ({"stopping": (Patience(),), "schedule": OneCycle()}, "info", "before the one cycle"),
        (
            {"stopping": (Patience(),), "schedule": PolynomialDecay()},
            "info",
            "before the polynomial",
        ),
        ({"schedule": Plateau(), "split": {"validation": 0}}, "warn", "No plateau will be seen"),
        ({"schedule": Plateau(), "stopping": (Patience(patience=6),)}, "warn", "comes first"),
        ({"schedule": Plateau(), "stopping": (Patience(patience=2),)}, "warn", "comes first"),
        ({"schedule": Plateau(), "stopping": (Patience(patience=1),)}, "warn", "comes first"),
        ({"schedule": LinearDecay(warmup=5), "epochs": 5}, "warn", "as long as the run:** 5 of 5"),
        ({"regularizers": (SAM(), L2(strength=0.0))}, "info", "costs twice the time"),
        ({"regularizers": (EMA(), SWA())}, "warn", "Two averages"),
        ({"regularizers": (SWA(),), "schedule": Cosine()}, "info", "averages what moves"),
        ({"optimizer": Adam(), "regularizers": (L2(), ClipNorm())}, "info", "Adam rescales"),
        ({"optimizer": Adam(), "regularizers": (L2(), WeightDecay())}, "info", "Adam rescales"),
        ({"regularizers": (L1(biases=0.1), EMA())}, "info", "L1 penalty pulls biases"),
        (
            {"optimizer": SGD(), "regularizers": (WeightDecay(biases=True), Elastic(biases=0.1))},
            "info",
            "Weight decay pulls biases",
        ),
        ({"stopping": (RelativeChange(), Patience())}, "info", "at the first rise"),
    ],
)
def test_a_doubtful_way_to_learn_is_advised_on(changes: dict, level: str, words: str) -> None:
    experiment = Experiment(**changes)
    found = [a for a in advice(experiment, **FACTS) if words in a.text]
    assert [a.level for a in found] == [level]
    if found[0].path:
        mended = change(experiment, found[0].path, found[0].value)
        assert found[0].action and not [a for a in advice(mended, **FACTS) if words in a.text]


@pytest.mark.parametrize(
    "changes",
    [
        FULL,
        {**FULL, "stopping": (AbsoluteChange(),)},
        {"schedule": Plateau(patience=2), "stopping": (Patience(patience=5),)},
        {"schedule": OneCycle(warmup=2)},
        {"regularizers": (SWA(),), "schedule": Constant()},
        {"regularizers": (EMA(), ClipNorm(), ClipValue())},
        {"optimizer": SGD(), "regularizers": (L2(), L1(), Elastic(), WeightDecay())},
        {"stopping": (AbsoluteChange(difference="absolute"),)},
    ],
)
def test_a_sound_way_to_learn_gets_one_word_of_praise(changes: dict) -> None:
    assert [a.level for a in advice(Experiment(**changes), **FACTS)] == ["ok"]


@pytest.mark.parametrize("cls", Optimizer.members.values())
def test_no_optimizer_is_doubted_as_it_comes(cls: type[Optimizer]) -> None:
    chosen = Experiment(optimizer=cls(), batch_size=50_000)
    assert not [a for rule in RULES for a in rule(chosen, 50_000, 60_000)]


def test_a_rate_beyond_what_the_curvature_allows_is_advised_on_where_it_is_known() -> None:
    e = Experiment(optimizer=SGD(learning_rate=0.04), batch_size=50_000)
    assert not [a for a in advice(e, **FACTS) if "will climb" in a.text]
    (found,) = [a for a in advice(e, **FACTS, curvature=100.0) if "will climb" in a.text]
    assert found.level == "warn" and "0.038" in found.text  # 2 · 1.9 / 100
    mended = change(e, found.path, found.value)
    assert not [a for a in advice(mended, **FACTS, curvature=100.0) if "will climb" in a.text]
    assert not [a for a in advice(Experiment(), **FACTS, curvature=1e9) if "will climb" in a.text]


def test_more_than_the_memory_holds_is_advised_on_with_a_batch_that_fits() -> None:
    e = Experiment(batch_size=1024)
    assert not [a for a in advice(e, **FACTS, need=10, free=20) if "memory" in a.text]
    (found,) = [a for a in advice(e, **FACTS, need=4 * 10**9, free=10**9) if "memory" in a.text]
    assert (found.path, found.value) == ("batch_size", 128)
    (narrow,) = [
        a for a in advice(e, parameters=10**9, need=30 * 10**9, free=10**9) if "memory" in a.text
    ]
    assert "narrower" in narrow.text and not narrow.action
