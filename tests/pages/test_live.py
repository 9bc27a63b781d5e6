"""The live chart in a real browser: it keeps zoom and hidden curves, and draws the same as
Python.
"""

import json
from dataclasses import replace

import pytest

from core.advice.forecast_findings import describe_forecast
from core.advice.run_status import describe_end, numbers
from core.base.encoding import encode
from core.base.events import Epoch, Probe, to_json
from core.experiment import Experiment
from core.figures import training
from core.figures.maps import layer_map
from core.optim.stopping import AbsoluteChange, Patience, TimeLimit
from core.runs.history import History
from tests.conftest import LAYERS, ended, script, wait_until, write

pytestmark = pytest.mark.browser
FALLING = (AbsoluteChange(limit=1e3, only_mark=True), TimeLimit(minutes=0.1, only_mark=True))
RULES = (Patience(patience=2, only_mark=True), TimeLimit(minutes=0.1, only_mark=True))
PLOT = ".st-key-chart_loss .lab-plot"


@pytest.fixture
def run(server):
    """A run that this test trains: held, begun, not ended."""
    run = server.store.create(encode(Experiment(name="Made up", stopping=RULES)))
    write(server.store, run, script()[:20])
    with server.store.own(run):
        yield run


def look(page, server, run, rows=1):
    """Opens the run's Watch page; waits until the loss chart shows so many rows."""
    page.goto(f"{server.url}/watch?run={run}")
    drawn(page, rows)


def drawn(page, rows, plot=PLOT):
    page.wait_for_function(
        "([plot, rows]) => Number(document.querySelector(plot)?.dataset.rows ?? 0) >= rows",
        arg=[plot, rows],
    )


def zoom(page):
    """Drags a frame over a part of the loss chart; the frame of the whole chart."""
    area = page.locator(f"{PLOT} .nsewdrag").first.bounding_box()
    page.mouse.move(area["x"] + 0.2 * area["width"], area["y"] + 0.3 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 0.8 * area["height"], steps=5)
    page.mouse.up()
    return area


def axes(page):
    return page.eval_on_selector(
        PLOT,
        """plot => { const { xaxis: x, yaxis: y } = plot._fullLayout;
        return [x.range, y.range, y.tickvals] }""",
    )


def test_zoom_and_hidden_curves_survive_updates_until_a_double_click_and_the_end_appears(
    page, server
):
    run = server.store.create(encode(Experiment(name="Made up", stopping=RULES)))
    with server.store.own(run):
        write(server.store, run, script()[:1])
        page.goto(f"{server.url}/watch?run={run}")  # the chart is drawn before there are rows
        page.wait_for_function(
            "plot => document.querySelector(plot)?.dataset.rows === '0'", arg=PLOT
        )
        write(server.store, run, script()[1:20])
        drawn(page, 70)
        unzoom_twice(page)
        zoom_survives_updates(page, server, run)


