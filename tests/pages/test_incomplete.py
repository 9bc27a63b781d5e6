"""Why a job is incomplete: every state that can be resumed is explained, for both kinds."""

import pytest

from core.jobs.kinds import SEARCH, STUDY
from core.runs.state import RunState
from pages.kit.incomplete import PARTS, explain


@pytest.mark.parametrize("kind", [STUDY, SEARCH])
def test_exactly_the_states_that_can_be_resumed_are_explained(kind: str) -> None:
    for state in RunState:
        for progress in ("", "2 of 9 parts"):
            explanation = explain(kind, state, progress, "The disk is full.")
            assert bool(explanation) == state.is_resumable
            if not explanation or state in (RunState.FAILED, RunState.NOT_STARTED):
                continue
            assert progress in explanation[1]
            assert (PARTS[kind].saved in explanation[1]) == bool(progress)
    assert explain(kind, RunState.FAILED, "", "The disk is full.")[1] == "The disk is full."
