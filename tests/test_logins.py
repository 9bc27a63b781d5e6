"""Two logins and a teacher's in real browsers, with a provider of OpenID Connect beside the lab."""

import re
from pathlib import Path

import pytest

from core.access.ownership import NOT_OWNER
from core.base.encoding import to_link
from core.experiment import Experiment
from pages.kit import address
from tests.conftest import WINDOW, serve, wait_until
from tests.openid import provide

STOP = ".st-key-act_Stop button"  # Streamlit has one of this name while a page is drawn
LINK = "/train?e=" + to_link(Experiment(epochs=100_000, device="cpu", name="Endless"))


@pytest.mark.browser
@pytest.mark.usefixtures("quick_processes")
def test_logins_own_their_runs(browser: object, tmp_path: Path) -> None:
    teachers = {"LAB_MODE": "lab", "LAB_TEACHERS": "tess@school.example"}
    with provide() as provider:
        teachers["STREAMLIT_SECRETS_FILES"] = str(provider.secrets(tmp_path))
        with serve(tmp_path / "lab", LAB_WORKER="thread", **teachers) as server:

            def enter(name: str, path: str) -> object:
                page = browser.new_context(**WINDOW).new_page()
                page.set_default_timeout(60_000)
                page.goto(server.url + path)
                again(page, name)
                return page

            def again(page: object, name: str) -> None:
                page.get_by_role("button", name="Log in").click()
                page.get_by_label("Name").fill(name)
                page.get_by_role("button", name="Log me in").click()

            def start(page: object) -> str:
                page.get_by_text(address.LINK_OPEN).wait_for()
                page.get_by_role("button", name="Start Shortcut").click()
                page.wait_for_url(re.compile("run="))
                return re.search(r"run=([0-9a-f-]+)", page.url)[1]

            ann = enter("ann", LINK)  # the login leads back to the link
            anns = start(ann)
            ann.get_by_role("button", name="Pause").click()  # from now on it needs no processor
            ann.get_by_role("button", name="Continue").wait_for()
            ben = enter("ben", f"/watch?run={anns}")
            ben.get_by_text(NOT_OWNER.format(noun="run")).wait_for()
            assert ben.locator(STOP).last.is_disabled()
            ben.context.close()

            tess = enter("tess", f"/watch?run={anns}")
            tess.get_by_test_id("stSidebar").get_by_text("Logged in as Tess").wait_for()
            tess.locator(STOP).last.click()
            ended = wait_until(lambda: (server.store.last(anns) or {}).get("reason"), 60, "the end")
            assert ended == "stopped"

            ann.get_by_test_id("stSidebar").get_by_role("button", name="Log out").click()
            ann.get_by_role("button", name="Log in").wait_for()
            assert "/logout" in provider.asked
            ann.goto(f"{server.url}/watch?run={anns}")
            provider.life = -60.0  # within the leeway of two minutes that Authlib gives
            again(ann, "ann")
            ann.get_by_text("Your login has expired").wait_for()
            provider.life = 600.0
            again(ann, "ann")
            ann.get_by_test_id("stSidebar").get_by_text("Logged in as Ann").wait_for()
            ann.get_by_role("button", name="Resume").wait_for()
            assert ann.get_by_role("button", name="Resume").is_enabled()  # it is still hers
            for page in (ann, tess):
                page.context.close()
