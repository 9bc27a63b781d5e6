"""One choice of every family through the form in a real browser, and an epoch of its training."""

import pytest

from core.base.encoding import decode, to_link
from core.experiment import Experiment
from core.losses import Hinge
from core.network.activations import Swish
from core.network.initializers import Orthogonal
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import Nesterov
from core.optim.regularizers import ClipNorm
from core.optim.schedules import Exponential
from core.optim.stopping import GradientNorm
from tests.conftest import DESKTOP, open_row, wait_for_rest, wait_until

pytestmark = pytest.mark.browser
PLAIN = Experiment(network=(Flatten(), Linear(units=8), Output()), epochs=2)


def pick(page, field: str, name: str) -> None:
    """Choose an entry in the menu of a field of the draft, as a person does: scroll to the menu,
    open it by a click, type. (Streamlit closes an open menu when the page scrolls, so one that is
    focused without a click, and scrolled to by that, closes again.)
    """
    menu = page.locator(f'[class*="st-key-{field}-"]').get_by_role("combobox").first
    menu.click()
    menu.fill(name)
    page.get_by_role("option", name=name, exact=True).wait_for()
    menu.press("Enter")


def open_page(page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()


def switch_on(page, row: str, label: str, summary: str) -> None:
    """Switch on a choice in a folded row, whose title then shows its summary."""
    open_row(page, row)
    page.get_by_text(label, exact=True).first.click()
    page.locator(f".st-key-fold-{row} summary").get_by_text(summary).wait_for()


def assert_one_row_in_a_narrow_window(page, *keys: str) -> None:
    page.set_viewport_size({"width": 1000, "height": 900})
    boxes = [page.locator(f".st-key-{key} button:visible").first.bounding_box() for key in keys]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 2, boxes
    page.set_viewport_size(DESKTOP)


def test_a_choice_of_every_family_is_picked_and_trained(page, server):
    page.goto(f"{server.url}/network?e={to_link(PLAIN)}")
    page.locator(".st-key-open-1 button:visible").first.wait_for()
    page.locator(".st-key-open-1 button:visible").first.click()
    wait_for_rest(page)  # a menu closes when the page is drawn anew
    page.get_by_role("button", name="Add a layer").first.click()
    page.locator(".st-key-add-swish button:visible").first.click()
    page.locator(".st-key-open-3 button:visible").first.wait_for()  # a fourth layer
    page.get_by_role("radio", name="Initialization").or_(
        page.get_by_role("button", name="Initialization")
    ).first.click()
    pick(page, "initializer", Orthogonal.label)
    page.get_by_text(Orthogonal.doc()[:40]).first.wait_for()
    open_page(page, "Train")
    assert_one_row_in_a_narrow_window(page, "Undo", "bar_start")
    pick(page, "optimizer", Nesterov.label)
    page.get_by_text("nesterov=True").first.wait_for()
    pick(page, "schedule", Exponential.label)
    page.get_by_text("Decay factor γ").first.wait_for()
    pick(page, "loss", Hinge.label)
    page.get_by_text("Label smoothing").wait_for(state="detached")
    switch_on(page, "Regularization", ClipNorm.label, ClipNorm().summary)
    switch_on(page, "Stopping-rules", GradientNorm.label, GradientNorm().summary)
    page.get_by_role("button", name="Start Shortcut").click()
    page.wait_for_url("**/watch?*run=*")
    run = page.url.rpartition("run=")[2].partition("&")[0]
    wait_until(lambda: (server.store.last(run) or {}).get("event") == "Ended", what="the end")
    assert server.store.last(run)["reason"] == "epochs"
    trained = decode(Experiment, server.store.experiment(run))
    assert {type(layer) for layer in trained.network} == {Flatten, Linear, Swish, Output}
    assert (trained.initializer, trained.loss) == (Orthogonal(), Hinge())
    assert (trained.optimizer, trained.schedule) == (Nesterov(), Exponential())
    assert (trained.regularizers, trained.stopping) == ((ClipNorm(),), (GradientNorm(),))
    page.get_by_text("Finished all 2 epochs").or_(page.get_by_text("2 epochs")).first.wait_for()
