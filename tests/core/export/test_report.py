"""The report of one or several runs: one page without scripts and without a network, whose text is
that of the run and whose names cannot become markup.
"""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.__main__ import main
from core.analysis import results
from core.analysis.catalogue import Baselines
from core.base.control import GO, STOP
from core.base.encoding import encode
from core.base.errors import BadInput
from core.data.ready.curves import Sine
from core.experiment import Experiment, shipped
from core.export import exports
from core.export.report.report_format import ReportFormat
from core.export.tracker_files import TensorBoardFormat
from core.network.presets import SoftmaxRegression
from core.runs import notes
from core.runs.store import Store
from core.studies import trainer
from tests.conftest import ended
from tests.core.export.conftest import TINY, made_up, script, write

EVIL = "<script>alert(1)</script>&\"'"


class Page(HTMLParser):
    """The text, the tags and the addresses of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.words, self.tags, self.addresses = [], [], []
        self.feed(text)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "data", "xlink:href")]

    def handle_data(self, data):
        self.words.append(data)


def report(store: Store, *runs: str) -> Page:
    path = store.home / "report.html"
    exports.export(store, runs[0], ReportFormat(others=runs[1:]), path)
    text = path.read_text()
    page = Page(text)
    assert "script" not in page.tags and len(text) < 2_000_000
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    return page


def trained(store: Store, experiment: Experiment, **how) -> str:
    run = store.create(encode(experiment))
    trainer.execute(store, run, **how)
    return run


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Store:
    return Store(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def digits(lab) -> str:
    return trained(lab, TINY.model_copy(update={"name": EVIL, "epochs": 4}))


@pytest.fixture(scope="module")
def values(lab) -> str:
    wanted = {"data": Sine(), "network": SoftmaxRegression().layers((1,)), "epochs": 2}
    return trained(lab, Experiment.model_validate(wanted | {"loss": {"kind": "mse"}}))


def test_it_shows_the_numbers_of_the_run_and_what_was_computed_for_it(lab, digits):
    notes.write(lab, digits, notes.Notes(note=f"My note {EVIL}", human_error=0.01))
    page = report(lab, digits)
    confusion = next(lab.path(digits, "analysis").glob("confusion-*.json"))
    assert confusion.exists() and results.stored(lab, digits, Baselines())
    assert page.text.count(EVIL) >= 3  # the title, the heading and the note
    assert "Finished all 4 epochs" in page.text and "k nearest neighbors" in page.text
    assert len([a for a in page.addresses if a]) == 12 and page.tags.count("svg") == 3
    assert "Bias" in page.text or "bias" in page.text


def test_values_have_residuals_and_their_worst_predictions(lab, values):
    page = report(lab, values)
    assert "R²" in page.text and "Residual" in page.text and page.tags.count("svg") == 4
    assert not page.addresses


def test_a_comparison_has_each_run_and_only_what_differs(lab, digits, values):
    other = trained(lab, TINY.model_copy(update={"epochs": 2, "batch_size": 64}))
    page = report(lab, digits, other)
    compared = page.text.partition("Settings that differ")[2].partition("Scores")[0]
    assert "Batch size 32 64" in compared and "Normalization" not in compared
    assert page.tags.count("article") == 2 and page.tags.count("svg") == 7
    mixed = report(lab, digits, values)  # classes and values have no common scale
    assert mixed.tags.count("article") == 2


@pytest.mark.parametrize("reason", ["stopped", "diverged", "failed"])
def test_a_run_that_did_not_finish_has_a_report_with_the_reason(store, reason):
    if reason == "stopped":
        run = trained(store, TINY, poll_control=lambda t: STOP if t.step >= 50 else GO)
    else:
        run = store.create(encode(TINY))
        end = replace(ended(reason, f"Because of {EVIL}."), train=None, validation=None, test=None)
        write(store, run, [*script(), end])
    page = report(store, run)
    assert ("Because of" in page.text) == (reason != "stopped")


def test_a_run_that_failed_before_its_first_step_has_a_report(store):
    run = store.create(encode(TINY))
    write(store, run, [replace(ended("failed", "No memory."), step=0, train=None, validation=None,
                               test=None)])  # fmt: skip
    assert "No memory." in report(store, run).text


def test_a_run_without_weights_is_reported_without_what_is_computed_from_them(store):
    run = made_up(store)
    _, result = exports.export(store, run, ReportFormat(), store.home / "a.html")
    assert result == {"runs": 1, "without_weights": 1}
    assert ReportFormat().findings(result)[0].code == "report_incomplete"


def test_every_run_must_have_ended(store):
    run = made_up(store)
    waiting = store.create(encode(TINY))
    with pytest.raises(BadInput) as refused:
        exports.export(store, run, ReportFormat(others=(waiting,)), store.home / "a.html")
    assert refused.value.code == "run_not_ended"


def test_the_command_takes_several_runs_for_a_report_only(store, capsys):
    runs = [made_up(store), made_up(store, shipped()["digits"])]
    command = ["export", *runs, "--home", str(store.home), "--file", str(store.home / "x.html")]
    assert main([*command, "--to", "report"]) == 0
    assert "Comparison of 2 runs" in (store.home / "x.html").read_text()
    assert main([*command, "--to", TensorBoardFormat().kind, "--json"]) == 2
    assert '"too_many_runs"' in capsys.readouterr().out
