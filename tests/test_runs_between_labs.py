"""The Runs page in a real browser: two runs are selected, compared, deleted and restored; one is
archived, and opened again where it is unknown.
"""

import re
from pathlib import Path

import pytest

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.optim.optimizers import SGD
from core.runs import trash
from core.runs.store import EVENTS
from tests.conftest import ended, script, wait_for_rest, wait_until, write

pytestmark = pytest.mark.browser
BOX, ROW = 16, 33  # px: the middle of a tick box, the height of a row


def tick(page, row: int) -> None:
    """Select a row. The table is a canvas: its boxes have positions, but no names."""
    table = page.get_by_test_id("stDataFrame").first
    table.click(position={"x": BOX, "y": ROW * (row + 1) + BOX})


def open_runs(page, url: str) -> None:
    page.goto(f"{url}/runs")
    page.get_by_placeholder("Search names, tags, settings").fill("zebra")
    page.keyboard.press("Enter")
    page.get_by_test_id("stDataFrame").first.locator("canvas").first.wait_for()


def fold_out(page, name: str) -> None:
    """Open the popover of this name; the toolbar of the table has a Download button too. The page
    must be complete: one that is drawn again closes.
    """
    wait_for_rest(page)
    page.get_by_test_id("stPopoverButton").filter(has_text=re.compile(name)).click()


def test_runs_are_compared_deleted_restored_and_opened_from_an_archive(page, tmp_path, server):
    experiments = (
        Experiment(name="Zebra plain"),
        Experiment(name="Zebra steep", optimizer=SGD()),
    )
    runs = []
    for experiment in experiments:
        runs.append(server.store.create(encode(experiment)))
        write(server.store, runs[-1], [*script(), ended()])
    open_runs(page, server.url)
    compare(page)
    delete_and_undo(page, server, runs)
    archive, run = take_archive(page, server, tmp_path), runs[-1]  # the newest is the first
    assert archive.name == "Zebra steep archive.zip"
    lines = server.store.content(run, EVENTS)
    trash.delete(server.store, run)
    trash.purge(server.store, 0, lambda each: each == run)  # for the run a new lab from now on
    open_archive(page, server, archive, run)
    assert decode(Experiment, server.store.experiment(run)) in experiments
    assert server.store.content(run, EVENTS) == lines


def compare(page) -> None:
    """Select both runs: one chart, their differences, the comparison."""
    page.get_by_text("1 run selected").first.wait_for()  # the newest
    tick(page, 1)
    page.get_by_text("2 runs selected").wait_for()
    wait_until(lambda: actions_are_in_one_row(page), what="all actions in one row at 1440 px")
    page.get_by_role("heading", name="Training and validation loss").wait_for()
    page.get_by_role("cell", name="Optimizer").wait_for()
    page.get_by_text("have the same validation error").wait_for()


def actions_are_in_one_row(page) -> bool:
    tops = "all => all.map(button => button.getBoundingClientRect().y)"
    found = page.locator(".st-key-runs_actions button:visible").evaluate_all(tops)
    return len(found) >= 6 and max(found) - min(found) < 2


def delete_and_undo(page, lab, runs: list[str]) -> None:
    """Delete both runs and restore them."""
    main = page.get_by_test_id("stMainBlockContainer")
    main.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("2 runs deleted").wait_for()
    assert not set(runs) & set(lab.store.ids()) and set(runs) <= set(lab.store.trash.ids())
    main.get_by_role("button", name="Undo").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    wait_until(lambda: set(runs) <= set(lab.store.ids()), what="the runs are back")


def take_archive(page, lab, folder) -> Path:
    """Download the archive of the first run and return its path."""
    open_runs(page, lab.url)
    page.get_by_text("1 run selected").first.wait_for()
    fold_out(page, "Download")
    with page.expect_download() as download:
        page.get_by_role("button", name="Archive for another lab").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_archive(page, lab, archive, run: str) -> None:
    """Upload the archive on the Runs page."""
    page.goto(f"{lab.url}/runs")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    fold_out(page, "More")
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_text("to your runs").wait_for()
    page.get_by_text("1 run selected").first.wait_for()
    assert run in lab.store.ids()
