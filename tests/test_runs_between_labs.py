"""The Runs page as a person uses it, in a real browser: two runs are ticked, compared, deleted and
taken back; one goes to another lab as an archive.
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
    """The table is a canvas: its boxes have places, no names."""
    table = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(table["x"] + BOX, table["y"] + ROW * (row + 1) + BOX)


def open_runs(page, url: str) -> None:
    page.goto(f"{url}/runs")
    page.get_by_test_id("stDataFrame").first.locator("canvas").first.wait_for()


def fold_out(page, name: str) -> None:
    """Opens the popover of this name; the table's own toolbar has a Download too."""
    page.get_by_test_id("stPopoverButton").filter(has_text=re.compile(name)).click()


def test_compared_deleted_taken_back_and_opened_in_another_lab(page, tmp_path, server):
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
    """Both ticked: one picture, only what differs, who leads."""
    open_runs(page, url)
    page.get_by_text("Tick a run to see its curve").wait_for()
    tick(page, 0)
    page.get_by_text("1 run ticked").wait_for()
    tick(page, 1)
    page.get_by_text("2 runs ticked").wait_for()
    page.get_by_role("heading", name="Validation loss, overlaid").wait_for()
    page.get_by_role("cell", name="Optimizer").wait_for()
    page.get_by_text("are level at").wait_for()


def delete_and_undo(page, lab, runs: list[str]) -> None:
    """Both are gone at once, and back at once."""
    main = page.get_by_test_id("stMainBlockContainer")
    main.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("2 runs deleted").wait_for()
    assert lab.store.ids() == [] and lab.store.trash.ids() == runs
    main.get_by_role("button", name="Undo").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    wait_until(lambda: lab.store.ids() == runs, what="the runs are back")


def take_archive(page, url: str, folder):
    """The archive of the first run, as the browser downloads it."""
    open_runs(page, url)
    tick(page, 0)
    page.get_by_text("1 run ticked").wait_for()
    fold_out(page, "Download")
    with page.expect_download() as download:
        page.get_by_role("button", name="Archive for another lab").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_there(page, lab, archive) -> str:
    """Dropped on the Runs page of another lab, which has it as a run then; its id."""
    before = set(lab.store.ids())
    page.goto(f"{lab.url}/runs")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    fold_out(page, "More")
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_text("is a run of this lab now").wait_for()
    page.get_by_text("1 run ticked").wait_for()
    (opened,) = set(lab.store.ids()) - before
    return opened