def unzoom_twice(page):
    first = axes(page)
    for _ in range(2):  # plotly's own double click went to and fro between two ranges
        area = zoom(page)
        wait_until(lambda: axes(page)[0] != first[0], what="the zoom")
        page.mouse.dblclick(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
        wait_until(lambda: axes(page) == first, 10, "the whole run")
    assert first[0] == [0, 1.01 * 200]


def zoom_survives_updates(page, server, run):
    page.eval_on_selector(PLOT, "plot => { plot.marked = true }")
    zoom(page)
    page.locator(f"{PLOT} .legendtoggle").nth(1).click()
    state = """plot => ({
        x: plot._fullLayout.xaxis.range, y: plot._fullLayout.yaxis.range, marked: plot.marked,
        hidden: plot._fullData.filter(t => t.visible === 'legendonly').map(t => t.name)})"""
    page.wait_for_function(
        "([plot, read]) => eval(read)(document.querySelector(plot)).hidden.length == 1",
        arg=[PLOT, state],
    )
    before = page.eval_on_selector(PLOT, state)
    assert before["hidden"] == ["Validation"] and before["x"][0] > 10 and before["x"][1] < 190

    events = script()
    for begin in (20, 24, 28):
        history = History()
        history.add(map(to_json, events[: begin + 4]))
        rows = len(history.columns()["step.step"])
        assert rows > int(page.get_attribute(PLOT, "data-rows"))
        write(server.store, run, events[begin : begin + 4])
        drawn(page, rows)
    assert page.eval_on_selector(PLOT, state) == before

    assert page.get_by_role("button", name="Pause").count() > 0
    write(server.store, run, [*events[32:], ended()])
    page.get_by_text(describe_end(ended())).wait_for()  # without a reload
    drawn(page, 200)
    assert page.get_by_role("button", name="Pause").count() == 0


MOMENTS = """plot => {
    const seen = (window.moments = new Set());
    setInterval(() => {
        const { facts } = JSON.parse(document.querySelector("[data-moment]").dataset.moment);
        const [progress] = document.querySelectorAll("[data-testid=stProgress]");
        if (!progress.innerText.includes(`step ${facts.step} of`)) return;  // it arrives in parts
        const tiles = [...document.querySelectorAll("[data-testid=stMetricValue]")];
        const card = document.querySelector(".st-key-moment").closest("[data-testid=stColumn]");
        const { data } = document.querySelector(plot);
        const lines = data.map(({ name, x, y }) => [name, x?.at(-1), y?.at(-1)]);
        seen.add(JSON.stringify(
            [facts.version, tiles.map((tile) => tile.innerText), card.innerText, lines]));
    }, 3);
}"""


def test_tiles_sentences_and_charts_of_a_live_run_never_disagree(page, server, run):
    """All that is on screen at one moment is what follows from one version of the history."""
    look(page, server, run, 70)
    page.evaluate(MOMENTS, PLOT)
    events = script()
    for begin in range(20, 50, 5):
        write(server.store, run, events[begin : begin + 5])
        step = max(getattr(event, "step", 0) for event in events[: begin + 5])
        page.get_by_text(f"step {step} of 200").wait_for()
    page.get_by_text("Overfitting since").wait_for()
    moments = page.evaluate("() => [...window.moments].map(JSON.parse)")
    assert len({version for version, *_ in moments}) >= 5
    for version, tiles, card, lines in moments:
        history = History(RULES)
        history.add(map(to_json, events[:version]))
        assert tiles == [value for _, value, _ in numbers(history)]
        assert f"Best epoch so far: {history.epochs[history.best].epoch}." in card
        assert ("Overfitting" in card) == (version >= 50)
        chart = {line.name: line for line in training.drawn(training.curve("light"), history).data}
        ends = {name: (x, y) for name, x, y in lines}
        for name in ("Training, raw", "Validation"):
            x, y = chart[name].x[-1], chart[name].y[-1]
            assert ends[name] == (x, pytest.approx(y, rel=1e-5))


def falling(event):
    """The event with a validation loss that falls steadily, which can be forecast."""
    if not isinstance(event, Epoch):
        return event
    return replace(event, validation={"loss": 1 / event.epoch, "accuracy": 0.5})


def test_the_browser_fills_figures_like_python(page, server):
    """Also the band of the forecast, which is beyond the moment that a live run shows."""
    events = [*map(falling, script(240, 10)[:60])]
    for k in range(20, 60):  # the last measurement has a layer without gradient
        if isinstance(events[k], Probe):
            events[k] = replace(events[k], gradient={**events[k].gradient, LAYERS[1]: 0.0})
    history = History(FALLING)
    history.add(map(to_json, events))
    marks = [mark["part"] for mark in history.facts()["marks"][:2]]
    assert marks == ["chosen", "chosen"]
    assert history.columns()["forecast.step"][-1] == 240 > history.step
    run = server.store.create(encode(Experiment(name="Made up", stopping=FALLING)))
    write(server.store, run, events)
    with server.store.own(run):
        look(page, server, run, len(history.columns()["step.step"]))
        page.get_by_text(describe_forecast(history).text).wait_for()
        assert_same_figures(page, history)


def assert_same_figures(page, history):
    figures = {
        "loss": training.curve("light", forecast=True),
        "gradient": training.layer_norms("light", layers=LAYERS),
        "layers": layer_map("light", names=LAYERS),
    }
    assert LAYERS[1] in training.drawn(figures["gradient"], history).data[-1].text[0]
    for key, figure in figures.items():
        expected = json.loads(training.drawn(figure, history).to_json(engine="json"))
        plot = f".st-key-chart_{key} .lab-plot"
        page.wait_for_function("plot => document.querySelector(plot)?.data", arg=plot)
        shown = page.eval_on_selector(plot, "plot => plot.data")
        assert len(shown) == len(expected["data"])
        for trace, other in zip(shown, expected["data"], strict=True):
            for part in ("x", "y", "z", "customdata", "text", "textposition"):
                assert same(trace.get(part), other.get(part)), (key, trace.get("name"), part)
        layout = page.eval_on_selector(
            plot, "plot => ({x: plot.layout.xaxis.range, y: plot.layout.yaxis.tickvals})"
        )
        assert layout["x"] == expected["layout"]["xaxis"]["range"]
        assert layout["y"] == expected["layout"]["yaxis"].get("tickvals")


def same(one, other):
    """Equal, numbers as far as the six digits of the feed go."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    number = isinstance(one, (int, float)) and isinstance(other, (int, float))
    return one == pytest.approx(other, rel=1e-4, abs=1e-5) if number else one == other


def test_charts_poll_when_streams_are_blocked(page, server, run):
    page.add_init_script("""window.EventSource = class {
        constructor() { setTimeout(() => this.onerror?.()) }
        addEventListener() {}
        close() {}
    }""")
    look(page, server, run)
    write(server.store, run, script()[20:24])
    drawn(page, 80)
    history = History()
    history.add(map(to_json, script()[:24]))
    steps = page.eval_on_selector(PLOT, "plot => plot.data[0].x")
    assert len(steps) >= 80 and steps == list(history.columns()["step.step"])[: len(steps)]


def test_a_chart_is_downloaded_as_an_image_and_follows_a_page_that_turns_dark_and_narrow(
    page, server, run
):
    look(page, server, run)
    download_images(page)
    turn_dark_and_narrow(page)


def download_images(page):
    """Each image explains itself: it has the title, the run's name and the page's font."""
    menu, summary = (page.locator(f".st-key-chart_loss {part}") for part in ("details", "summary"))
    for dismiss in (lambda: page.keyboard.press("Escape"), page.locator("h1").click):
        summary.click()
        assert menu.get_attribute("open") is not None
        dismiss()
        assert menu.get_attribute("open") is None
    head = b'series,"step","cross-entropy"\n'
    begins, content = {"PNG": b"\x89PNG", "SVG": b"<svg", "CSV": head}, {}
    for kind, begin in begins.items():
        summary.click()
        with page.expect_download() as started:
            page.locator(".st-key-chart_loss .lab-menu").get_by_role("button", name=kind).click()
        content[kind] = started.value.path().read_bytes()
        assert started.value.suggested_filename == f"Made up loss.{kind.lower()}"
        assert content[kind].startswith(begin) and len(content[kind]) > 300
    words = ("Training and validation loss", "Made up", ">step<", ">cross-entropy<", ">Validation<")
    assert all(word in content["SVG"].decode() for word in words)
    font = (b"@font-face", b"Source Sans", b"url(&quot;data:", b'url("data:')
    assert [part in content["SVG"] for part in font].count(True) >= 3
    width, height = (int.from_bytes(content["PNG"][at : at + 4], "big") for at in (16, 20))
    shown = page.locator(PLOT).bounding_box()
    assert width >= 1440 and height == 2 * (round(shown["height"]) + 56)  # px of the title


def turn_dark_and_narrow(page):
    """The charts turn dark, and on a phone their legend is above them."""
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(
        "plot => document.querySelector(plot).layout.template.layout.font.color === '#E8ECEF'",
        arg=PLOT,
    )

    def legend_is_above() -> bool:
        legend, area = (
            page.locator(f"{PLOT} {part}").first.bounding_box() for part in (".legend", ".nsewdrag")
        )
        is_inside = legend["x"] > 0 and legend["x"] + legend["width"] <= 390
        return is_inside and legend["y"] + legend["height"] <= area["y"] + 2

    wait_until(legend_is_above, 30, "a legend above the chart")
