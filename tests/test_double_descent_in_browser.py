"""Double descent in a real browser: a growing curve that keeps its zoom, the cuts through the map
under the pointer, and the way from two spreadsheets to the finished curve.
"""

import json
from pathlib import Path

import pytest

from core.base.encoding import change, encode
from core.studies.folder import Studies
from core.studies.study import shipped
from tests.conftest import choose_file, wait_until

pytestmark = pytest.mark.browser
SHARED = Path(__file__).parents[2] / "shared" / "data"
ARABIC = [
    SHARED / "arabic_digits" / f"{name}.csv"
    for name in ("csvTestImages 10k x 784", "csvTestLabel 10k x 1")
]
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


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_from_two_spreadsheets_to_the_finished_curve(page, server):
    page.goto(f"{server.url}/data?from=files")
    for index, path in enumerate(ARABIC):
        choose_file(page, "labels" if index else "images", path)
        page.get_by_text(f"{'labels' if index else 'Inputs'} from {path.name}").wait_for()
    page.get_by_role("button", name="Check files").click()
    page.get_by_text("Findings").wait_for()
    page.get_by_role("link", name="Double descent").click()
    page.get_by_text("Press Start").wait_for()
    page.locator(".st-key-bar_start button").last.click()
    page.get_by_role("heading", name="Double descent: the test error").wait_for(timeout=120_000)
    (study_id, *_) = Studies(server.home).ids()
    assert Studies(server.home).study(study_id).base.data.kind == "spreadsheets"
