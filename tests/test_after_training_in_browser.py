"""The tabs of a finished run in a browser: Curves, Mistakes, Inside, Verdict."""

import pytest

from core.analysis.trained import TrainedRun
from core.base.encoding import encode
from core.experiment import Experiment, shipped
from core.jobs.kinds import KINDS, RUN
from tests.conftest import Server, wait_until

pytestmark = pytest.mark.browser


def train(server: Server, experiment: Experiment) -> str:
    """Train a run in the home of the server, in this thread."""
    run = server.store.create(encode(experiment))
    KINDS[RUN].execute(server.home, run)
    return run


@pytest.fixture(scope="module")
def digits_run(server: Server) -> str:
    """A finished run with images, some of which it classifies wrongly."""
    return train(server, shipped()["digits"].model_copy(update={"epochs": 4, "device": "cpu"}))


def open_tab(page: object, server: Server, run: str, tab: str) -> None:
    page.goto(f"{server.url}/watch?run={run}")
    page.get_by_role("tab", name=tab).click()


def test_a_click_on_a_confusion_cell_shows_its_images(
    page: object, server: Server, digits_run: str
) -> None:
    outputs = TrainedRun(server.store, digits_run).outputs("test")
    pairs = list(zip(outputs.targets.tolist(), outputs.predicted.tolist(), strict=True))
    wrong = sorted(pair for pair in pairs if pair[0] != pair[1])
    true, predicted = max(wrong, key=pairs.count)
    open_tab(page, server, digits_run, "Mistakes")
    images = page.locator("[data-testid=stImage] img")
    menu = page.get_by_role("combobox", name="Samples (true → predicted class)")

    def shows(count: int, text: str) -> None:
        wait_until(lambda: text in menu.input_value(), 30, f"the menu with {text}")
        wait_until(lambda: images.count() == min(count, 12), 30, f"{count} images")

    shows(len(wrong), f"({len(wrong)})")
    plane = page.locator(".lab-plot .nsewdrag").first
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    x, y = (
        box[side] * (cell + 0.5) / 10 for side, cell in (("width", predicted), ("height", true))
    )
    plane.click(position={"x": x, "y": y})
    shows(pairs.count((true, predicted)), f"{true} → {predicted}")
    alt = images.first.get_attribute("alt")
    assert f"class {true}, predicted as {predicted}" in alt
    menu.press("ArrowUp")  # the keyboard reaches the same cells
    page.get_by_role("option", name=f"All mistakes ({len(wrong)})").click()
    shows(len(wrong), f"({len(wrong)})")
