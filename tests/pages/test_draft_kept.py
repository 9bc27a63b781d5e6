"""The draft in a real browser: a reload, another page, the back button and the end of the server
take nothing from it, and two windows keep apart.
"""

import signal

import pytest

from tests.conftest import serve

pytestmark = pytest.mark.browser


def epochs(page):
    return page.get_by_role("spinbutton", name="Epochs", exact=True)


def set_epochs(page, value):
    epochs(page).fill(value)
    epochs(page).press("Enter")
    page.get_by_text(f"{value} epochs").first.wait_for()  # the bar tells the draft
    page.wait_for_url("**?d=*")


def turn(page, name):
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    page.wait_for_url(f"**/{name.lower()}?d=*")


def test_a_draft_outlives_reload_page_back_button_and_server(browser, tmp_path):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(45_000)
    with serve(tmp_path) as server:
        page.goto(f"{server.url}/train")
        set_epochs(page, "77")
        page.reload()
        page.get_by_text("77 epochs").first.wait_for()
        turn(page, "Network")
        page.reload()
        page.get_by_text("77 epochs").first.wait_for()
        turn(page, "Train")
        address = page.url
        while "/network" not in page.url:
            page.go_back()
        page.get_by_text("77 epochs").first.wait_for()

        other = browser.new_page()
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
        last = page.url
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(10)
        other.close()
    with serve(tmp_path) as server:
        page.goto(server.url + "/train?" + last.partition("?")[2])
        page.get_by_text("88 epochs").first.wait_for()
    page.close()
