"""Lessons: the format refuses what it must, the numbers are those of the events, and the claims of
the included lessons hold.
"""

import json
from math import hypot
from pathlib import Path
from typing import get_args

import pytest

from core.base.encoding import decode, encode
from core.base.errors import BadExperiment, NotFound
from core.base.events import Ended, Epoch, Probe, Started, Step, to_json
from core.lessons.lesson import ALWAYS_OPEN, Lesson, PageTitle
from core.lessons.library import LessonLibrary, load_lesson, read_lesson, shipped_lessons
from core.lessons.measures import MEASURES, measure
from core.lessons.questions import ChoiceQuestion, LessonCheck, NumberQuestion
from core.lessons.rehearsal import rehearse, with_seed
from core.runs.history import History
from pages.kit.site import GROUPS

NO_HOME = Path("/nowhere")  # the data of the included lessons is included or generated
EXAMPLE = "first-loss"


def started(**changes):
    values = {
        "step": 0, "steps": 4, "epoch_steps": 2, "epochs": 2, "batch_size": 4, "parameters": 9,
        "layers": ("linear1", "linear2"), "sizes": {"train": 8}, "normalization": {},
        "device": "cpu", "threads": 1,
    }  # fmt: skip
    return Started(**values | changes)


def scores(loss, accuracy):
    return {"loss": loss, "accuracy": accuracy}


EVENTS = [
    started(),
    Probe(1, {"linear1": 0.2, "linear2": 0.8}, {"linear1": 9.0, "linear2": 9.0}, {}),
    Step(2, (2.0, 1.0), 0.1),
    Epoch(1, 2, scores(1.5, 0.5), scores(1.0, 0.75), True),
    Step(4, (0.5, 0.7), 0.1),
    Probe(4, {"linear1": 1.0, "linear2": 1.0}, {"linear1": 3.0, "linear2": 4.0}, {}),
    Epoch(2, 4, scores(0.5, 1.0), scores(2.0, 0.5), False),
]
EXPECTED = {
    "initial_loss": 2.0, "final_training_loss": 0.5, "final_training_error": 0.0,
    "final_validation_loss": 2.0, "final_validation_error": 0.5, "best_epoch": 1,
    "best_validation_loss": 1.0, "best_validation_error": 0.25, "epochs": 2, "steps": 4,
    "error_gap": 0.5, "loss_growth": 2.0, "loss_noise": 0.2, "gradient_ratio": 0.25,
    "weight_norm": hypot(3, 4), "log10_largest_loss": 0.30103,
}  # fmt: skip


def history(events):
    made = History()
    made.add(map(to_json, events))
    return made


def test_every_measure_is_computed_from_the_events():
    assert measure(history(EVENTS)) == pytest.approx(EXPECTED, abs=1e-6)
    assert set(EXPECTED) == set(MEASURES)


def test_a_run_lacks_the_numbers_that_it_has_not_measured():
    assert set(measure(history([]))) <= {"epochs", "steps"}
    unvalidated = [Epoch(1, 2, scores(1.5, 0.5), None, False)]
    assert "final_validation_loss" not in measure(history([started(), *unvalidated]))


def test_a_diverged_run_has_the_largest_power_of_ten():
    diverged = [started(), Step(1, (float("nan"),), 0.1), Ended("diverged", "", 1, 0)]
    assert measure(history(diverged))["log10_largest_loss"] == 99


RUNS = [{"final_training_loss": 0.2}, {"final_training_loss": 0.1}]


@pytest.mark.parametrize(
    ("relation", "right", "more", "holds"),
    [
        ("below", 0.11, {}, True),
        ("below", 0.1, {}, False),
        ("above", 0.1, {}, False),
        ("above", "1.final_training_loss", {"times": 0.4}, True),
        ("below", "1.final_training_loss", {"times": 0.4}, False),
        ("near", "1.final_training_loss", {"tolerance": 0.11}, True),
        ("near", 0.1, {}, True),
        ("near", 0.2, {"tolerance": 0.09}, False),
        ("below", "best_epoch", {}, False),  # the run has none
    ],
)
def test_a_check_compares_two_numbers(relation, right, more, holds):
    check = LessonCheck(left="final_training_loss", relation=relation, right=right, **more)
    assert check.holds(1, RUNS) is holds


def test_a_guess_is_right_within_its_tolerance():
    question = NumberQuestion(kind="number", text="?", answer="final_training_loss", tolerance=0.05)
    answers = {"0.1": True, "0.149": True, "0.16": False, "nan": False, "": False, "much": False}
    assert {answer: question.is_right(answer, 1, RUNS) for answer in answers} == answers


def example(**changes):
    return json.loads(encode(shipped_lessons()[EXAMPLE])) | changes


def with_step(**changes):
    data = example()
    data["steps"][0] |= changes
    return data


def with_sketch(**changes):
    sketch = {"kind": "sketch", "text": "?", "curve": "validation_loss", "high": 3}
    return with_step(question=sketch | {"features": ["valley"]} | changes)


