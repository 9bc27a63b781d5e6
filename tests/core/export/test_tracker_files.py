"""A finished run is exported for TensorBoard and MLflow: what a live tracker would have written."""

import json
import zipfile

import pytest

from core.__main__ import main
from core.export import exports
from core.export.tracker_files import TrackerFormat
from core.runs.history import History
from core.runs.tracking.live import TRACKERS
from core.runs.tracking.scalars import events_of
from tests.core.export.conftest import made_up
from tests.core.runs.test_tracking import READ, check, file_store  # noqa: F401


@pytest.mark.parametrize("kind", TRACKERS)
def test_the_command_writes_a_folder_that_the_tool_reads(kind, store, tmp_path, capsys):
    run = made_up(store)
    target = tmp_path / "out" / "files"
    command = ["export", run, "--home", str(store.home), "--to", kind, "--file", str(target)]
    assert main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    events = events_of(History.of(store.read(run)[0]))
    found = READ[kind](target)
    check(found, events)
    assert report["result"]["series"] == len(found)
    assert report["result"]["values"] == sum(map(len, found.values()))
    assert report["findings"][0]["code"] == "tracker_written"


def test_a_download_is_one_file_of_all_its_files(store):
    run = made_up(store)
    for member in TrackerFormat.__subclasses__():
        list(exports.prepare(store, run, member()))
        with zipfile.ZipFile(exports.prepared(store, run, member()).path) as packed:
            assert len(packed.namelist()) > 1
