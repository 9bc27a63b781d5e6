"""Search in a real browser: a range is brushed in the parallel coordinates, its trials light up,
and the space is narrowed to it; the best settings become the draft.
"""

import pytest

from tests.core.figures.search.made_up import DONE, events, search, store_search

pytestmark = pytest.mark.browser
PLOT = ".st-key-search_parallel .lab-plot, [class*='st-key-search-parallel'] .lab-plot"


def test_a_box_over_an_axis_lights_up_its_trials_and_narrows_the_space(page, server):
    made = search(name="Brushed")
    search_id = store_search(server.home, made, events(made), DONE)
    page.goto(f"{server.url}/search?search={search_id}")
    plot = page.locator(PLOT)
    plot.locator(".nsewdrag").first.wait_for()
    page.get_by_text("14 trials", exact=True).wait_for()
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").first.bounding_box()
    axis = box["x"] + box["width"] * 0.35 / 3.7  # the first of four axes
    page.mouse.move(axis - 20, box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(axis + 20, box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    page.get_by_text("of 14 trials in the ranges").wait_for()
    page.get_by_role("button", name="Narrow the space here").click()
    page.get_by_text("A new search within the ranges of 1 setting").wait_for()
    assert "search=" not in page.url
    page.goto(f"{server.url}/search?search={search_id}")
    page.get_by_role("button", name="Use these settings").click()
    page.get_by_text("The draft has the settings of trial 12").wait_for()
    assert "/train" in page.url
