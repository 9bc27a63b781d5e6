"""Results are computed once for the same weights and options, and damage is noticed."""

import shutil
from typing import ClassVar, Literal

import numpy as np
import pytest

from core.analysis import results
from core.analysis.analysis import Answering
from core.analysis.catalogue import Analysis, Confusion
from core.analysis.trained import TrainedRun
from core.base.encoding import decode, encode
from core.base.errors import BadInput
from core.base.seal import SUM
from core.experiment import Experiment


def test_outputs_are_those_that_were_scored(digits_run: TrainedRun) -> None:
    ended = digits_run.store.last(digits_run.run, "reason")
    for name in ("train", "validation", "test"):
        outputs = digits_run.outputs(name)
        assert (outputs.predicted == outputs.targets).mean() == ended[name]["accuracy"]
        rows = digits_run.dataset_rows(name)
        assert np.array_equal(digits_run.data.targets[rows], outputs.targets)
        np.testing.assert_allclose(outputs.probabilities.sum(1), 1)
    assert outputs.hidden.shape == (len(outputs.targets), 64)


def test_a_result_is_kept(digits_run: TrainedRun) -> None:
    from sklearn.metrics import confusion_matrix

    store, run, asked = digits_run.store, digits_run.run, Confusion(part="validation")
    shutil.rmtree(store.path(run, results.FOLDER), ignore_errors=True)  # of earlier tests
    assert results.stored(store, run, asked) is None
    shares = [share for share, _ in results.compute(store, run, asked)]
    assert shares == sorted(shares)
    found = results.stored(store, run, asked)
    outputs = digits_run.outputs("validation")
    assert found["counts"] == confusion_matrix(outputs.targets, outputs.predicted).tolist()
    assert results.stored(store, run, Confusion(part="train")) is None
    assert decode(Analysis, encode(asked)) == asked


def test_a_damaged_result_is_computed_again(digits_run: TrainedRun) -> None:
    store, run, asked = digits_run.store, digits_run.run, Confusion(part="test")
    found = results.result_of(store, run, asked)
    (path,) = store.path(run, results.FOLDER).glob(f"{results.key_of(store, run, asked)}.json")
    path.write_text(path.read_text().replace("[", "[[", 1))
    assert results.stored(store, run, asked) is None
    assert results.result_of(store, run, asked) == found
    assert path.with_name(path.name + SUM).exists()


def test_a_run_without_an_end_or_without_weights_is_refused(digits_run: TrainedRun) -> None:
    store = digits_run.store
    run = store.create(encode(Experiment()))
    with pytest.raises(BadInput) as refused:
        results.result_of(store, run, Confusion())
    assert refused.value.code == "run_not_ended"


@pytest.fixture
def other_weights(monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """An analysis that leaves other weights in the model; it is in the family for one test."""
    monkeypatch.setattr(Analysis, "members", dict(Analysis.members))

    class Other(Analysis):
        """Leaves other weights in the model, and their outputs."""

        kind: Literal["test_other_weights"] = "test_other_weights"
        label: ClassVar[str] = "Other weights"

        def answer(self, trained: TrainedRun) -> Answering:
            yield 0.5, "Changing the weights"
            trained.load({name: 0 * value for name, value in trained.setup.weights().items()})
            trained.outputs("validation")
            return {}

    return Other()


def test_an_analysis_that_changes_the_weights_does_not_change_the_next_answer(
    digits_run: TrainedRun, other_weights: Analysis
) -> None:
    store, run, asked = digits_run.store, digits_run.run, Confusion(part="validation")
    shutil.rmtree(store.path(run, results.FOLDER), ignore_errors=True)
    expected = results.result_of(store, run, asked)
    shutil.rmtree(store.path(run, results.FOLDER))
    trained = TrainedRun(store, run)
    for analysis in (Confusion(part="test"), other_weights, asked):
        results.ask(trained, analysis)
    assert results.stored(store, run, asked) == expected
    shutil.rmtree(store.path(run, results.FOLDER))
    for analysis in (Confusion(part="test"), other_weights, asked, Confusion(part="train")):
        list(results.compute(store, run, analysis))
    assert results.stored(store, run, asked) == expected
