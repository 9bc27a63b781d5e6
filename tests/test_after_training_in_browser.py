"""A finished run in a browser: the tabs Mistakes, Inside, Verdict and Effects, and Predict."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.advice.bias_variance import judge
from core.advice.paired_effects import describe_difference
from core.analysis.catalogue import NextSteps, Suspicious
from core.analysis.results import result_of
from core.analysis.trained import TrainedRun
from core.base.encoding import decode, encode
from core.base.numbers import whole
from core.data.datasets import Corrected, DataSet, Digits, Xor
from core.data.split import Split
from core.experiment import Experiment, shipped
from core.jobs.kinds import KINDS, RUN
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import SGD
from core.predict.predictor import open_predictor
from core.predict.strokes import GRID, render
from core.runs import notes
from core.runs.history import History
from core.runs.measured import measure_parts
from core.studies.effects import effects_of
from core.studies.folder import Studies
from core.studies.records import Record
from tests.conftest import Server, wait_for_rest, wait_until

pytestmark = pytest.mark.browser
POINTS = Experiment(
    data=Xor(points=300), network=(Linear(units=4), ReLU(), Output()), epochs=2, stopping=(),
    optimizer=SGD(learning_rate=0.1), regularizers=(), split=Split(validation=0.4, test=0.2),
)  # fmt: skip


def train(server: Server, experiment: Experiment) -> str:
    """Train a run in the home of the server, in this thread."""
    run = server.store.create(encode(experiment))
    KINDS[RUN].execute(server.home, run)
    return run


@pytest.fixture(scope="module")
def digits_run(server: Server) -> str:
    """A finished run with images, some of which it classifies wrongly."""
    return train(server, shipped()["digits"].model_copy(update={"epochs": 4, "device": "cpu"}))


@pytest.fixture(scope="module")
def points_run(server: Server) -> str:
    """A finished run on points in the plane, which takes a tenth of a second."""
    return train(server, POINTS)


@pytest.fixture(scope="module")
def page(profile: object) -> Iterator[object]:
    """One window for all tests of this module: a page that is loaded anew takes seconds."""
    errors: list[str] = []
    with contextlib.closing(profile.new_page()) as opened:
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.set_default_timeout(45_000)
        yield opened
    assert not errors, errors


def open_tab(page: object, server: Server, run: str, tab: str) -> None:
    """Open a tab of a run on Watch, which the window may show already."""
    if not ("/watch" in page.url and f"run={run}" in page.url):
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
    images = page.locator("[data-testid=stImage]:not(.st-key-suspicious_rows *) img")
    menu = page.get_by_role("combobox", name="Samples (true → predicted class)")

    def shows(count: int, text: str) -> None:
        wait_until(lambda: text in menu.input_value(), 30, f"the menu with {text}")
        wait_until(lambda: images.count() == min(count, 12), 30, f"{count} images")

    shows(len(wrong), f"({len(wrong)})")
    wait_for_rest(page)
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


PLACE = """plot => {
  const [trace, { xaxis, yaxis }] = [plot._fullData[3], plot._fullLayout];
  const far = trace.x.indexOf(Math.max(...trace.x));
  const [x, y] = [xaxis._offset + xaxis.l2p(trace.x[far]), yaxis._offset + yaxis.l2p(trace.y[far])];
  return [x, y, trace.customdata[far]];
}"""  # the place of the rightmost sample of a class in px, and its row


def chart(page: object, start: str) -> object:
    """The chart whose description begins like this."""
    return page.locator(f'.lab-plot[aria-label^="{start}"]')


def test_a_wrong_sample_is_chosen_and_its_feature_maps_and_saliency_are_shown(
    page: object, server: Server, digits_run: str
) -> None:
    open_tab(page, server, digits_run, "Inside")
    page.get_by_role("button", name="Next mistake").click()
    sample = page.get_by_role("spinbutton", name="Sample, 1 to 270")
    wait_until(lambda: sample.count() == 1 and sample.input_value() != "1", what="a wrong sample")
    layers = chart(page, f"Outputs of each layer for sample {sample.input_value()}")
    for drawn in (layers, *(chart(page, start) for start in ("Input", "Integr", "Gradi", "Grad-"))):
        drawn.locator(".main-svg").first.wait_for()
    names = layers.evaluate("plot => plot.layout.annotations.map(a => a.text)")
    assert len(names) == 9 and "conv1" in names[0] and "output" in names[-1]
    sample.fill("7")
    sample.press("Enter")
    chart(page, "Outputs of each layer for sample 7").wait_for()
    wait_for_rest(page)
    embedding = chart(page, "Embedding")
    embedding.scroll_into_view_if_needed()
    x, y, row = embedding.evaluate(PLACE)
    embedding.click(position={"x": x, "y": y})
    chart(page, f"Outputs of each layer for sample {row + 1}").wait_for()
    assert page.locator(".lab-image:visible").count() == 1  # beside the pointer
    points = embedding.evaluate("plot => plot.data.map(t => t.x?.length ?? 0)")
    assert points.pop() > 0 and sum(points) == 270  # the rings of wrong ones, and all samples

    wait_for_rest(page)
    for start, head in (
        ("Embedding", "sample,pc1,pc2,true,predicted,probability"),
        ("Weights of each layer", "layer,step,q05,q25,q50,q75,q95"),
    ):
        card = page.locator(".lab-live").filter(has=chart(page, start))
        card.get_by_label("Download this chart").press("Enter")
        with page.expect_download() as expected:
            card.get_by_role("button", name="CSV").click()
        lines = Path(expected.value.path()).read_text().splitlines()
        assert lines[0] == head and len(lines) > 100


def draft_of(page: object, server: Server) -> Experiment:
    """The draft that the address of the page names; the default while there is none."""
    draft_id = page.evaluate("new URLSearchParams(location.search).get('d')")
    path = server.home / "drafts" / f"{draft_id}.json"
    return decode(Experiment, path.read_text()) if path.exists() else Experiment()


def draft_data(page: object, server: Server) -> DataSet:
    """The dataset of the draft."""
    return draft_of(page, server).data


def test_a_suspicious_row_is_relabeled_or_dropped_in_a_new_version_of_the_dataset(
    page: object, server: Server, digits_run: str
) -> None:
    found = result_of(server.store, digits_run, Suspicious())
    first, second = found["rows"][:2]
    version = Corrected(base=Digits(), relabeled=((first["row"], first["suggested"]),))
    versions = [version, version.model_copy(update={"dropped": (second["row"],)}), version]
    open_tab(page, server, digits_run, "Mistakes")
    order = "most suspicious" if found["negative"] else "least clear"
    page.get_by_text(f"of the 500 {order} rows").wait_for()
    buttons = ("Relabel 1 row", "Drop 1 row")
    for row, button, expected in zip((first, second), buttons, versions, strict=False):
        page.get_by_text(f"Row {whole(row['row'] + 1)}", exact=True).click()
        page.get_by_role("button", name=button).click()
        wait_until(lambda e=expected: draft_data(page, server) == e, 30, expected.summary)
    page.locator(".st-key-Undo button:visible").first.click()
    wait_until(lambda: draft_data(page, server) == version, 30, "Undo")
    page.get_by_role("button", name="Prove it").wait_for()
    assert decode(Experiment, server.store.experiment(digits_run)).data == Digits()


def test_a_typed_human_error_changes_the_verdict_and_baselines_join_the_result(
    page: object, server: Server, digits_run: str
) -> None:
    history = History()
    history.add(server.store.read(digits_run)[0])
    parts = measure_parts(history)
    open_tab(page, server, digits_run, "Verdict")
    headline = page.locator("h3")
    entry = page.get_by_role("textbox", name="Human error (%)")
    verdicts = [judge(parts, human).words for human in (None, 0.5)]
    assert verdicts[0] != verdicts[1]
    page.get_by_text(verdicts[0]).first.wait_for()
    entry.fill("50")
    entry.press("Enter")
    page.get_by_text(verdicts[1]).first.wait_for()
    wait_until(lambda: page.get_by_text(verdicts[0]).count() == 0, what="the new verdict alone")
    assert notes.read(server.store, digits_run).human_error == 0.5
    entry.fill("150")
    entry.press("Enter")
    page.get_by_text("The last valid value is used").wait_for()
    assert notes.read(server.store, digits_run).human_error == 0.5
    chart(page, "Test error of this run").locator(".main-svg").first.wait_for()
    wait_until(lambda: "; " in headline.first.inner_text(), 30, "the best baseline")
    entry.fill("")
    entry.press("Enter")
    page.get_by_text(verdicts[0]).first.wait_for()


def test_the_loss_is_drawn_over_a_plane_and_along_the_path(
    page: object, server: Server, points_run: str
) -> None:
    open_tab(page, server, points_run, "Inside")
    for view, ask, start in (
        ("Plane", "Measure the plane", "Training loss over a plane"),
        ("Path", "Train once more and measure", "Training loss over the plane of the"),
    ):
        page.get_by_role("radio", name=view, exact=True).click()
        page.get_by_role("button", name=ask).click()
        contours = chart(page, start)
        contours.locator(".main-svg").first.wait_for()
        grid = contours.evaluate("plot => plot.data[0].z.map(row => row.length)")
        assert grid == [21] * 21
    page.get_by_role("radio", name="Line", exact=True).click()
    for menu, end in (("From", "Last weights"), ("To", "Initial weights")):  # without a pause
        page.get_by_role("combobox", name=menu, exact=True).click()
        page.get_by_role("option", name=end).click()
    page.get_by_role("button", name="Measure the line").click()
    drawn = chart(page, "Loss along the line from last weights to initial weights")
    drawn.locator(".main-svg").first.wait_for()


def test_the_next_step_is_measured_and_opened(
    page: object, server: Server, points_run: str
) -> None:
    open_tab(page, server, points_run, "Verdict")
    minutes = page.get_by_role("spinbutton", name="Time for the comparison (minutes)")
    minutes.fill("0.2")
    page.get_by_role("button", name="Compare four changes").click()
    rows = page.locator("[class*=st-key-next_]")
    wait_until(lambda: rows.count() == 4, 60, "four changes with a button")
    found = result_of(server.store, points_run, NextSteps(minutes=0.2))
    names = [row["name"] for row in found["steps"] if row["changes"]]
    for place, name in enumerate(names):
        assert f"next_{name}" in rows.nth(place).get_attribute("class")
    page.locator(".st-key-next_wider button").click()
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    wait_until(lambda: draft_of(page, server).network[:1] == (Linear(units=8),), what="the draft")


def test_changes_of_a_run_are_compared_in_pairs(
    page: object, server: Server, points_run: str
) -> None:
    studies = Studies(server.home)
    before = studies.ids()
    open_tab(page, server, points_run, "Effects")
    seeds = page.get_by_role("spinbutton", name="Seeds")
    seeds.fill("2")
    seeds.press("Enter")
    changes = page.get_by_role("combobox", name="Changes")
    changes.fill("Adagrad")
    changes.press("Enter")
    changes.press("Escape")
    page.get_by_role("button", name="Compare 2 changes").click()
    dots = chart(page, "Effect of each change").locator(".scatterlayer .point")
    page.get_by_text("this table has 2").wait_for()  # both have two seeds
    wait_until(lambda: dots.count() == 2, what="the dots of two changes")
    (study_id,) = set(studies.ids()) - set(before)
    study = studies.study(study_id)
    assert study.base == POINTS and study.size == 6
    records = [event for event in studies.events(study_id)[0] if isinstance(event, Record)]
    for effect in effects_of(study, records, regression=False):
        page.get_by_text(describe_difference(effect, "error")).wait_for()
    page.get_by_role("button", name="Open study").click()
    page.wait_for_url(lambda url: f"study={study_id}" in url)
    page.get_by_text(study.about).wait_for()
    page.get_by_role("heading", name="Effects, the largest first").wait_for()


# --- Predict


def probabilities(server: Server, run: str, *strokes: list[int]) -> list[float]:
    """What the run answers for a drawing."""
    predictor = open_predictor(server.store, run)
    pixels = predictor.form.prepare_drawing(render([*strokes])).pixels
    return list(predictor.predict(pixels[None])[0].probabilities)


def test_a_drawing_is_answered_when_the_pen_is_lifted(
    page: object, server: Server, digits_run: str
) -> None:
    x, top, bottom, step = GRID // 2, 40, 240, 10
    line = [x, top, x, bottom]
    across = [number for right in range(9) for number in (x + step * right, GRID // 2)]
    alone, both = (probabilities(server, digits_run, *each) for each in ([line], [line, across]))
    bars, canvas = chart(page, "Probability of each class"), page.locator(".lab-pad canvas")

    def shows(values: list[float], what: str) -> None:
        def drawn() -> bool:
            found = bars.evaluate_all("plots => plots.map(plot => [...(plot.data?.[0].x ?? [])])")
            return found == [pytest.approx(values, abs=1e-4)]

        wait_until(drawn, 30, what)

    def place(row: int) -> tuple[float, float]:
        box = canvas.bounding_box()
        return box["x"] + box["width"] * x / GRID, box["y"] + box["width"] * row / GRID

    page.goto(f"{server.url}/predict?run={digits_run}")
    wait_until(lambda: canvas.count() and canvas.evaluate("c => c.width") > 200, what="the pad")
    wait_for_rest(page)
    page.mouse.move(*place(top))
    page.mouse.down()
    page.mouse.move(*place(bottom), steps=8)
    page.mouse.up()
    shows(alone, "the answer for a line")

    canvas.focus()
    for key in ("Space", *["ArrowRight"] * 8, "Space"):
        canvas.press(key)
    shows(both, "the answer with a stroke of the keyboard")
    page.get_by_role("radio", name="Test set").click()
    page.get_by_text("True class").wait_for()
    page.get_by_role("radio", name="Draw").click()
    shows(both, "the drawing of before")
    canvas.press("Control+z")
    shows(alone, "the answer without the last stroke")
    page.get_by_role("button", name="Clear", exact=True).click()
    wait_until(lambda: bars.count() == 0, what="no answer for an empty pad")

    page.set_viewport_size({"width": 390, "height": 844})
    canvas.scroll_into_view_if_needed()
    wait_for_rest(page)
    canvas.focus()
    canvas.press("Space")
    canvas.press("Space")
    wait_until(lambda: bars.count() == 1, what="the answer for a point")
    before, devtools = canvas.bounding_box(), page.context.new_cdp_session(page)
    for row in range(top, bottom + 1, 40):
        kind = "touchStart" if row == top else "touchMove"
        points = [dict(zip("xy", place(row), strict=True))]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    shows(alone, "the answer for a line of a finger through the point")
    assert canvas.bounding_box() == before  # the page has not moved with the finger
