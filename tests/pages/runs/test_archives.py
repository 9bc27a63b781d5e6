"""Files that are opened on the Runs page: an experiment or a study becomes the draft; anything else
is refused with its name, and nothing is lost.
"""

import json

import pytest

from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment
from core.experiment import Experiment
from core.experiment import shipped as experiments
from core.optim.optimizers import SGD
from core.studies.study import Study
from core.studies.study import shipped as studies
from pages.parts.runs import archives
from tests.pages.runs.runs_page import OTHER
from tests.pages.shown import draft, texts, visit, well

EXPERIMENT = Experiment(name="Exported", optimizer=SGD(learning_rate=0.3), epochs=7)
REFUSED = {
    "study.json": json.dumps({"base": {}, "method": {"kind": "none"}}).encode(),
    "list.json": b"[1, 2]",
    "text.json": b"{nope",
    "bytes.json": bytes(range(256)),
    "empty.json": b" ",
    "field.json": json.dumps({"epochs": 3, "learning": 1}).encode(),
    "value.json": json.dumps({"epochs": -3}).encode(),
    "page.json": b"<script>alert(1)</script>",
    "run.zip": b"PK nothing",
}


def upload(app, name, content):
    app.file_uploader[0].upload(name, content)
    return well(app.run())


@pytest.mark.parametrize("name", ["experiment.json", "Exported EXPERIMENT.JSON"])
def test_an_exported_experiment_becomes_the_draft_and_can_be_undone(store, name):
    app = upload(visit("runs", OTHER), name, encode(EXPERIMENT).encode())
    assert [title.value for title in app.title] == ["Train"] and draft(app) == EXPERIMENT
    assert any(name in info.value.replace("\\", "") for info in app.info) and not store.ids()
    assert draft(well(app.button(key="Undo").click().run())) == OTHER


def test_a_downloaded_study_becomes_the_draft_study(store):
    study = change(studies()["random-features"], "name", "Mine")
    app = upload(visit("runs", OTHER), "mine.json", encode(study).encode())
    assert decode(Study, app.session_state["kept study"]) == study
    assert [title.value for title in app.title] == ["Double descent"] and draft(app) == OTHER


@pytest.mark.parametrize("value", [*studies().values(), *experiments().values()])
def test_every_experiment_and_study_can_be_opened_again(value):
    assert archives._decode_text(encode(value), "file.json") == value


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_of_another_kind_is_refused_by_name_and_the_draft_stays(store, name):
    app = upload(visit("runs", OTHER), name, REFUSED[name])
    (error,) = app.error
    assert "Traceback" not in error.value and draft(app) == OTHER and not store.ids()
    assert name in error.value.replace("\\", "")
    assert "No runs yet." in texts(app)


def test_a_refusal_keeps_the_code_of_its_cause():
    with pytest.raises(BadExperiment) as refused:
        archives._open_text(REFUSED["list.json"], "list.json")
    assert refused.value.code
