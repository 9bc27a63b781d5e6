"""Search in a real browser: a range is brushed in the parallel coordinates, its trials light up,
and the space is narrowed to it; a search is started, watched, and its best settings are used.
"""

import pytest

from core.base.encoding import encode
from core.studies.search.answer import best_trials
from core.studies.search.folder import Searches
from tests.core.figures.search.made_up import DONE, events, search, store_search
from tests.core.studies.search.test_search_execution import SEARCH

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


def test_a_small_search_is_started_watched_and_its_best_settings_become_the_draft(page, server):
    small = SEARCH.model_copy(update={"name": "Small", "trials": 4, "finalists": 0})
    searches = Searches(server.home)
    search_id = searches.create(encode(small))
    page.goto(f"{server.url}/search?search={search_id}")
    page.get_by_role("button", name="Start").click()
    page.get_by_text("4 trials", exact=True).wait_for(timeout=60_000)
    page.locator(PLOT).locator(".nsewdrag").first.wait_for()
    trials = searches.trials(search_id)
    assert [trial.state for trial in trials] == ["done"] * 4
    best = best_trials(trials, 1)[0]
    page.get_by_role("button", name="Use these settings").click()
    page.get_by_text(f"The draft has the settings of trial {best.number + 1}").wait_for()
    assert "/train" in page.url