def claim(left):
    return [{"left": left, "relation": "below", "right": 1}]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (example(version=2), "literal_error"),
        (example(script="import os"), "extra_forbidden"),
        (example(title=""), "string_too_short"),
        (example(title="x" * 81), "string_too_long"),
        (example(steps=[]), "too_short"),
        (example(steps=example()["steps"] * 5), "too_long"),
        (example(draft={"epochs": 0}), "greater_than_equal"),
        (with_step(explanation="x" * 361), "string_too_long"),
        (with_step(explanation="{final_validation_error.__class__}"), "lesson_reference"),
        (with_step(explanation="{0.epochs}"), "lesson_reference"),
        (with_step(explanation="{accuracy}"), "lesson_measure"),
        (with_step(explanation="{2.epochs}"), "lesson_order"),
        (with_step(claims=claim("2.epochs")), "lesson_order"),
        (with_step(claims=claim("__import__('os')")), "string_pattern_mismatch"),
        (with_step(claims=[]), "too_short"),
        (with_step(changes={"optimizer.speed": 1}), "lesson_changes"),
        (with_step(changes={"epochs": "many"}), "lesson_changes"),
        (with_step(pages=["Admin"]), "literal_error"),
        (with_step(question={"kind": "essay", "text": "Why?"}), "union_tag_invalid"),
        (with_sketch(low=3), "sketch_axis"),
        (with_sketch(high=1e9), "less_than_equal"),
        (with_sketch(curve="__class__"), "literal_error"),
        (with_sketch(features=["os.system"]), "enum"),
        (with_sketch(features=[]), "too_short"),
        (with_sketch(script="alert(1)"), "extra_forbidden"),
        (with_sketch() | {"draft": {"epochs": 1}}, "sketch_epochs"),
    ],
)
def test_a_hostile_lesson_is_refused_with_one_sentence(data, code):
    with pytest.raises(BadExperiment) as refused:
        read_lesson(json.dumps(data))
    assert refused.value.code == code and str(refused.value).endswith(".")
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 600


def test_a_page_is_open_from_the_step_that_names_it_to_the_end():
    data = example()
    for step, pages in zip(data["steps"], ([], ["Train"], []), strict=False):
        step["pages"] = pages
    lesson = read_lesson(json.dumps(data))
    assert [lesson.opens("Train", answered) for answered in range(3)] == [False, True, True]
    assert not lesson.opens("Data", 2) and all(lesson.opens(page, 0) for page in ALWAYS_OPEN)
    del data["steps"][0]["pages"]  # as in lessons without pages: all are open
    assert read_lesson(json.dumps(data)).opens("Data", 0)


def test_every_page_of_the_lab_can_be_locked_or_is_always_open():
    titles = {title for rows in GROUPS.values() for _, title, _ in rows}
    assert titles == {*get_args(PageTitle), *ALWAYS_OPEN}


@pytest.mark.parametrize(
    ("text", "code"),
    [("[" * 100, "json_too_deep"), ("{", "not_json"), ("x" * 300_000, "json_too_large")],
)
def test_a_file_that_is_no_lesson_is_refused(text, code):
    with pytest.raises(BadExperiment) as refused:
        read_lesson(text)
    assert refused.value.code == code


def test_an_added_lesson_is_found_by_its_digest(tmp_path):
    library = LessonLibrary(tmp_path)
    lesson = read_lesson(json.dumps(example(title="Mine")))
    name = library.add(lesson)
    assert library.add(lesson) == name and library.get(name) == lesson
    assert decode(Lesson, encode(lesson)) == lesson
    for unknown in ("nobody", "../" + name, name[:-1], ""):
        with pytest.raises(NotFound):
            library.get(unknown)


def test_a_lesson_is_loaded_by_name_or_from_a_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(example()))
    assert load_lesson(str(path), tmp_path) == load_lesson(EXAMPLE, tmp_path)
    with pytest.raises(BadExperiment) as refused:
        load_lesson(str(tmp_path / "none.json"), tmp_path)
    assert refused.value.code == "unknown_lesson"


def test_a_seed_changes_the_seeds_and_nothing_else():
    experiment = shipped_lessons()[EXAMPLE].experiment(0)
    seeds = dict.fromkeys(type(experiment.seeds).model_fields, 2)
    other = with_seed(experiment, 2)
    assert dict(other.seeds) == seeds
    assert other.model_copy(update={"seeds": experiment.seeds}) == experiment


def test_the_included_lessons_are_complete():
    lessons = shipped_lessons()
    assert len(lessons) >= 8 and len({lesson.title for lesson in lessons.values()}) == len(lessons)
    for lesson in lessons.values():
        for step in lesson.steps:
            assert "{" in step.explanation or step.claims
            if isinstance(step.question, ChoiceQuestion):
                texts = [option.text for option in step.question.options]
                assert len(set(texts)) == len(texts)


# Those that train for a few seconds are checked by `python -m core lessons --check --seeds 3`.
QUICK = ("first-loss", "zero-weights", "momentum")


@pytest.mark.parametrize("name", QUICK)
def test_the_claims_of_a_lesson_hold(name):
    done = list(rehearse(shipped_lessons()[name], NO_HOME))
    assert [step.failed for step in done] == [()] * len(shipped_lessons()[name].steps)
    assert not any("{" in step.explanation or "–" in step.explanation for step in done)
