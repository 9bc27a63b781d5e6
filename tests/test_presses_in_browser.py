"""Presses that follow each other quickly: none is lost, however busy the machine is."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from core.base.encoding import decode, to_link
from core.data.augmentations import Augmentation
from core.experiment import Experiment
from core.network.layers import Flatten, Linear, Output
from core.optim.regularizers import Regularizer
from core.optim.stopping import StoppingRule
from tests.conftest import Server, open_row, wait_until

SWITCHES = {"regularizers": Regularizer, "stopping": StoppingRule, "augmentations": Augmentation}
pytestmark = pytest.mark.browser
ROUNDS = int(os.environ.get("LAB_ROUNDS") or 3)  # the long form: LAB_ROUNDS=20
PLAIN = Experiment(
    network=(Flatten(), Linear(units=8), Output()), epochs=2, stopping=(), regularizers=()
)


@pytest.fixture
def busy_core() -> Iterator[None]:
    """A process that computes as long as the test runs, on a core that would have nothing to do:
    beside other test processes, those keep the machine busy.
    """
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        psutil.Process(busy.pid).nice(10)
        yield
        busy.kill()


def stored_draft(server: Server, page: object) -> Experiment:
    """The draft that the address of the page names, as it is on disk."""
    draft_id = page.url.rpartition("d=")[2].partition("&")[0]
    with contextlib.suppress(OSError, ValueError):
        return decode(Experiment, (server.home / "drafts" / f"{draft_id}.json").read_text())
    return Experiment()


def open_page(page: object, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()


def press_switches(page: object, field: str) -> int:
    """Press every switch of a family as soon as it is visible; how many there were."""
    switches = page.locator(f'[class*="st-key-{field}"]')
    for cls in SWITCHES[field].members.values():
        switches.get_by_text(cls.label, exact=True).first.click()
    return len(SWITCHES[field].members)


def test_forty_quick_presses_all_count(page: object, server: Server, busy_core: None) -> None:
    page.emulate_media(reduced_motion="no-preference")  # buttons move as they do for most people
    page.goto(f"{server.url}/network?e={to_link(PLAIN)}")
    presses = 0
    page.locator(".st-key-open-1 button:visible").first.click()
    page.locator(".st-key-content_copy-2 button:visible").first.click()
    page.locator(".st-key-arrow_downward-3 button:visible").first.click()
    page.locator(".st-key-open-0 button:visible").first.click()
    page.locator(".st-key-Undo button:visible").first.click()
    page.locator(".st-key-Redo button:visible").first.click()
    page.get_by_role("button", name="Add a layer").first.click()
    for kind in ("linear", "swish", "gelu", "tanh", "dropout"):
        page.locator(f".st-key-add-{kind} button:visible").first.press("Enter")  # no tooltip
    presses += 12

    open_page(page, "Train")
    for name in ("Full batch", "Single sample (SGD)", "Mini-batch"):
        page.get_by_role("radio", name=name).first.click()
    for row, field in (("Regularization", "regularizers"), ("Stopping-rules", "stopping")):
        open_row(page, row)
        presses += press_switches(page, field)
    presses += 5

    open_page(page, "Data")
    for name in ("Augment", "Label noise", "Augment"):
        page.get_by_role("radio", name=name).first.click()
    presses += 3 + press_switches(page, "augmentations")
    assert presses >= 40

    def lost() -> list[str]:
        draft = stored_draft(server, page)
        kinds = [layer.kind for layer in draft.network]
        wanted = {"linear": 3, "swish": 1, "gelu": 1, "tanh": 1, "dropout": 1}
        found = [kind for kind, count in wanted.items() if kinds.count(kind) != count]
        for field, family in SWITCHES.items():
            present = {value.kind for value in getattr(draft, field)}
            found += sorted(set(family.members) - present)
        return found + ([] if draft.batch_size == 32 else [f"batch of {draft.batch_size}"])

    with contextlib.suppress(AssertionError):
        wait_until(lambda: not lost(), 20)
    assert lost() == [], json.dumps([layer.kind for layer in stored_draft(server, page).network])


COUNT_COMMANDS = """
window.most = 0;
(function count() {
    window.most = Math.max(window.most, document.querySelectorAll('[class*="st-key-act_"]').length);
    requestAnimationFrame(count);
})();
"""


def test_a_number_is_used_when_start_follows_immediately_and_quick_commands_all_arrive(
    page: object, server: Server, busy_core: None
) -> None:
    """How a value gets lost, and that it does not: tests/pages/test_presses.py, without a browser
    and without chance.
    """
    page.emulate_media(reduced_motion="no-preference")
    page.goto(f"{server.url}/train?e={to_link(PLAIN)}")
    for epochs in (*range(3, 2 + ROUNDS), 100_000):  # the last run does not end by itself
        page.get_by_role("spinbutton", name="Epochs", exact=True).fill(str(epochs))
        page.locator(".st-key-bar_start button").click()
        page.wait_for_url("**/watch?*run=*")
        run = page.url.rpartition("run=")[2].partition("&")[0]
        assert decode(Experiment, server.store.experiment(run)).epochs == epochs
        if epochs < 100_000:
            page.get_by_test_id("stSidebarNav").get_by_role("link", name="Train").click()
    pause_and_continue(page, server, run)


def pause_and_continue(page: object, server: Server, run: str) -> None:
    """Press both in quick turns. The row of commands does not move while the page is drawn again: a
    press that begins on a button would end beside it.
    """
    page.locator(".st-key-act_Stop button").wait_for()
    page.evaluate(COUNT_COMMANDS)
    command = page.locator(".st-key-act_pause button")
    for _ in range(ROUNDS):
        for label in ("Pause", "Continue"):
            command.filter(has_text=label).click()
    size = server.store.size(run)
    wait_until(lambda: server.store.size(run) > size, what="an event after the last Continue")
    assert page.evaluate("window.most") == 3  # Pause or Continue, Step, Stop: at all times
    page.locator(".st-key-act_Stop button").click()
    command.wait_for(state="detached")
