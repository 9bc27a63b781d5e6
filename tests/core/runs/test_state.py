"""The table of run states: labels, icons and allowed actions."""

import pytest

from core.runs.state import RunState


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_a_label_an_icon_and_a_symbol(state: RunState):
    assert state.label and state.icon and state.colour in {"gray", "green", "yellow", "red"}
    assert len(state.symbol) == 1


def test_a_live_run_can_be_stopped_and_only_a_run_at_rest_deleted():
    live = {state for state in RunState if state.is_live}
    assert live == {"queued", "preparing", "running", "paused", "stopping"}
    assert {state for state in live if "stop" not in state.actions} == {"stopping"}
    assert {state for state in RunState if state.is_resumable} == {
        "interrupted", "preempted", "not_started", "stopped", "failed",
    }  # fmt: skip


def test_labels_are_distinct():
    assert len({state.label for state in RunState}) == len(RunState)


@pytest.mark.parametrize(
    ("reason", "state"),
    [("epochs", "done"), ("early", "done"), ("stopped", "stopped"), ("diverged", "diverged"),
     ("failed", "failed")],
)  # fmt: skip
def test_a_stopping_rule_ends_a_run_as_finished(reason: str, state: str):
    assert RunState.of_end(reason) == state
