"""A residual block built by hand in a real browser, a misfit inside it fixed, and the first epoch
of its training.
"""

import pytest

from core.base.encoding import decode, to_link
from core.experiment import Experiment
from core.network.layers import Conv2d, GlobalPool, Output, ReLU, Residual
from tests.conftest import wait_for_rest, wait_until

pytestmark = pytest.mark.browser
PLAIN = (Conv2d(maps=6, padding=1), Conv2d(maps=6, padding=1), GlobalPool(), Output())


def press(page, key: str) -> None:
    """The button with this key; a narrow screen has a second one that is hidden."""
    page.locator(f".st-key-{key} button:visible").first.click()


def test_a_residual_block_built_by_hand_is_fixed_and_trained(page, server):
    page.goto(f"{server.url}/network?e={to_link(Experiment(network=PLAIN, epochs=3))}")
    page.get_by_text("Layer", exact=True).first.wait_for(state="attached")
    press(page, "open-1")
    page.get_by_text("Slides small filters").wait_for()
    press(page, "alt_route-2")  # into a residual block
    page.get_by_text("Adds its input").wait_for()
    add(page, "add-linear-1-0")
    wrong = page.get_by_text("Layer 2.2 (linear1): Linear needs a flat input")
    wrong.first.wait_for()
    page.get_by_role("button", name="Start Shortcut", disabled=True).wait_for()
    press(page, "fix_misfit")
    wrong.first.wait_for(state="detached")
    add(page, "add-relu-1-0")
    page.get_by_text("2.2", exact=True).wait_for()
    page.get_by_text("residual1 · 1 weight layer").wait_for()
    page.get_by_role("button", name="Start Shortcut").click()
    page.wait_for_url("**/watch?*run=*")
    run = page.url.rpartition("run=")[2].partition("&")[0]
    plot = ".st-key-chart_loss .lab-plot"
    page.wait_for_function("plot => document.querySelector(plot)?.dataset.rows > 0", arg=plot)
    wait_until(lambda: any('"Epoch"' in line for line in server.store.read(run)[0]))
    trained = decode(Experiment, server.store.experiment(run)).network
    assert trained == (PLAIN[0], Residual(layers=(PLAIN[1], ReLU())), *PLAIN[2:])


def add(page, key: str) -> None:
    """Open the menu of the block, the first on the page, add a layer and close the menu, which
    stays open for the next layer.
    """
    wait_for_rest(page)  # a menu closes when the page is drawn anew
    page.get_by_role("button", name="Add a layer").first.click()
    press(page, key)
    page.keyboard.press("Escape")
