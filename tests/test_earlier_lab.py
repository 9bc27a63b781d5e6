"""What an earlier version of the lab has written keeps opening: runs in every state, studies, a
draft, a link and an archive (tests/data/earlier_lab.zip, made before the packages were moved).
"""

import json
import zipfile

import pytest

from core.analysis.catalogue import Embedding, FirstLayer, OneSample
from core.analysis.replay_certificate import conclude, stamped
from core.analysis.results import result_of
from core.analysis.trained import finish
from core.base.encoding import decode, from_link
from core.data.library import Library
from core.data.upload_bundle import bundle_digest
from core.experiment import Experiment
from core.export.opening import open_archive
from core.figures import distributions
from core.runs import notes
from core.runs.draft_store import Drafts
from core.runs.history import History
from core.runs.state import stored_state
from core.runs.store import Store
from core.runs.verification import verify
from core.studies import sweeps
from core.studies.folder import Studies
from core.studies.records import Record
from core.studies.trainer import execute
from tests.conftest import ROOT

STATES = {
    "finished": "done", "uploaded": "done", "regression": "done", "stopped": "stopped",
    "interrupted": "interrupted", "set_aside": "preempted", "not_begun": "not_started",
    "diverged": "diverged",
}  # fmt: skip


@pytest.fixture
def home(tmp_path):
    with zipfile.ZipFile(ROOT / "tests" / "data" / "earlier_lab.zip") as packed:
        packed.extractall(tmp_path)
    return tmp_path


@pytest.fixture
def ids(home):
    return json.loads((home / "ids.json").read_text())


def test_every_run_has_its_state_and_its_experiment(home, ids):
    store = Store(home)
    assert {name: stored_state(store, ids[name]) for name in STATES} == STATES
    for name in STATES:
        assert decode(Experiment, store.experiment(ids[name])).epochs
    assert notes.read(store, ids["uploaded"]) == notes.make_notes("A note.", ("good", "small"))


@pytest.mark.parametrize("name", ["stopped", "interrupted", "set_aside", "not_begun"])
def test_an_unfinished_run_can_be_resumed(home, ids, name):
    ended = execute(Store(home), ids[name])
    assert (ended.reason, ended.epochs) == ("epochs", 3)


@pytest.mark.parametrize("name", ["finished", "uploaded", "regression"])
def test_a_finished_run_is_analyzed_without_what_was_not_recorded(home, ids, name):
    store, history = Store(home), History()
    history.add(store.read(ids[name])[0])
    assert history.probes and not history.distributions
    assert distributions.rows(history, "weight") == []
    for analysis in (FirstLayer(), Embedding(), OneSample()):
        assert result_of(store, ids[name], analysis)


@pytest.mark.parametrize("name", ["finished", "uploaded", "regression", "diverged"])
def test_a_run_without_hashes_is_verified_by_its_losses(home, ids, name):
    """Another processor may round differently; everything is compared all the same."""
    found = finish(verify(Store(home), ids[name]))
    assert found.losses == found.last_step > 0 == found.hashes
    codes = {"replay_identical_losses", "replay_differs"}
    assert conclude(stamped(found)).code in codes


def test_studies_keep_their_points_and_can_be_resumed(home, ids):
    store = Studies(home)

    def count(name):
        return sum(isinstance(event, Record) for event in store.events(ids[name])[0])

    assert (count("study"), count("study_of_runs"), count("study_interrupted")) == (105, 2, 3)
    assert sweeps.execute(home, ids["study_interrupted"], processes=1).reason == "done"
    assert count("study_interrupted") == 105


def test_a_draft_a_link_and_an_archive_open(home, ids, tmp_path_factory):
    assert decode(Experiment, Drafts(home).read(ids["draft"])).name == "a draft"
    assert from_link(Experiment, ids["link"]).name == "a link"
    other = Store(tmp_path_factory.mktemp("other"))
    with (home / "uploaded.zip").open("rb") as file:
        opened = open_archive(other, file, "uploaded.zip")
    assert (opened.name, opened.warning) == ("uploaded", None)
    assert stored_state(other, opened.run) == "done"


def test_an_upload_of_an_earlier_version_is_not_stored_twice(home):
    """New fields of Reading change no digest where nothing is chosen in them."""
    library = Library(home)
    stored = library.list()
    assert stored
    for about in stored:
        assert library.read_again(about.digest, about.reading) == about.digest
        files = bundle_digest(about.upload_hashes, about.reading)
        assert files == about.digest
    assert library.list() == stored
