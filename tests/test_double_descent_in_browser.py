"""Double descent in a real browser: a growing curve that keeps its zoom, and the cuts through the
map under the pointer. The way from two spreadsheets to a finished curve: test_whole_way.py.
"""

import json

import pytest

from core.base.encoding import change, encode
from core.studies.folder import Studies
from core.studies.study import shipped
from tests.conftest import wait_until

pytestmark = pytest.mark.browser
ROWS = "Number(document.querySelector('.lab-plot')?.dataset.rows ?? 0)"
SKETCH = 121  # rows of the expected shape, which is shown before the first point
AXIS = "() => document.querySelector('.lab-plot')._fullLayout.xaxis.range"


def a_study(server, name, **method):
    """A small study that waits to be started."""
    study = change(shipped()[name], "base.data", {"kind": "digits"})
    for field, value in method.items():
        study = change(study, f"method.{field}", value)
    return Studies(server.home).create(encode(study))


def test_a_growing_curve_keeps_its_zoom_and_ends_with_its_finding(page, server):
    made = a_study(server, "random-features", samples=240, ridges=[0.0, 1e-2])
    page.goto(f"{server.url}/double_descent?study={made}")
    page.get_by_role("button", name="Start study").click()
    page.wait_for_function(f"() => {ROWS} >= 3 && {ROWS} < {SKETCH}")
    box = page.locator(".lab-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 160, steps=4)
    page.mouse.up()
    zoomed = page.evaluate(AXIS)
    page.get_by_role("heading", name="Double descent: the test error").wait_for(timeout=60_000)
    assert page.evaluate(AXIS) == pytest.approx(zoomed)
    assert Studies(server.home).last(made)["reason"] == "done"
    assert f"study={made}" in page.url


def test_the_cuts_follow_the_pointer_over_the_map(page, server):
    ratios = [1.0, 2.0, 8.0]  # 1, 2 and 8 hidden units
    made = a_study(server, "entropy-fast", samples=80, steps=40, ratios=ratios, evaluations=4)
    page.goto(f"{server.url}/double_descent?study={made}")
    page.get_by_role("button", name="Start study").click()
    wait_until(lambda: (Studies(server.home).last(made) or {}).get("reason") == "done")
    page.locator(".stMarkdownBadge", has_text="Finished").first.wait_for()
    plot = page.locator(".lab-plot").nth(1)
    cut = "p => JSON.stringify(p.data.find((t) => t.meta?.cut === 'across at').x)"
    wait_until(lambda: plot.evaluate("p => Boolean(p.data?.length)"), what="the map")
    area = plot.locator("[data-subplot=xy].nsewdrag")

    def cut_at(share):
        box = area.bounding_box()
        area.hover(position={"x": share * box["width"], "y": box["height"] / 4}, force=True)
        return json.loads(plot.evaluate(cut))

    for share, column in ((0.1, 0), (0.9, 2)):
        wait_until(lambda at=share, k=column: cut_at(at) == [k], what=f"the cut at {share}")
        assert cut_at(share) == [column]
