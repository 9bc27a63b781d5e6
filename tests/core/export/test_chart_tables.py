"""The CSV files of the charts about a finished run hold the numbers that the charts show."""

import io

import numpy as np
import pandas as pd
import pytest

from core.advice.bias_variance import judge
from core.advice.power_law import judge_more_rows
from core.export import evaluation, landscape, verdict
from core.figures import baselines, embedding, more_rows, probabilities, tiles
from core.runs.measured import Measured
from tests.core.figures.test_effects_figure import EFFECTS
from tests.core.figures.test_verdict_figures import PARTS, RESULT

RATE = [0.8, 0.5, 0.9]


def read(text: str) -> pd.DataFrame:
    assert not any(cell in text.lower() for cell in ("nan", "inf,", "none"))
    return pd.read_csv(io.StringIO(text))


def test_the_confusion_matrix_has_a_row_and_a_column_for_every_class() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (30, 30))
    names = [f"=class, {c}" for c in range(30)]
    frame = read(evaluation.confusion_csv({"names": names, "counts": counts.tolist()}))
    assert np.array_equal(frame.to_numpy()[:, 1:], counts)
    assert list(frame.columns[1:]) == frame["true class"].tolist() == [f"'{n}" for n in names]


def test_calibration_has_the_bins_of_both_networks() -> None:
    bins = {"bins": [{"count": 7, "confidence": 0.7, "accuracy": RATE}]}
    result = {"before": {"width": bins, "mass": {"bins": []}}, "after": None}
    assert read(evaluation.calibration_csv(result, "width")).values.tolist() == [
        ["as trained", 7, 0.7, *RATE]
    ]
    both = read(evaluation.calibration_csv(result | {"after": result["before"]}, "width"))
    assert both["network"].tolist() == ["as trained", "with temperature"]
    assert read(evaluation.calibration_csv(result, "mass")).empty


def test_curves_and_pairs_have_all_points() -> None:
    frame = read(evaluation.curve_csv([[0.0, 0.5, 1.0], [0.0, 0.9, 1.0]], "recall", "precision"))
    assert frame.to_dict("list") == {"recall": [0, 0.5, 1], "precision": [0, 0.9, 1]}
    frame = read(evaluation.pairs_csv([3.0, -1.0], [2.5, -2.0]))
    assert frame["residual"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize("human", [None, 0.005])
def test_the_verdict_has_its_errors_and_gaps(human: float | None) -> None:
    judged = judge(PARTS, human)
    frame = read(verdict.bias_variance_csv(judged)).set_index("quantity")
    assert ("human error" in frame.index) == (human is not None)
    assert frame.loc["validation error", "value"] == PARTS["validation"].error
    for gap in (judged.bias, judged.variance):
        row = frame.loc[gap.name]
        assert [row["value"], row["value_low"], row["value_high"]] == gap.interval
        assert (row["threshold"], row["state"]) == (gap.threshold, gap.state)


def test_baselines_sources_and_next_steps_have_one_row_each() -> None:
    entries = baselines.rows(RESULT, Measured(0.1, 500), part="test", form="error")
    frame = read(verdict.baselines_csv(entries, "test error"))
    assert frame["model"].tolist() == [entry.label for entry in entries]
    ends = frame[["test error", "test error_low", "test error_high"]]
    assert ends.values.tolist() == [entry.interval for entry in entries]
    sources = dict.fromkeys(("optimization", "approximation", "generalization", "rest"), RATE)
    assert read(verdict.error_sources_csv(sources))["source"].tolist() == list(sources)
    step = {"name": "rows", "gain": RATE, "verdict": "better", "seconds": 9.0, "per_minute": 1.5}
    assert read(verdict.next_steps_csv({"steps": [step]})).values.tolist() == [
        ["Twice the training rows", *RATE, "better", 9, 1.5]
    ]


def test_the_learning_curve_has_every_seed_and_the_law() -> None:
    sizes = [100, 200, 400, 800, 1600, 3200]
    errors = [[0.05 * (n / 3200) ** -0.5 + 0.02] * 3 for n in sizes]
    curve = more_rows.rows(sizes, errors, judge_more_rows(sizes, errors))
    kinds = read(verdict.learning_curve_csv(curve)).groupby("kind")
    assert kinds.get_group("measured")["error"].tolist() == [e for each in errors for e in each]
    assert kinds.get_group("power law")["error_high"].tolist() == [high for *_, high in curve.law]


def test_effects_have_an_interval_only_where_there_is_one() -> None:
    frame = read(verdict.effects_csv(EFFECTS)).set_index("change")
    assert set(frame.index) == {effect.name for effect in EFFECTS}
    for effect in EFFECTS:
        row = frame.loc[effect.name]
        interval = row[["difference", "difference_low", "difference_high"]].tolist()
        expected = effect.interval or [effect.mean, None, None]
        assert interval == pytest.approx(
            [np.nan if v is None else v for v in expected], nan_ok=True
        )
        assert row["found"] == effect.code and row["pairs"] == len(effect.differences)


def test_a_landscape_has_its_losses_and_the_path() -> None:
    inf = float("inf")
    plane = {"x": [0, 1], "y": [5, 6], "loss": [[1.0, inf], [3.0, 4.0]]}
    path = {"path": [[0.2, 0.3], [0, 0]], "epochs": [0, 1]}
    frame = read(landscape.plane_csv(plane | path))
    assert frame["training_loss"].dropna().tolist() == [1, 3, 4]
    assert frame.loc[2, ["x", "y"]].tolist() == [0, 6]
    assert frame["path_epoch"].dropna().tolist() == [0, 1]
    losses = {"train": [2.0, inf], "validation": []}
    frame = read(landscape.line_csv({"alphas": [0.0, 1.0], "loss": losses}))
    assert list(frame.columns) == ["alpha", "train_loss"] and frame["train_loss"][0] == 2
    frame = read(landscape.profiles_csv({"a": {"steps": [0, 1], "loss": [[1.0, 2.0]] * 3}}))
    assert frame["direction"].tolist() == [1, 1, 2, 2, 3, 3]
    assert frame["training_loss"].tolist() == [1, 2] * 3


def test_no_name_of_a_class_or_column_is_a_formula() -> None:
    names = ["=1+1", "@b"]
    found = {"classes": names, "rows": [0], "points": [[1.0, -2.0]], "true": [0], "predicted": [1]}
    texts = (
        embedding.csv(found),
        probabilities.csv(names, [0.25, 0.75]),
        tiles.csv([(name, np.array([-1.0, 2.0])) for name in names]),
    )
    for text in texts:
        frame = read(text)
        cells = frame.astype(object).to_numpy().ravel().tolist()
        assert {"'=1+1", "'@b"} <= set(cells)
    assert read(texts[0])[["pc1", "pc2"]].values.tolist() == [[1, -2]]
