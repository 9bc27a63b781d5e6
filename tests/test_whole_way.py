"""The main workflow in a real browser with the real engine: upload, study double descent, build,
start, watch, stop, resume.
"""

import contextlib
from pathlib import Path

import pytest

from core.studies.folder import Studies
from tests.conftest import choose_file, wait_until

pytestmark = pytest.mark.browser
SAMPLE = Path(__file__).parents[1] / "assets" / "digits"
PLOT = ".st-key-chart_loss .lab-plot"
NAMELESS = """() => [...document.querySelectorAll("button, a[href], [role=button]")]
    .filter((button) => {  // an icon is a ligature: its text is no name
        const copy = button.cloneNode(true);
        copy.querySelectorAll("[data-testid=stIconMaterial]").forEach((icon) => icon.remove());
        const name = button.ariaLabel || button.title || copy.textContent.trim();
        return button.getBoundingClientRect().width && !name;
    }).map((button) => button.outerHTML.slice(0, 200))"""
STATE = "plot => [plot._fullLayout.xaxis.range, plot.marked]"


def open_page(page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    wait_until(lambda: page.evaluate(NAMELESS) == [], what="a name for every button")


def rows(page) -> int:
    return int(page.get_attribute(PLOT, "data-rows") or 0)


def test_from_two_spreadsheets_to_a_curve_of_double_descent_and_a_resumed_run(
    page, profile, server
):
    errors: list[str] = []
    page.on(
        "console", lambda m: errors.append(f"{m.text} {m.location}") if m.type == "error" else None
    )
    upload(page, server.url)
    study_double_descent(page, server)
    build(page)
    run = start(page)
    assert_zoom_survives_updates(page)
    stop_reload_resume(page, server, run)
    assert_found_again(page, profile, server, run)
    assert not errors, errors


def upload(page, url: str) -> None:
    """Upload two files and check them."""
    page.goto(url)
    page.get_by_role("button", name="Choose files").click()
    for part in ("images", "labels"):
        choose_file(page, part, SAMPLE / f"{part}.csv")
    page.get_by_text("labels.csv").wait_for()
    page.get_by_role("button", name="Check files").click()
    page.get_by_text("Images by class").wait_for()
    page.get_by_text("1\u202f797 images · 8 × 8 grey · 10 classes").wait_for()


def study_double_descent(page, server) -> None:
    """Start the ready-made study on the uploaded files, and wait for its curve and its finding."""
    before = Studies(server.home).ids()
    open_page(page, "Double descent")
    page.get_by_text("Press Start").wait_for()
    page.locator(".st-key-bar_start button").last.click()
    page.get_by_role("heading", name="Double descent: the test error").wait_for(timeout=120_000)
    (study_id,) = set(Studies(server.home).ids()) - set(before)
    assert Studies(server.home).study(study_id).base.data.kind == "spreadsheets"


def build(page) -> None:
    """Choose a preset, and so many epochs that the run is still training when it is stopped."""
    open_page(page, "Network")
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("button", name="Small CNN").click()
    page.get_by_text("13\u202f706 parameters").first.wait_for()
    open_page(page, "Train")
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill("5000")
    epochs.press("Enter")
    page.get_by_text("5\u202f000 epochs").first.wait_for()


def start(page) -> str:
    """Press Start and return the run's id from the address."""
    page.get_by_role("button", name="Start Shortcut").click()
    page.wait_for_url("**/watch?*run=*")
    page.wait_for_function("plot => document.querySelector(plot)?.dataset.rows > 0", arg=PLOT)
    return page.url.rpartition("run=")[2].partition("&")[0]


def assert_zoom_survives_updates(page) -> None:
    """After three updates of the live chart, the same node still shows the same range."""
    area = page.locator(f"{PLOT} .nsewdrag").first.bounding_box()
    page.mouse.move(area["x"] + 0.1 * area["width"], area["y"] + 0.2 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 0.7 * area["height"], steps=5)
    page.mouse.up()
    page.eval_on_selector(PLOT, "plot => { plot.marked = 'the same node' }")
    page.wait_for_function(
        "plot => document.querySelector(plot)._fullLayout.xaxis.range[0] > 0", arg=PLOT
    )
    before = page.eval_on_selector(PLOT, STATE)
    for _ in range(3):
        page.wait_for_function(
            "([plot, rows]) => Number(document.querySelector(plot).dataset.rows) > rows",
            arg=[PLOT, rows(page)],
        )
    assert page.eval_on_selector(PLOT, STATE) == before


def stop_reload_resume(page, server, run: str) -> None:
    """Stop saves a checkpoint, a reload shows the stopped run, and Resume continues training."""
    content = page.get_by_test_id("stMainBlockContainer")  # Streamlit has a Stop of its own above
    content.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume").wait_for()
    stopped = server.store.last(run)
    assert (stopped["event"], stopped["reason"]) == ("Ended", "stopped")
    page.reload()
    page.get_by_text("Stopped manually").wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()
    wait_until(
        lambda: (server.store.last(run) or {}).get("step", 0) > stopped["step"],
        what="a step beyond the stop",
    )


def assert_found_again(page, profile, server, run: str) -> None:
    """A second window shows the live run without its address, and the list of runs contains it."""
    with contextlib.closing(profile.new_page()) as phone:
        phone.set_viewport_size({"width": 390, "height": 844})
        phone.set_default_timeout(45_000)
        phone.goto(f"{server.url}/watch")
        phone.get_by_role("button", name="Pause").wait_for()
        phone.locator(".st-key-act_Stop button").last.click()
        wait_until(lambda: server.store.last(run).get("reason") == "stopped", what="its stop")
    open_page(page, "Runs")
    page.get_by_test_id("stDataFrame").wait_for()
    assert run in server.store.ids()
