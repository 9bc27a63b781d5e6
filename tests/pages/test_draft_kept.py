"""The draft in a real browser: a reload, another page and the back button take nothing from it, and
two windows keep apart. That it outlives the server is shown in test_restart.py.
"""

from urllib.parse import parse_qs, urlsplit

import pytest

from core.base.encoding import decode, to_link
from core.base.numbers import whole
from core.experiment import Experiment
from core.optim.optimizers import SGD

LONG = Experiment(name="A long line", optimizer=SGD(momentum=0.9), epochs=150)
KEYS = ("Undo", "bar_start")
pytestmark = pytest.mark.browser


def epochs(page):
    return page.get_by_role("spinbutton", name="Epochs", exact=True)


def set_epochs(page, value):
    epochs(page).fill(value)
    epochs(page).press("Enter")
    page.get_by_text(f"{whole(int(value))} epochs").first.wait_for()  # the bar tells the draft
    page.wait_for_url("**?d=*")


def turn(page, name):
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    page.wait_for_url(f"**/{name.lower()}?d=*")


def stored_draft(server, address: str) -> Experiment:
    """The draft that this address of a page names, as it is on disk."""
    (draft_id,) = parse_qs(urlsplit(address).query)["d"]
    return decode(Experiment, (server.home / "drafts" / f"{draft_id}.json").read_text())


def buttons_share_a_row(page):
    """Undo, Redo and Start are beside the line about the draft, however long that is."""
    text = page.locator("[data-testid=stBottom] [data-testid=stCaptionContainer]").first
    line = text.bounding_box()
    boxes = [page.locator(f".st-key-{key} button:visible").first.bounding_box() for key in KEYS]
    undo, start = (box["y"] + box["height"] / 2 for box in boxes)
    assert abs(undo - start) <= 4 and line["y"] < start < line["y"] + line["height"]
    assert line["x"] + line["width"] <= boxes[0]["x"] < boxes[1]["x"]


def test_a_draft_outlives_reload_page_and_back_button_in_two_windows(page, profile, server):
    page.goto(f"{server.url}/train?e={to_link(LONG)}")
    set_epochs(page, "77")
    for width in (1440, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        buttons_share_a_row(page)
    page.reload()
    page.get_by_text("77 epochs").first.wait_for()
    turn(page, "Network")
    turn(page, "Train")
    address = page.url
    while "/network" not in page.url:
        page.go_back()
    page.get_by_text("77 epochs").first.wait_for()

    other = profile.new_page()
    other.set_default_timeout(45_000)
    other.goto(address)
    set_epochs(other, "55")
    page.goto(address)  # the same draft: it went on in the other window
    page.get_by_text("55 epochs").first.wait_for()
    set_epochs(other, "66")
    set_epochs(page, "88")  # from 55: neither may lose what it wrote
    page.wait_for_url(lambda url: url != address)
    other.reload()
    other.get_by_text("66 epochs").first.wait_for()
    address_of_other = other.url
    other.close()
    page.reload()
    page.get_by_text("88 epochs").first.wait_for()
    page.goto(server.url)  # the address names no draft: Start offers the last one
    page.get_by_role("button", name="Open draft").click()
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    page.get_by_text("88 epochs").first.wait_for()
    drafts = [stored_draft(server, each) for each in (address_of_other, page.url)]
    assert drafts == [LONG.model_copy(update={"epochs": epochs}) for epochs in (66, 88)]
