"""Two people and a teacher in real browsers, in class mode with processes of their own."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from core.access.ownership import NOT_OWNER
from core.base.encoding import to_link
from core.experiment import Experiment
from pages.kit import address, hosts
from tests.conftest import WINDOW, Server, serve, wait_until

PIN = "480215"
STOP = ".st-key-act_Stop button"  # Streamlit has one of this name while a page is drawn


@pytest.mark.browser
@pytest.mark.usefixtures("quick_processes")
def test_two_people_and_a_teacher(browser: object, tmp_path: Path) -> None:
    link = "/train?e=" + to_link(Experiment(epochs=100_000, device="cpu", name="Endless"))
    network = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "http_proxy": "http://127.0.0.1:9"}
    with serve(tmp_path / "lab", LAB_MODE="class", LAB_PIN=PIN, **network) as server:
        names_of_the_machine(server)
        ann, ben, teacher = (browser.new_context(**WINDOW).new_page() for _ in range(3))
        for page in (ann, ben, teacher):
            page.set_default_timeout(60_000)

        def start(page: object) -> str:
            page.goto(server.url + link)
            page.get_by_text(address.LINK_OPEN).wait_for()
            page.get_by_role("button", name="Start Shortcut").click()
            page.wait_for_url(re.compile("run="))
            return re.search(r"run=([0-9a-f-]+)", page.url)[1]

        anns = start(ann)
        ann.get_by_role("button", name="Pause").click()  # from now on it needs no processor
        ann.get_by_role("button", name="Continue").wait_for()
        bens = start(ben)
        ben.get_by_test_id("stProgress").get_by_text("1 run ahead in the queue").wait_for()

        bens_draft, anns_draft = (parse_qs(urlsplit(each.url).query)["d"] for each in (ben, ann))
        ben.goto(ann.url)  # as Ann passes it on: hers to watch, and his draft stays his
        ben.get_by_text(NOT_OWNER.format(noun="run")).wait_for()
        ben.wait_for_url(lambda url: parse_qs(urlsplit(url).query)["d"] == bens_draft)
        assert bens_draft != anns_draft
        assert ben.locator(STOP).last.is_disabled()
        assert ben.get_by_role("button", name="Continue").is_disabled()

        ann.reload()  # the browser is known again
        ann.get_by_role("button", name="Continue").wait_for()
        assert ann.get_by_role("button", name="Continue").is_enabled()

        teacher.goto(f"{server.url}/watch?run={anns}")
        teacher.get_by_text(NOT_OWNER.format(noun="run")).wait_for()
        teacher.get_by_test_id("stSidebar").get_by_role("button", name="Teacher").click()
        for pin, answer in (("111111", "Incorrect PIN"), (PIN, "End teacher session")):
            teacher.get_by_label("PIN", exact=True).fill(pin)
            teacher.get_by_role("button", name="Start teacher session", exact=True).click()
            teacher.get_by_text(answer).wait_for()
        shown = teacher.get_by_test_id("stSidebar").get_by_test_id("stCode").inner_text()
        assert re.fullmatch(r"http://[\w.-]+:\d+", shown.strip())  # to be projected
        teacher.reload()  # the session belongs to the browser
        teacher.get_by_text("End teacher session").wait_for()
        teacher.locator(STOP).last.click()

        ended = wait_until(lambda: (server.store.last(anns) or {}).get("reason"), 60, "Ann's end")
        assert ended == "stopped"
        wait_until(lambda: server.store.is_owned(bens), 60, "Ben's beginning")
        teacher.get_by_text("End teacher session").click()
        teacher.get_by_text("You can change the runs that you started").wait_for()
        teacher.reload()
        teacher.get_by_text("You can change the runs that you started").wait_for()
        for page in (ann, ben, teacher):
            page.context.close()


def names_of_the_machine(server: Server) -> None:
    """A class reaches it under each of its own, and is told which; nobody else was asked for it."""
    names = hosts.own_names()
    for name in ["localhost", *names]:
        assert server.get("/_stcore/health", Host=name)[0] == 200
    assert server.get("/_stcore/health", Host="evil.example")[0] == 400
    said = server.log.read_text()
    assert f"On other computers, open http://{names[0]}:" in said and "xternal" not in said
    assert "No teacher PIN is set" not in said
