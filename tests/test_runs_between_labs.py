"""The Runs page in a real browser: two runs are selected, compared, deleted and restored; one is
moved to another lab as an archive.
"""

import json
import re

import pytest

from core.base.encoding import encode
from core.experiment import Experiment
from core.optim.optimizers import SGD
from core.runs.store import EVENTS
from tests.conftest import ended, script, serve, wait_until, write

pytestmark = pytest.mark.browser
BOX, ROW = 16, 33  # px: the middle of a tick box, the height of a row


def tick(page, row: int) -> None:
    """Select a row. The table is a canvas: its boxes have positions, but no names."""
    table = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(table["x"] + BOX, table["y"] + ROW * (row + 1) + BOX)


def open_runs(page, url: str) -> None:
    page.goto(f"{url}/runs")
    page.get_by_test_id("stDataFrame").first.locator("canvas").first.wait_for()


def fold_out(page, name: str) -> None:
    """Open the popover of this name; the toolbar of the table has a Download button too."""
    page.get_by_test_id("stPopoverButton").filter(has_text=re.compile(name)).click()


def test_runs_are_compared_deleted_restored_and_opened_in_another_lab(page, tmp_path, server):
    with serve(tmp_path / "lab") as first:
        experiments = Experiment(name="Plain one"), Experiment(name="Steep", optimizer=SGD())
        for experiment in experiments:
            run = first.store.create(encode(experiment))
            write(first.store, run, [*script(), ended()])
        runs = first.store.ids()
        compare(page, first.url)
        delete_and_undo(page, first, runs)
        archive = take_archive(page, first.url, tmp_path)
    opened = open_there(page, server, archive)
    assert opened in runs
    name = json.loads(server.store.experiment(opened))["name"]
    assert name in {experiment.name for experiment in experiments}
    lines = server.store.content(opened, EVENTS)
    assert lines == first.store.content(opened, EVENTS)


def compare(page, url: str) -> None:
    """Select both runs: one chart, their differences, the comparison."""
    open_runs(page, url)
    page.get_by_text("Select a run to see its curve").wait_for()
    tick(page, 0)
    page.get_by_text("1 run selected").wait_for()
    tick(page, 1)
    page.get_by_text("2 runs selected").wait_for()
    page.get_by_role("heading", name="Validation loss").wait_for()
    page.get_by_role("cell", name="Optimizer").wait_for()
    page.get_by_text("have the same validation error").wait_for()


def delete_and_undo(page, lab, runs: list[str]) -> None:
    """Delete both runs and restore them."""
    main = page.get_by_test_id("stMainBlockContainer")
    main.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("2 runs deleted").wait_for()
    assert lab.store.ids() == [] and lab.store.trash.ids() == runs
    main.get_by_role("button", name="Undo").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    wait_until(lambda: lab.store.ids() == runs, what="the runs are back")


def take_archive(page, url: str, folder):
    """Download the archive of the first run."""
    open_runs(page, url)
    tick(page, 0)
    page.get_by_text("1 run selected").wait_for()
    fold_out(page, "Download")
    with page.expect_download() as download:
        page.get_by_role("button", name="Archive for another lab").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_there(page, lab, archive) -> str:
    """Upload the archive on the Runs page of another lab. Returns the id of the new run."""
    before = set(lab.store.ids())
    page.goto(f"{lab.url}/runs")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    fold_out(page, "More")
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_text("to your runs").wait_for()
    page.get_by_text("1 run selected").wait_for()
    (opened,) = set(lab.store.ids()) - before
    return opened
