"""The charts of the tab Verdict show the numbers that they are given."""

import numpy as np
import pytest

from core.advice.bias_variance import describe_gap, judge
from core.advice.power_law import REACH, judge_more_rows
from core.figures import baselines, bias_variance, more_rows
from core.runs.measured import Measured

PARTS = {"train": Measured(0.15, 5000), "validation": Measured(0.30, 1000)}
RESULT = {
    "regression": False,
    "std": 1.0,
    "models": [
        {"label": label, "detail": "", "rows": 10, "of": 20,
         "parts": {"test": {"accuracy": accuracy, "samples": 500}}}
        for label, accuracy in (("Nearest class mean", 0.8), ("k nearest neighbors", 0.96))
    ],
}  # fmt: skip


@pytest.mark.parametrize("human", [None, 0.005])
def test_errors_and_gaps_are_drawn(human: float | None) -> None:
    rows = bias_variance.rows(judge(PARTS, human))
    assert [row.name for row in rows] == ["Human"] * (human is not None) + [
        "Training", "Validation"
    ]  # fmt: skip
    assert rows[-1].interval == PARTS["validation"].interval and rows[-1].start == 0.15
    figure = bias_variance.figure(rows, "dark", percent=True)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    gaps = [bar.x[0] for bar in bars]
    assert gaps[-1] == pytest.approx(0.15) and len(gaps) == 2 - (human is None)


@pytest.mark.parametrize("unit", [0.01, 1, 1000, 1e5])
def test_a_gap_of_values_has_the_size_of_the_sentence_below(unit: float) -> None:
    parts = {
        "train": Measured(0.63 * unit, 500, 0.1, unit),
        "validation": Measured(0.92 * unit, 100, 0.1, unit),
    }
    verdict = judge(parts, 0.0)
    for row, gap in zip(bias_variance.rows(verdict)[1:], (verdict.bias, verdict.variance)):
        assert row.gap.startswith(f"{gap.name} {describe_gap(gap, parts['train']).split(' (')[0]}:")


@pytest.mark.parametrize("form", ["error", "accuracy"])
def test_the_best_model_is_drawn_on_top_in_either_form(form: str) -> None:
    rows = baselines.rows(RESULT, Measured(0.1, 500), part="test", form=form)
    assert [row.label for row in rows] == ["k nearest neighbors", "This run", "Nearest class mean"]
    values = [row.interval[0] for row in rows]
    assert values == sorted(values, reverse=form == "accuracy")
    assert rows[0].settings and not rows[1].settings
    figure = baselines.figure(rows, "light", percent=True, title="test error")
    assert figure.layout.yaxis.categoryarray[-1] == rows[0].label
    assert sorted(x for trace in figure.data for x in trace.x) == sorted(values)


def test_the_law_is_drawn_up_to_its_reach_and_not_where_it_was_refused() -> None:
    sizes = [100, 200, 400, 800, 1600, 3200]
    errors = [[0.05 * (n / 3200) ** -0.5 + 0.02] * 3 for n in sizes]
    curve = more_rows.rows(sizes, errors, judge_more_rows(sizes, errors))
    assert curve.at[0] == 100 and curve.at[-1] == pytest.approx(REACH * 3200)
    assert all(low <= value <= high for value, low, high in curve.law)
    assert curve.at[curve.ahead] == 3200
    assert curve.law[curve.ahead][0] == pytest.approx(np.mean(errors[-1]))
    figure = more_rows.figure(curve, "light", percent=True)
    assert figure.data[-1].x == tuple(sizes)
    assert np.allclose(figure.data[-1].y, np.mean(errors, 1))
    rising = [[0.5], [0.4], [0.2], [0.4], [0.3], [0.2]]
    refused = more_rows.rows(sizes, rising, judge_more_rows(sizes, [e * 3 for e in rising]))
    assert not refused.at and len(more_rows.figure(refused, "dark", percent=False).data) == 2
