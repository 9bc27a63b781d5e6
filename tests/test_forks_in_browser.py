"""Forks in a browser: chosen by a click on the curve and by dragging, trained, extended; and a run
whose learning rate is changed while it is paused.
"""

import pytest

from core.base.encoding import decode, encode
from core.data.datasets import Xor
from core.data.split import Split
from core.experiment import Experiment
from core.jobs.kinds import KINDS, RUN
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import SGD
from core.optim.schedules import Constant
from core.runs.history import History
from tests.conftest import Server, wait_for_rest, wait_until

pytestmark = pytest.mark.browser
POINTS = Experiment(
    name="Forked", data=Xor(points=200), network=(Linear(units=4), ReLU(), Output()), epochs=6,
    stopping=(), optimizer=SGD(learning_rate=0.1), regularizers=(),
    split=Split(validation=0.4, test=0.2),
)  # fmt: skip
CURVE = ".st-key-chart_loss .lab-plot"
PLACE = "(plot, epoch) => plot._fullLayout.xaxis.l2p(epoch)"  # px from the left of the plane
KNOB = """input => {
  const knob = input.closest("[data-rac][style*=left]");
  const [{ x, y, width, height }, track] = [knob.getBoundingClientRect(), knob.parentElement];
  return [x + width / 2, y + height / 2, track.getBoundingClientRect().width];
}"""  # the middle of what is dragged, and the width of its track
VALUES = "plot => plot.data?.find(trace => trace.name === 'Validation')?.y ?? []"


def history(server: Server, run: str) -> History:
    return History.of(server.store.read(run)[0])


def shown_run(page: object) -> str:
    return page.evaluate("new URLSearchParams(location.search).get('run') ?? ''")


def next_run(page: object, server: Server, before: str) -> str:
    """The run whose page opens after `before`, when it has ended."""
    wait_until(lambda: shown_run(page) not in ("", before), what="the page of the new run")
    run = shown_run(page)
    wait_until(lambda: history(server, run).ended, what="the end of the run")
    return run


def test_a_run_is_forked_by_click_and_drag_and_extended(page: object, server: Server) -> None:
    root = server.store.create(encode(POINTS))
    KINDS[RUN].execute(server.home, root)
    page.goto(f"{server.url}/watch?run={root}")
    page.get_by_role("radio", name="Epoch", exact=True).click()
    curve, thumb = page.locator(CURVE), page.get_by_role("slider", name="Epoch")
    wait_until(lambda: len(curve.evaluate(VALUES)) == 6, what="the curve")
    wait_for_rest(page)

    def chosen(epoch: int) -> None:
        wait_until(lambda: thumb.input_value() == str(epoch), 30, f"{epoch=}")
        wait_for_rest(page)

    plane = curve.locator(".nsewdrag").first
    x = curve.evaluate(PLACE, 2)
    plane.click(position={"x": x, "y": plane.bounding_box()["height"] / 2})
    chosen(2)
    x, y, width = thumb.evaluate(KNOB)
    step = width / 4  # 1 to 5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2 * step, y, steps=4)
    page.mouse.up()
    chosen(4)
    page.get_by_role("button", name="Fork here").click()
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    rate = page.get_by_role("textbox", name="Learning rate")
    rate.fill("0.01")
    rate.press("Enter")
    wait_for_rest(page)
    page.locator(".st-key-bar_start button:visible").first.click()
    fork = next_run(page, server, root)
    parent, own = history(server, root).epochs, history(server, fork).epochs
    assert own[:4] == parent[:4] and own[4].train != parent[4].train
    losses = [pytest.approx(epoch.validation["loss"], rel=1e-5) for epoch in own]
    wait_until(lambda: curve.evaluate(VALUES) == losses, what="a curve that begins on the parent's")
    page.get_by_text("Learning rate η 0.1 → 0.01 at epoch 4").first.wait_for()

    wait_for_rest(page)
    page.get_by_role("button", name="Extend").click()
    more = page.get_by_role("spinbutton", name="More epochs")
    more.fill("3")
    more.press("Enter")
    page.get_by_role("button", name="Train 3 more epochs").click()
    extended = next_run(page, server, fork)
    assert history(server, extended).epochs[:6] == own
    assert len(history(server, extended).epochs) == 9


def test_the_learning_rate_is_changed_while_a_run_is_paused(page: object, server: Server) -> None:
    endless = POINTS.model_copy(update={"epochs": 100_000, "schedule": Constant()})
    run = server.store.create(encode(endless))
    page.goto(f"{server.url}/watch?run={run}")
    page.get_by_role("button", name="Queue again").click()
    curve = page.locator(CURVE)
    wait_until(lambda: curve.count() and curve.evaluate(VALUES), what="the curve")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Change settings").click()
    rate = page.locator("[class*=optimizer]").get_by_role("textbox", name="Learning rate")
    rate.fill("0.02")
    rate.press("Enter")
    page.get_by_role("button", name="Apply").click()
    page.keyboard.press("Escape")  # closes the popover
    wait_until(lambda: history(server, run).changes, what="the recorded change")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_function(
        """plot => document.querySelector(plot)?.data
            ?.find(trace => trace.name === "Marks, text")?.text?.some(t => t.includes("0.02"))""",
        arg=CURVE,
    )
    content = page.get_by_test_id("stMainBlockContainer")  # Streamlit has a Stop of its own above
    content.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped manually").first.wait_for()
    recorded = history(server, run)
    assert (recorded.ticks[0][3], recorded.ticks[-1][3]) == (0.1, 0.02)
    assert decode(Experiment, server.store.experiment(run)).optimizer.learning_rate == 0.1
