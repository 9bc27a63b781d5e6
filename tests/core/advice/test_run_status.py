"""Where a run stands, in one line and five numbers."""

from dataclasses import replace

import pytest

from core.advice.run_status import earlier, numbers, progress, resumes, sentence, within
from core.base.events import Ended, Saved, Started, to_json
from core.base.numbers import THIN
from core.optim.stopping import Patience
from core.runs.history import History
from tests.conftest import ended, script


def history(*events):
    made = History()
    made.add(map(to_json, events))
    return made


def plain(text):
    return text.replace(THIN, " ")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("queued", "Waits for the run before it"),
        ("running", "Preparing data and network …"),
        ("interrupted", "Ended before its first step"),
        ("unbegun", "It waited for its turn and never began: the lab was ended before."),
    ],
)
def test_before_the_first_event(state, said):
    assert progress(history(), state) == (0.0, said)


def test_a_running_run_says_how_long_it_still_takes_and_a_paused_one_does_not():
    share, text = progress(history(*script()[:20]), "running")  # 80 steps of 200, at 0.1 s each
    assert share == pytest.approx(0.4)
    assert plain(text) == "Epoch 5 of 10 · step 80 of 200 · **12 s left** · 640 samples/s"
    assert plain(progress(history(*script()[:20]), "paused")[1]) == "Epoch 5 of 10 · step 80 of 200"


def test_the_last_step_belongs_to_the_last_epoch():
    share, text = progress(history(*script()), "stopping")
    assert share == 1.0 and text.startswith("Epoch 10 of 10")


def test_the_numbers_are_those_of_now_and_then_those_of_the_best_epoch():
    live = {name: value for name, value, _ in numbers(history(*script()[:20]))}
    assert (live["Validation loss"], live["Learning rate"]) == ("0.32", "6e-4")
    final = {name: plain(value) for name, value, _ in numbers(history(*script(), ended()))}
    assert (final["Test error"], final["Training time"]) == ("7.8 %", "20 s")
    assert len(live) == len(final) == 5


def test_a_run_that_nothing_is_known_of_has_five_places():
    assert [value for _, value, _ in numbers(history())] == ["–"] * 5


def test_large_counts_have_their_thousands_apart():
    began = Started(0, 40_000, 20, 2_000, 64, 9, (), {}, {}, "cpu", 1)
    assert plain(progress(history(began), "paused")[1]) == "Epoch 1 of 2 000 · step 0 of 40 000"


def test_how_it_ended():
    assert sentence(ended()) == "Ended after epoch 10: early stopping. Best: epoch 4."
    out = "Taken out of the queue before it began."
    assert sentence(Ended("stopped", out, 0, 0)) == out
    assert sentence(Ended("stopped", "", 1234, 0)) == f"Ended at step 1{THIN}234: stopped by hand."
    end = Ended("stopped", "", 1234, 0, by="the teacher")
    assert plain(sentence(end)) == "Ended at step 1 234: stopped by the teacher."


@pytest.mark.parametrize("state", ["running", "preparing"])
def test_one_that_goes_on_is_prepared_until_its_first_step(state):
    on = history(*script()[:20], Saved(80), replace(script()[0], step=80))
    assert plain(progress(on, state)[1]) == (
        "Epoch 5 of 10 · step 80 of 200 · preparing data and network …"
    )
    on.add([to_json(script()[21])])
    assert ("left" in progress(on, state)[1]) == (state == "running")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "at step 80: Resume begins anew, for none was saved yet."),
        ([Saved(80)], "at step 80: Resume goes on from there."),
        ([Saved(60)], "at step 80: Resume goes on from step 60, the last one that was saved."),
        (
            [Saved(60), replace(script()[0], step=60), script()[16]],
            "at step 70: Resume goes on from step 60, the last one that was saved.",
        ),
    ],
)
def test_an_interrupted_run_says_from_where_it_would_go_on(more, said):
    assert resumes(history(*script()[:20], *more)) == f"The lab ended {said}"


def test_values_are_missed_by_so_much_in_their_own_unit():
    scores = {"loss": 0.04, "r2": 0.96}
    begun = replace(script()[0], normalization={"target_std": 500.0})
    end = replace(ended(), train=scores, validation=scores, test=scores)
    name, value, told = numbers(history(begun, *script()[1:], end))[0]
    assert (name, plain(value)) == ("Test error", "± 100")
    assert "R² is 0.96" in told


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Patience(patience=2, only_mark=True), "epoch 6 with a validation loss of 0.3; nothing"),
        (
            Patience(patience=1, improvement=0.2, only_mark=True),
            "epoch 2 with a validation loss of 0.38; the best one came later and is 21 % lower",
        ),
    ],
)
def test_the_end_says_what_stopping_earlier_would_have_cost(rule, said):
    made = History([rule])
    made.add(map(to_json, [*script(), ended("epochs")]))
    (line,) = earlier(made)
    assert line.startswith("Early stopping, patience ") and said in plain(line)


def test_the_rule_that_ended_it_cost_nothing():
    made = History([Patience(patience=5)])
    made.add(map(to_json, [*script(), ended()]))
    assert earlier(made) == []


def test_clipping_and_noise_in_words():
    told = [plain(text) for text in within(history(*script()))]
    assert told[0] == "Gradient clipping touched 25 % of the steps"
    assert told[1] == "Gradient noise scale 18 samples"
    assert within(history()) == []
