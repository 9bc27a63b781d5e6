"""Bias and variance as an analysis: the scores are those of the run, and the entered human error
counts.
"""

import pytest

from core.advice.bias_variance import judge
from core.analysis.trained import TrainedRun
from core.analysis.verdict.bias_variance import BiasVariance
from core.runs import notes
from core.runs.history import History
from core.runs.measured import Measured, measure_parts
from core.runs.notes import Notes
from tests.core.analysis.verdict.test_baselines import finish, values_run

__all__ = ["values_run"]


def test_the_errors_are_those_of_the_result_sentence(digits_run: TrainedRun, values_run) -> None:
    for run in (digits_run, values_run):
        history = History()
        history.add(run.store.read(run.run)[0])
        expected = measure_parts(history)
        found = finish(BiasVariance().answer(run))["parts"]
        assert found.keys() == expected.keys()
        for part, fields in found.items():
            measured = Measured(**fields)
            assert measured.interval == pytest.approx(expected[part].interval, rel=0.05)
            assert measured.error == pytest.approx(expected[part].error, rel=1e-5)


def test_an_entered_human_error_counts_unless_another_one_is_given(digits_run: TrainedRun) -> None:
    store, run = digits_run.store, digits_run.run
    assert BiasVariance().for_run(digits_run).human is None
    notes.write(store, run, Notes(human_error=0.25))
    try:
        entered = BiasVariance().for_run(digits_run)
        assert BiasVariance(human=0.1).for_run(digits_run).human == 0.1
    finally:
        notes.write(store, run, Notes())
    result = finish(entered.answer(digits_run))
    measured = {part: Measured(**fields) for part, fields in result["parts"].items()}
    assert result["human"] == 0.25
    assert judge(measured, 0.25).code == "below_human_error"
    assert "human error" in " ".join(entered.lines(result))
