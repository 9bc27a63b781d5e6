"""Sketched curves: their features, what a browser or a person may send, and the curve of a run."""

import itertools

import numpy as np
import pytest

from core.base.errors import BadInput
from core.base.events import Epoch, to_json
from core.figures.sketch import sketches
from core.lessons.library import shipped_lessons
from core.lessons.questions import SketchQuestion
from core.lessons.sketch import (
    CLEAR,
    LEVELS,
    POSITIONS,
    CurveFeature,
    check_levels,
    complete,
    decode_sketch,
    encode_sketch,
    parse_heights,
    resample,
    run_curve,
)
from core.runs.history import History

EMPTY = [None] * POSITIONS


def has_by_pairs(feature, y):
    """The definition, by all pairs and triples of places."""
    rises = any(b - a > CLEAR for a, b in itertools.combinations(y, 2))
    falls = any(a - b > CLEAR for a, b in itertools.combinations(y, 2))
    triples = list(itertools.combinations(y, 3))
    return {
        CurveFeature.RISES: y[-1] - y[0] > CLEAR and not falls,
        CurveFeature.FALLS: y[0] - y[-1] > CLEAR and not rises,
        CurveFeature.PEAK: any(min(b - a, b - c) > CLEAR for a, b, c in triples),
        CurveFeature.VALLEY: any(min(a - b, c - b) > CLEAR for a, b, c in triples),
        CurveFeature.ENDS_BELOW_START: y[0] - y[-1] > CLEAR,
        CurveFeature.ENDS_ABOVE_START: y[-1] - y[0] > CLEAR,
    }[feature]


@pytest.mark.parametrize("feature", CurveFeature)
def test_a_feature_is_found_as_by_its_definition(feature):
    random, answers = np.random.default_rng(5), []
    for length, size in itertools.product((3, 5, 9), (0.05, 0.12, 0.6)):
        for _ in range(40):
            y = [float(v) for v in np.cumsum(random.uniform(-size, size, length))]
            answers.append(bool(feature.holds(y)))
            assert answers[-1] == has_by_pairs(feature, y)
    assert len(set(answers)) == 2 and feature.text() != feature.text(False)


def test_a_sketch_is_a_text_of_letters_and_anything_else_is_none():
    levels = [(7 * place) % LEVELS for place in range(POSITIONS)]
    assert decode_sketch(encode_sketch(levels)) == levels
    for text in ("", "0", "é" * POSITIONS, "0" * (POSITIONS + 1), "0" * 32 + "\n", "٣" * POSITIONS):
        assert decode_sketch(text) == []


@pytest.mark.parametrize(
    "value",
    [None, "x" * POSITIONS, {}, [0], [0.5] * POSITIONS, [-1] * POSITIONS, [LEVELS] * POSITIONS,
     [True] * POSITIONS, ["0"] * POSITIONS],
)  # fmt: skip
def test_what_a_browser_sends_is_checked(value):
    assert check_levels(value) == EMPTY
    assert check_levels([0, None, *EMPTY[2:]]) == [0, None, *EMPTY[2:]]


def test_gaps_are_filled_and_a_sketch_that_does_not_reach_both_edges_is_none():
    assert complete(EMPTY) == complete([*range(20), *EMPTY[20:]]) == []
    drawn = [None, 0, *EMPTY[2:-1], 31]
    filled = complete(drawn)
    assert filled[0] == 0 and filled[-1] == 31 and filled[17] == round(31 * 16 / 31)


@pytest.mark.parametrize("text", ["", "1", "a, b", "0, 4", "nan, 1", "0, -1", "1 " * 40])
def test_numbers_that_are_no_curve_are_refused(text):
    with pytest.raises(BadInput) as refused:
        parse_heights(text, 0, 3)
    assert refused.value.code == "sketch_numbers" and "3" in str(refused.value)


def history(losses):
    made = History()
    events = [
        Epoch(n, n, {"loss": 0.0}, None if v is None else {"loss": v, "accuracy": 1 - v}, False)
        for n, v in enumerate(losses, 1)
    ]
    made.add(map(to_json, events))
    return made


QUESTION = SketchQuestion(
    kind="sketch", text="?", curve="validation_loss", high=1, features=(CurveFeature.VALLEY,)
)  # fmt: skip


@pytest.mark.parametrize("losses", [[0.9, 0.1, 0.6], [0.9, 0.5, 0.1]])
def test_a_sketch_is_right_if_it_has_the_features_of_the_run(losses):
    numbers = QUESTION.measure(history(losses), 3)
    assert QUESTION.measured(numbers) == list(enumerate(losses, 1))
    at = np.interp(np.linspace(1, 3, POSITIONS), (1, 2, 3), losses)
    assert resample(QUESTION.measured(numbers)) == pytest.approx(at)
    falls, valley = (encode_sketch(parse_heights(t, 0, 1)) for t in ("1, 0", "0.8, 0.1, 0.8"))
    is_valley = losses[-1] > losses[1]
    assert QUESTION.is_right(valley, 0, [numbers]) is is_valley
    assert QUESTION.is_right(falls, 0, [numbers]) is not is_valley
    assert not QUESTION.is_right("0", 0, [numbers]) and not QUESTION.is_right(valley, 0, [])
    assert CurveFeature.VALLEY.text(is_valley) in QUESTION.correct(0, [numbers])
    curves = [QUESTION.sketched(falls, 3)], [QUESTION.measured(numbers)]
    (drawn, run) = sketches(QUESTION, *curves, 3, "light").data
    assert (drawn.y[0], drawn.y[-1], drawn.x[0], drawn.x[-1]) == (1, 0, 1, 3)
    assert list(run.x) == [1, 2, 3] and list(run.y) == losses


def test_errors_are_fractions_and_a_run_that_ends_early_has_no_curve():
    short = history([0.9, None, 0.5])
    assert run_curve(short, "validation_error") == [(1, 0.9), (3, 0.5)]
    assert QUESTION.measure(short, 4) == {} and len(QUESTION.measure(short, 3)) == 2
    assert QUESTION.is_right(encode_sketch([0] * POSITIONS), 0, [{}]) is False


def test_an_included_lesson_asks_for_a_sketch():
    kinds = {step.question.kind for each in shipped_lessons().values() for step in each.steps}
    assert kinds == {"choice", "number", "sketch"}
