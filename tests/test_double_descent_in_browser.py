"""Double descent in a real browser: a growing curve that keeps its zoom, the cuts through the map
under the pointer, and the way from two spreadsheets to the finished curve.
"""

import json
from pathlib import Path

import pytest

from core.base.encoding import change, encode
from core.studies.folder import Studies
from core.studies.records import Record
from core.studies.study import shipped
from core.studies.sweeps import create, execute
from tests.conftest import serve, wait_until

pytestmark = pytest.mark.browser
SHARED = Path(__file__).parents[2] / "shared" / "data"
ARABIC = [
    SHARED / "arabic_digits" / f"{name}.csv"
    for name in ("csvTestImages 10k x 784", "csvTestLabel 10k x 1")
]
ROWS = "() => Number(document.querySelector('.lab-plot')?.dataset.rows ?? 0)"
AXIS = "() => document.querySelector('.lab-plot')._fullLayout.xaxis.range"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("studies")) as running:
        yield running


def a_study(lab, name, **method):
    """A small study that waits to be started."""
    study = change(shipped()[name], "base.data", {"kind": "digits"})
    for field, value in method.items():
        study = change(study, f"method.{field}", value)
    return Studies(lab.home).create(encode(study))


def test_a_growing_curve_keeps_its_zoom_and_ends_with_its_finding(page, lab):
    made = a_study(lab, "random-features", samples=240, ridges=[0.0, 1e-2])
    page.goto(f"{lab.url}/double_descent?study={made}")
    page.get_by_role("button", name="Start study").click()
    page.wait_for_function(f"{ROWS} >= 3".replace("() => ", "() => (") + ")")
    box = page.locator(".lab-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 160, steps=4)
    page.mouse.up()
    zoomed = page.evaluate(AXIS)
    page.get_by_role("heading", name="Double descent: the test error").wait_for(timeout=60_000)
    assert page.evaluate(AXIS) == pytest.approx(zoomed)
    assert Studies(lab.home).last(made)["reason"] == "done"
    assert f"study={made}" in page.url


def test_the_cuts_follow_the_pointer_over_the_map(page, lab):
    ratios = [1.0, 2.0, 8.0]  # 1, 2 and 8 hidden units
    made = a_study(lab, "entropy-fast", samples=80, steps=40, ratios=ratios, evaluations=4)
    page.goto(f"{lab.url}/double_descent?study={made}")
    page.get_by_role("button", name="Start study").click()
    wait_until(lambda: (Studies(lab.home).last(made) or {}).get("reason") == "done")
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


def test_a_killed_study_keeps_its_points_and_resumes_with_one_press(page, tmp_path):
    made, straight = None, create(tmp_path / "straight", slow())
    with serve(tmp_path / "killed") as lab:
        made = create(lab.home, slow())
        page.goto(f"{lab.url}/double_descent?study={made}")
        page.get_by_role("button", name="Start study").click()
        wait_until(lambda: len(points(lab.home, made)) >= 3, what="three points")
        lab.process.kill()
        lab.process.wait()
    saved = points(tmp_path / "killed", made)
    assert 3 <= len(saved) < 36
    with serve(tmp_path / "killed") as lab:
        page.goto(f"{lab.url}/double_descent?study={made}")
        page.get_by_text(f"The lab stopped after {len(saved)} of 36 points").wait_for()
        page.get_by_text("Interrupted").first.wait_for()
        page.get_by_role("button", name="Resume study").click()
        page.locator(".stMarkdownBadge", has_text="Finished").first.wait_for()
    assert execute(tmp_path / "straight", straight, processes=1).reason == "done"
    assert points(tmp_path / "killed", made) == points(tmp_path / "straight", straight)
    assert points(tmp_path / "killed", made)[: len(saved)] == saved


def slow():
    """Three weight decays one after the other, 36 points."""
    study = change(shipped()["entropy-fast"], "base.data", {"kind": "digits"})
    own = dict(samples=80, steps=2000, ratios=[1.0, 2.0, 8.0], evaluations=4)
    for field, value in (own | {"decays": [0, 1e-3, 1e-2]}).items():
        study = change(study, f"method.{field}", value)
    return study


def points(home, study_id):
    """What was measured, as text: NaN is not equal to itself."""
    events, _ = Studies(home).events(study_id)
    return [str((e.coordinates, e.point)) for e in events if isinstance(e, Record)]


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_from_two_spreadsheets_to_the_finished_curve(page, lab):
    page.goto(f"{lab.url}/data?from=files")
    for index, path in enumerate(ARABIC):
        page.locator("input[type=file]").nth(index).set_input_files(path)
        page.get_by_text(f"{'labels' if index else 'Inputs'} from {path.name}").wait_for()
    page.get_by_role("button", name="Check files").click()
    page.get_by_text("Findings").wait_for()
    page.get_by_role("link", name="Double descent").click()
    page.get_by_text("Press Start").wait_for()
    page.locator(".st-key-bar_start button").last.click()
    page.get_by_role("heading", name="Double descent: the test error").wait_for(timeout=120_000)
    (study_id, *_) = Studies(lab.home).ids()
    assert Studies(lab.home).study(study_id).base.data.kind == "spreadsheets"
