"""The status of a run in one line and five numbers."""

import re
from dataclasses import replace

import pytest

from core.advice.run_status import (
    BEFORE_FIRST_STEP,
    PREPARING,
    counterfactual_stop,
    counterfactual_stops,
    describe_end,
    describe_gradients,
    describe_no_epoch,
    describe_resume,
    explain_missing_noise,
    numbers,
    progress,
)
from core.base.events import Ended, Probe, Saved, Started, to_json
from core.base.numbers import FIXED, THIN, size
from core.optim.marks import Mark
from core.optim.stopping import Patience
from core.runs.history import History
from core.runs.state import RunState
from tests.conftest import ended, script


def history(*events):
    made = History()
    made.add(map(to_json, events))
    return made


def plain(text):
    return text.replace(THIN, " ").replace(FIXED, " ")


@pytest.mark.parametrize("state", ["queued", "interrupted", "not_started", "preempted", "running"])
def test_before_the_first_event_each_state_has_its_text(state):
    expected = PREPARING if state == "running" else BEFORE_FIRST_STEP[state]
    assert progress(history(), state) == (0.0, expected)
    assert len(set(BEFORE_FIRST_STEP.values())) == len(BEFORE_FIRST_STEP)


def test_a_running_run_shows_the_time_left_and_a_paused_one_does_not():
    share, text = progress(history(*script()[:20]), "running")  # 80 steps of 200, at 0.1 s each
    assert share == pytest.approx(0.4)
    assert plain(text) == "Epoch 5 of 10 · step 80 of 200 · **12 s left** · 640 samples/s"
    probe = replace(next(e for e in script() if isinstance(e, Probe)), memory=612e6)
    for device, owner in (("cpu", "process"), ("cuda:0", "GPU")):
        started = replace(script()[0], device=device)
        text = progress(history(started, *script()[1:20], probe), "running")[1]
        assert plain(text).endswith(f" · {owner} memory {plain(size(612e6))}")
    assert plain(progress(history(*script()[:20]), "paused")[1]) == "Epoch 5 of 10 · step 80 of 200"


def test_the_last_step_belongs_to_the_last_epoch():
    share, text = progress(history(*script()), "stopping")
    assert share == 1.0 and text.startswith("Epoch 10 of 10")


def test_the_numbers_are_the_latest_ones_and_then_those_of_the_best_epoch():
    live = {name: value for name, value, _ in numbers(history(*script()[:20]))}
    assert (live["Validation loss"], live["Learning rate"]) == ("0.32", "6e-4")
    final = {name: plain(value) for name, value, _ in numbers(history(*script(), ended()))}
    assert (final["Test error"], final["Training time"]) == ("7.8 %", "20 s")
    assert len(live) == len(final) == 5


def test_a_run_without_events_has_five_placeholders():
    assert [value for _, value, _ in numbers(history())] == ["–"] * 5


def test_large_counts_have_grouped_digits():
    began = Started(0, 40_000, 20, 2_000, 64, 9, (), {}, {}, "cpu", 1)
    assert plain(progress(history(began), "paused")[1]) == "Epoch 1 of 2 000 · step 0 of 40 000"


def test_the_end_in_one_sentence():
    """The wording is the specification's own, so this test asserts it."""
    assert describe_end(Ended("epochs", "", 3000, 150, 125)) == (
        "Finished all 150 epochs. Best validation loss at epoch 125."
    )
    assert describe_end(ended()) == (
        "Ended after epoch 10 by early stopping. Best validation loss at epoch 4."
    )
    removed = "Removed from the queue before it started."
    assert describe_end(Ended("stopped", removed, 0, 0)) == removed
    stopped = describe_end(Ended("stopped", "", 1234, 0))
    assert f"1{THIN}234" in stopped and "manually" in stopped
    assert "the teacher" in describe_end(Ended("stopped", "", 1234, 0, by="the teacher"))


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PREPARING])
def test_a_resumed_run_is_prepared_until_its_first_step(state):
    on = history(*script()[:20], Saved(80), replace(script()[0], step=80))
    assert plain(progress(on, state)[1]) == (
        f"Epoch 5 of 10 · step 80 of 200 · {PREPARING.lower()}"
    )
    on.add([to_json(script()[21])])
    assert ("left" in progress(on, state)[1]) == (state == RunState.RUNNING)


@pytest.mark.parametrize(
    ("more", "steps"),
    [
        ([], ["80"]),  # no checkpoint: it restarts
        ([Saved(80)], ["80"]),
        ([Saved(60)], ["80", "60"]),
        ([Saved(60), replace(script()[0], step=60), script()[16]], ["70", "60"]),
    ],
)
def test_an_interrupted_run_names_its_last_step_and_its_checkpoint(more, steps):
    text = describe_resume(history(*script()[:20], *more))
    assert re.findall(r"\d+", text) == steps and "Resume" in text


def test_without_a_checkpoint_resume_starts_from_the_beginning():
    texts = [describe_resume(history(*script()[:20], *more)) for more in ([], [Saved(80)])]
    assert "No checkpoint" in texts[0] and "No checkpoint" not in texts[1]


def test_the_error_of_regression_has_the_unit_of_the_target():
    scores = {"loss": 0.04, "r2": 0.96}
    begun = replace(script()[0], normalization={"target_std": 500.0})
    end = replace(ended(), train=scores, validation=scores, test=scores)
    made = history(begun, *script()[1:], end)
    shown = {name: plain(value) for name, value, _ in numbers(made)}
    assert (shown["Test RMSE"], shown["Test R²"]) == ("100", "0.96")
    shown = {name: plain(value) for name, value, _ in numbers(made, "accuracy")}
    assert (shown["Validation R²"], shown["Test RMSE"]) == ("0.96", "100")


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        (Patience(patience=2, only_mark=True), ("epoch 6", "0.3")),
        (Patience(patience=1, improvement=0.2, only_mark=True), ("epoch 2", "0.38", "21 %")),
    ],
)
def test_a_rule_that_only_marks_shows_what_stopping_earlier_would_have_cost(rule, values):
    made = History([rule])
    made.add(map(to_json, [*script(), ended("epochs")]))
    (line,) = counterfactual_stops(made)
    assert rule.summary in line and all(value in plain(line) for value in values)
    assert ("%" in line) == (len(values) == 3)  # only a rule that cost something has a price


def test_a_tiny_cost_of_stopping_is_not_called_nothing():
    mark = Mark(Patience(), row=5, epoch=6, step=60, kept=0.3, cost=3e-5)
    assert "less than 0.1 % lower" in plain(counterfactual_stop(mark, history(*script())))


def test_the_rule_that_ended_the_run_has_no_such_line():
    made = History([Patience(patience=5)])
    made.add(map(to_json, [*script(), ended()]))
    assert counterfactual_stops(made) == []


def test_clipping_and_gradient_noise_have_their_numbers():
    clipping, noise, variance = map(plain, describe_gradients(history(*script())))
    assert clipping == "Gradient clipping: 25 % of the steps"
    assert "18 samples" in noise and "0.14" in variance
    assert describe_gradients(history()) == []
    diverged = history(*script(), ended("diverged"))
    assert list(map(plain, describe_gradients(diverged))) == [clipping]


def test_only_of_a_live_run_something_is_missing_yet():
    texts = [explain_missing_noise(history(ended(end))) for end in ("diverged", "stopped")]
    texts.append(describe_no_epoch(live=False))
    assert not any("yet" in text for text in texts) and len(set(texts)) == 3
    assert "yet" in explain_missing_noise(history()) and "yet" in describe_no_epoch(live=True)
