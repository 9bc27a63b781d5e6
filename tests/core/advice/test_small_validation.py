"""A validation set of a handful of samples is named, with a way out that gives enough of them."""

import pytest

from core.advice.plan import plan
from core.advice.result_sentence import result_sentence
from core.advice.run_findings import list_findings
from core.advice.small_validation import FEWEST, check_small_validation
from core.advice.suggestions import advice, apply_action
from core.base.events import Ended, Epoch, Started, to_json
from core.data.library import Library
from core.data.split import Split
from core.experiment import Experiment
from core.runs.history import History


def history(validation: int) -> History:
    """A run that improves in every epoch, with this many validation samples."""
    sizes = {"train": 9 * validation, "validation": validation, "test": validation}
    events = [Started(0, 20, 2, 10, 32, 9, ("a",), sizes, {}, "cpu", 1)]
    scores = [{"loss": 1.0 / k, "accuracy": 0.4 + 0.05 * k} for k in range(1, 11)]
    events += [Epoch(k, 2 * k, s, s, True) for k, s in enumerate(scores, 1)]
    parts = dict.fromkeys(("train", "validation", "test"), scores[-1])
    events += [Ended("epochs", "It ended.", 20, 10, best_epoch=10, **parts)]
    run = History()
    run.add(map(to_json, events))
    return run


def test_a_run_with_a_handful_of_validation_samples_is_not_judged_by_them():
    small, large = (list_findings(history(n), Experiment(), classes=2) for n in (2, 40))
    assert small[0].code == "validation_too_small" and small[0].evidence["validation"] == 2
    assert "improving_at_end" not in {finding.code for finding in small}
    assert "improving_at_end" in {finding.code for finding in large}
    assert "validation_too_small" not in {finding.code for finding in large}
    codes = [result_sentence(history(n), Experiment(), classes=2).code for n in (2, 40)]
    assert codes[0] == "validation_too_small" != codes[1]


@pytest.mark.parametrize("rows", [13, 40, 60, 200])
def test_the_way_out_gives_enough_validation_samples(tmp_path, rows):
    path = tmp_path / "table.csv"
    lines = [f"{k % 7},{k % 5},{'ab'[k % 2]}" for k in range(rows)]
    path.write_text("\n".join(["height,width,kind", *lines]))
    digest, _ = Library(tmp_path).add(path)
    experiment = Experiment(data={"kind": "spreadsheets", "digest": digest})

    def suggested(e):
        planned = plan(e, tmp_path)
        found = advice(e, samples=planned.train, validation=planned.validation)
        return planned.validation, [f for f in found if f.code == "validation_too_small"]

    validation, findings = suggested(experiment)
    assert bool(findings) == (validation < FEWEST)
    for finding in findings:
        if finding.action:
            more, left = suggested(apply_action(experiment, finding.action))
            assert more >= FEWEST and not left
        else:
            assert finding.evidence["rows"] * experiment.split.validation >= FEWEST


def test_no_validation_set_is_no_small_one():
    assert check_small_validation(Split(validation=0), validation=0, train=10) is None
