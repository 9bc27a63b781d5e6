"""Checks of the training settings: each rule fires where it should, its action resolves it, and it
is silent otherwise.
"""

from typing import Any

import pytest

from core.advice.stopping_checks import RULES as STOPPING_RULES
from core.advice.suggestions import advice, apply_action
from core.advice.training_checks import RULES
from core.base.finding import Finding
from core.experiment import Experiment
from core.optim.optimizers import (
    LBFGS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AveragedMomentum,
    Nesterov,
    Optimizer,
)
from core.optim.regularizers import (
    EMA,
    L1,
    L2,
    SAM,
    SWA,
    ClipNorm,
    ClipValue,
    Elastic,
    GradientVariance,
    WeightDecay,
)
from core.optim.schedule_free import ScheduleFreeAdamW
from core.optim.schedules import (
    Constant,
    Cosine,
    LinearDecay,
    OneCycle,
    Plateau,
    PolynomialDecay,
)
from core.optim.stopping import AbsoluteChange, Patience, RelativeChange, Target

FACTS = {"samples": 50_000, "parameters": 60_000}
FULL = {"optimizer": LBFGS(), "batch_size": 50_000, "schedule": Constant()}


def with_code(findings: tuple[Finding, ...], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


@pytest.mark.parametrize(
    ("changes", "level", "code", "evidence"),
    [
        (
            {"optimizer": Nesterov(learning_rate=0.06)},
            "warn",
            "learning_rate_high",
            {"learning_rate": 0.06, "recommended": pytest.approx(0.05)},
        ),
        (
            {"optimizer": AveragedMomentum(learning_rate=0.6)},
            "warn",
            "learning_rate_high",
            {"learning_rate": 0.6, "recommended": 0.5},
        ),
        (
            {"optimizer": Adagrad(learning_rate=0.2)},
            "warn",
            "learning_rate_high",
            {"learning_rate": 0.2, "recommended": 0.1},
        ),
        (
            {"optimizer": AdamW(weight_decay=0.1), "regularizers": (WeightDecay(strength=0.02),)},
            "warn",
            "weight_decay_twice",
            {"optimizer": 0.1, "regularizer": 0.02},
        ),
        (
            {"optimizer": LBFGS()},
            "warn",
            "needs_full_batch",
            {"batch_size": 32, "samples": 50_000},
        ),
        (
            {**FULL, "regularizers": (ClipNorm(),)},
            "warn",
            "gradient_changes_ignored",
            {"ignored": ["clip_norm"]},
        ),
        (
            {**FULL, "regularizers": (ClipValue(), SAM(), L2())},
            "warn",
            "gradient_changes_ignored",
            {"ignored": ["clip_value", "sam"]},
        ),
        (
            {"stopping": (Patience(),), "split": {"validation": 0}},
            "warn",
            "early_stopping_without_validation",
            {},
        ),
        (
            {"stopping": (Target(),), "split": {"validation": 0}},
            "warn",
            "target_without_validation",
            {},
        ),
        (
            {"stopping": (Target(target=97.5),)},
            "warn",
            "target_above_one",
            {"target": 97.5},
        ),
        (
            {"stopping": (Patience(),), "schedule": OneCycle()},
            "info",
            "early_stopping_before_annealing",
            {"patience": 5, "epochs": 150},
        ),
        (
            {"stopping": (Patience(patience=3),), "schedule": PolynomialDecay(), "epochs": 20},
            "info",
            "early_stopping_before_annealing",
            {"patience": 3, "epochs": 20},
        ),
        (
            {"schedule": Plateau(), "split": {"validation": 0}},
            "warn",
            "plateau_without_validation",
            {},
        ),
        *(
            (
                {"schedule": Plateau(), "stopping": (Patience(patience=patience),)},
                "warn",
                "early_stopping_before_plateau",
                {"stops_after": patience, "reduces_after": 6},
            )
            for patience in (6, 2, 1)
        ),
        (
            {"schedule": LinearDecay(warmup=5), "epochs": 5},
            "warn",
            "warmup_fills_run",
            {"warmup": 5.0, "epochs": 5},
        ),
        (
            {"regularizers": (SAM(), L2(strength=0.0))},
            "info",
            "extra_gradients",
            {"gradients": 2.0},
        ),
        (
            {"regularizers": (SAM(), GradientVariance(parts=6), EMA())},
            "info",
            "extra_gradients",
            {"gradients": 10.0},
        ),
        ({"regularizers": (EMA(), SWA())}, "warn", "two_averages", {"kinds": ["ema", "swa"]}),
        ({"regularizers": (SWA(),), "schedule": Cosine()}, "info", "average_while_annealing", {}),
        ({"optimizer": ScheduleFreeAdamW()}, "info", "average_while_annealing", {}),
        (
            {"optimizer": ScheduleFreeAdamW(), "regularizers": (EMA(), L2())},
            "warn",
            "two_averages",
            {"kinds": ["ema", "schedule_free_adamw"]},
        ),
        (
            {"optimizer": Adam(), "regularizers": (L2(), ClipNorm())},
            "info",
            "l2_penalty_rescaled",
            {"λ": 1e-4},
        ),
        (
            {"optimizer": Adam(), "regularizers": (L2(strength=0.2), WeightDecay())},
            "info",
            "l2_penalty_rescaled",
            {"λ": 0.2},
        ),
        (
            {"regularizers": (L1(biases=0.1), EMA())},
            "info",
            "biases_penalized",
            {"kinds": ["l1"]},
        ),
        (
            {"optimizer": SGD(), "regularizers": (WeightDecay(biases=True), Elastic(biases=0.1))},
            "info",
            "biases_penalized",
            {"kinds": ["weight_decay", "elastic"]},
        ),
        (
            {"stopping": (RelativeChange(), Patience())},
            "info",
            "signed_change_on_mini_batches",
            {"kind": "relative_change"},
        ),
    ],
)
def test_a_questionable_setting_is_reported_and_its_action_resolves_it(
    changes: dict, level: str, code: str, evidence: dict[str, Any]
) -> None:
    experiment = Experiment(**changes)
    (finding,) = with_code(advice(experiment, **FACTS), code)
    assert (finding.level, finding.evidence) == (level, evidence)
    if finding.action:
        mended = apply_action(experiment, finding.action)
        assert finding.action.label and not with_code(advice(mended, **FACTS), code)
    else:
        assert evidence["stops_after"] == 1  # no patience of the schedule is short enough


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
def test_sound_settings_give_one_finding_of_level_ok(changes: dict) -> None:
    (finding,) = advice(Experiment(**changes), **FACTS)
    assert (finding.code, finding.level) == ("no_problem", "ok")


@pytest.mark.parametrize("cls", Optimizer.members.values())
def test_no_optimizer_with_default_values_is_questioned(cls: type[Optimizer]) -> None:
    schedule = Constant() if cls.prefers_constant_lr else Cosine()
    chosen = Experiment(optimizer=cls(), schedule=schedule, batch_size=50_000)
    assert not [
        finding for rule in (*RULES, *STOPPING_RULES) for finding in rule(chosen, 50_000, 60_000)
    ]


def test_a_learning_rate_above_the_stability_limit_is_reported_where_curvature_is_known() -> None:
    code = "stability_limit_exceeded"
    e = Experiment(optimizer=SGD(learning_rate=0.04), batch_size=50_000)
    assert not with_code(advice(e, **FACTS), code)
    (finding,) = with_code(advice(e, **FACTS, curvature=100.0), code)
    assert finding.level == "warn" and finding.evidence["limit"] == pytest.approx(2 * 1.9 / 100)
    mended = apply_action(e, finding.action)
    assert not with_code(advice(mended, **FACTS, curvature=100.0), code)
    assert not with_code(advice(Experiment(), **FACTS, curvature=1e9), code)


def test_more_memory_than_is_free_is_reported_with_a_batch_size_that_fits() -> None:
    e, code = Experiment(batch_size=1024), "memory_exceeded"
    assert not with_code(advice(e, **FACTS, need=10, free=20), code)
    (finding,) = with_code(advice(e, **FACTS, need=4 * 10**9, free=10**9), code)
    assert finding.action.changes == {"batch_size": 128}
    assert finding.evidence == {"need": 4 * 10**9, "free": 10**9}
    (narrow,) = with_code(advice(e, parameters=10**9, need=30 * 10**9, free=10**9), code)
    assert narrow.action is None


def test_the_most_urgent_findings_come_first() -> None:
    e = Experiment(optimizer=Adam(learning_rate=1.0), regularizers=(SAM(), L2()))
    levels = [finding.level for finding in advice(e, **FACTS)]
    assert levels == sorted(levels, key=["bad", "warn", "info"].index) and len(set(levels)) > 1
