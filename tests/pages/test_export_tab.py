"""The tab Export of a finished run, without a browser: cards for all formats, a file on a press."""

import pytest

from core.analysis import results
from core.analysis.catalogue import ReplayCertificate
from core.analysis.replay_certificate import describe_environment
from core.base.encoding import encode
from core.experiment import shipped
from core.export import exports
from core.export.catalogue import ExportFormat, ScriptFormat
from core.jobs import runner, tasks
from core.runs.store import Store
from tests.conftest import ended, script, write
from tests.pages.shown import press, texts, visit, well
from tests.pages.test_mistakes import finished


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    return tmp_path


def test_a_diverged_run_has_the_formats_that_need_no_weights(home):
    store = Store(home)
    experiment = shipped()["digits"].model_copy(update={"device": "cpu"})
    run = store.create(encode(experiment))
    write(store, run, [*script(), ended("diverged")])
    app = visit("watch", run=run)
    app.session_state["watch_tab"] = "Export"
    titles = {title.value for title in well(app.run()).subheader}
    for member in ExportFormat.members.values():
        assert (member.label in titles) != member.needs_weights


def test_every_format_has_a_card_and_a_press_prepares_and_proves_the_script(home):
    run, _ = finished(home, "spirals")
    app = visit("watch", run=run)
    app.session_state["watch_tab"] = "Export"
    app = well(app.run())
    titles = {title.value for title in app.subheader}
    assert {member.label for member in ExportFormat.members.values()} < titles
    label = "Run it and compare the losses"
    app = press(app, f"{label} script {run}")
    work = tasks.current(home)
    for task in list(work._tasks):
        assert work.wait(task)["state"] == tasks.TaskState.DONE
    app = well(app.run())
    store = runner.current().store
    ready = exports.prepared(store, run, ScriptFormat(prove=True))
    steps = ready.result["proof"]["steps"]
    assert ready.result["proof"]["equal"] == steps > 0
    assert any(f"{steps} of {steps} losses equal" in text for text in texts(app))
    keys = [button.key for button in app.button]
    assert f"{label} script {run}" not in keys and f"{label} notebook {run}" in keys
    app = press(app, f"begin replay {run}")
    for task in list(work._tasks):
        assert work.wait(task)["state"] == tasks.TaskState.DONE
    app = well(app.run())
    result = results.stored(store, run, ReplayCertificate())
    assert result["identical"] and result["losses"] == steps
    assert any(describe_environment(result["here"]) in text for text in texts(app))
    app = press(app, f"verify again {run}")
    assert results.stored(store, run, ReplayCertificate()) is None
    assert f"begin replay {run}" in [button.key for button in app.button]
