"""The offline page in Chromium, from a file and without a network: every layer in JavaScript, the
answers of PyTorch, and what a person does with it.
"""

import io
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.analysis.inside.familiarity import Familiarity
from core.analysis.results import ask
from core.base.numbers import percent
from core.export.offline.page import (
    OfflinePage,
    image_facts,
    make_page,
    table_facts,
    write_page,
)
from core.export.parity import TOLERANCE
from core.export.portable import PortableNetwork
from core.predict.image_form import ImageForm
from core.predict.ink import Ink
from core.predict.strokes import render
from tests.core.export.every_layer import (
    NETWORKS,
    make_inputs,
    make_network,
)

PLACE = """([values, height, width, ink]) => {
    const plane = {values: Float32Array.from(values), height, width};
    return [...placeInk(plane, ink).values];
}"""
GROUPED = """([settings, weights, values]) => {
    const floats = Object.entries(weights).map(([name, list]) => [name, Float32Array.from(list)]);
    const convolve = operations.Conv2d({settings, weights: Object.fromEntries(floats)});
    return [...convolve({shape: [6, 5, 8], values: Float32Array.from(values)}).values];
}"""
JUDGED = """samples => samples.map((raw) => {
    network.predict(raw);
    return network.isUnfamiliar();
})"""
NO_INK = ImageForm((1, 1, 1), None)
ZERO = [[140, 50, 90, 80, 80, 140, 90, 200, 140, 230, 190, 200, 200, 140, 190, 80, 140, 50]]


@pytest.fixture
def offline(page: object, tmp_path: Path):
    """Open a page as a file, and wait for its check; any request fails the test."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    files = []

    def open_page(made: OfflinePage) -> dict[str, float]:
        path = tmp_path / f"{len(files)}.html"
        path.write_text(made.text, "utf-8")
        files.append(path.as_uri())
        page.set_default_timeout(8_000)
        page.goto(path.as_uri())
        parity = page.locator("#parity[data-rows]")
        parity.wait_for()
        assert requests == files
        found = parity.evaluate("element => ({...element.dataset})")
        return {key: float(value) for key, value in found.items()}

    yield open_page
    assert requests == files


# --- without a browser


@pytest.mark.browser
def test_javascript_gives_the_answers_of_pytorch_for_every_layer(offline, page) -> None:
    for name in NETWORKS:
        network = make_network(name, gaps=name == "table")
        inputs = make_inputs(network, 100)
        facts = image_facts(NO_INK) if network.has_images else table_facts(network, inputs)
        found = offline(write_page(network, inputs, facts))
        assert (found["rows"], found["same"]) == (100, 100), name
        assert found["difference"] <= TOLERANCE / 10, name
    # No layer of the lab has groups, but a projection or a new layer may.
    torch.manual_seed(4)
    grouped = torch.nn.Conv2d(6, 9, (3, 2), (1, 2), (2, 0), groups=3)
    x = torch.rand(1, 6, 5, 8)
    weights = {name: value.flatten().tolist() for name, value in grouped.named_parameters()}
    settings = {name: getattr(grouped, name) for name in ("kernel_size", "stride", "padding")}
    settings |= {"in_channels": 6, "out_channels": 9, "groups": 3}
    own = page.evaluate(GROUPED, [settings, weights, x.flatten().tolist()])
    np.testing.assert_allclose(own, grouped(x).detach().flatten(), rtol=1e-5, atol=1e-6)


@pytest.mark.browser
def test_a_drawing_an_image_and_a_sample_are_answered(digits_run, offline, page) -> None:
    ask(digits_run, Familiarity())
    made = make_page(digits_run, PortableNetwork.of(digits_run))
    found = offline(made)
    assert found["same"] == 100 and found["difference"] <= TOLERANCE / 10
    known = made.known
    inputs = digits_run.inputs("test", np.arange(60)).reshape(60, -1)
    judged = page.evaluate(JUDGED, inputs.tolist())
    assert judged == known.is_unfamiliar(digits_run.outputs("test").hidden[:60]).tolist()
    box = page.locator("#pad").bounding_box()
    scale = box["width"] / 280
    corners = ZERO[0][::2], ZERO[0][1::2]
    points = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in zip(*corners, strict=True)]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points:
        page.mouse.move(*point)
    page.mouse.up()
    assert page.locator("#best").inner_text() == "0"
    assert page.locator("#bars .bar").count() == 10
    fractions = [0, 1e-9, 0.0004, 0.0213, 0.3, 0.456, 0.922, 0.9999, 1]
    assert page.evaluate("(some) => some.map(percent)", fractions) == [*map(percent, fractions)]
    drawn = seen(page, 8)
    form = ImageForm.measure(digits_run.data.inputs, digits_run.setup.rows.train)
    expected = form.prepare_drawing(render(ZERO)).pixels[0]
    assert np.abs(drawn - expected).mean() <= 4
    # A second finger does not draw, and a stroke that is taken back while it is drawn stays away.
    devtools = page.context.new_cdp_session(page)
    fingers = [dict(zip("xy", point, strict=True), id=k) for k, point in enumerate(points[:2])]
    for kind, touches in (("Start", fingers[:1]), ("Start", fingers), ("Move", fingers)):
        devtools.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": touches})
    assert page.evaluate("pad.strokes.map(stroke => stroke.length)")[1:] == [2]
    page.evaluate("pad.undo()")
    devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": fingers[:1]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("pad.strokes.length") == 1
    # Keyboard: one stroke more, taken back, and everything cleared.
    page.locator("#pad").focus()
    for key in ("Space", "ArrowRight", "Shift+ArrowDown", "Space"):
        page.keyboard.press(key)
    assert page.evaluate("pad.strokes.length") == 2
    page.keyboard.press("Backspace")
    assert np.abs(seen(page, 8) - drawn).max() <= 1
    page.locator("#clear").click()
    assert page.locator("#bars .bar").count() == 0
    # The same digit as a photograph would show it: black on white, larger, elsewhere.
    paper = (255 * (1 - render(ZERO))).astype(np.uint8)
    wide = np.pad(paper, ((0, 0), (160, 20)), constant_values=255)
    assert not page.locator("#unlike").is_visible()
    noise = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    white = np.stack([np.full_like(paper, 255)] * 3 + [255 - paper], axis=2)  # ink on nothing
    names = ("noise.png", noise), ("zero.png", wide), ("white.png", white), ("again.png", paper)
    page.set_input_files("#upload", [png(*image) for image in names])
    page.locator("#several-note").wait_for()
    assert page.locator("#best").inner_text() == "0"
    assert page.locator("#changes li").count() == 3  # inverted, resized, placed
    cells = page.locator("#answers td").all_inner_texts()
    assert cells[5::4] == ["0"] * 3 and cells[3::4] == ["yes", "no", "no", "no"]
    page.set_input_files("#upload", {"name": "x.png", "mimeType": "image/png", "buffer": b"no"})
    page.locator("#problem", has_text="x.png").wait_for()
    page.locator("#next").click()
    assert page.locator("#sample").inner_text() == "Sample 1 of 100"
    assert page.locator("#problem").inner_text() == ""


@pytest.mark.browser
def test_ink_is_placed_as_in_the_lab(digits_run, offline, page) -> None:
    offline(make_page(digits_run, PortableNetwork.of(digits_run)))
    images = digits_run.data.inputs
    measured = Ink.measure(images)
    drawings = [render(ZERO, pen=9), render(ZERO, pen=40)[::2, ::2], render(ZERO)[40:240, 60:]]
    small = {"shape": (28, 24), "side": 20.0, "centre": (14.0, 12.0), "stroke": 2.2}
    kinds = [{}, {"anchor": "box", "background": 255.0, "stroke": 0.0}, small]
    for change in kinds:
        ink = Ink(**{**vars(measured), **change})
        for drawing in drawings:
            own = page.evaluate(PLACE, [drawing.ravel().tolist(), *drawing.shape, vars(ink)])
            np.testing.assert_allclose(np.reshape(own, ink.shape), ink.place(drawing), atol=3)


@pytest.mark.browser
def test_a_form_and_a_csv_file_are_answered_as_in_the_lab(table_run, offline, page) -> None:
    network = PortableNetwork.of(table_run)
    offline(make_page(table_run, network))
    labels = page.locator("#form label span").all_inner_texts()
    assert labels == ["size", "colour", "age"]
    page.locator("#form").get_by_label("size").fill("12,5")
    page.locator("#form").get_by_label("age").fill("61")
    page.locator("#form").get_by_label("colour").select_option("red")
    raw = page.evaluate("[...form.raw()]")
    titles = table_run.data.columns
    wanted = dict.fromkeys(titles, 0.0) | {"size": 12.5, "age": 61.0, "colour=red": 1.0}
    np.testing.assert_array_equal(raw, [wanted[title] for title in titles])
    best = network.answers(np.array([raw], np.float32))[0].argmax()
    assert page.locator("#best").inner_text() == network.classes[best]
    page.locator("#form").get_by_label("age").fill("old")
    assert "age" in page.locator("#problem").inner_text()
    text = 'bought;age;colour;size\nx;61;red;12,5\n"=1;2";33;;\ny;20,25;=1+1;7\nz;1;green;1'
    upload(page, "people.csv", text)
    page.locator("#several-note").wait_for()
    inputs = np.array([[12.5, 61], [np.nan, 33], [7, 20.25], [1, 1]], np.float32)
    rows = np.zeros((4, len(titles)), np.float32)
    rows[:, titles.index("size")], rows[:, titles.index("age")] = inputs.T
    rows[0, titles.index("colour=red")] = rows[2, titles.index("colour==1+1")] = 1
    colours = [i for i, title in enumerate(titles) if title.startswith("colour=")]
    rows[1, colours] = np.nan
    rows[1, titles.index("size (missing)")] = 1
    answers = network.answers(rows)
    cells = page.locator("#answers td").all_inner_texts()
    assert cells[1::4] == ["x", "=1;2", "y", "z"]  # `bought` identifies the rows
    assert cells[2::4] == [network.classes[best] for best in answers.argmax(1)]
    np.testing.assert_allclose([float(c) for c in cells[3::4]], answers.max(1), rtol=1e-4)
    with page.expect_download() as download:
        page.locator("#download").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == 5
    note = page.locator("#several-note").inner_text()
    gaps, _, outside = note.partition("Outside")
    assert "green" in note and "age (row 5)" in outside and "size" not in outside
    assert "size (row 3)" in gaps and "colour (row 3)" in gaps
    refused = {
        "size,colour\n1,red": "“age”",
        "size,age,colour\n1,,red": "“age” is empty",  # training has no gap there
        "size,age\n1,2": "colour",
        "size,age,colour\n1,2 years,red": "Row 2",
        'size,age,colour\n1,"1,059",red': "1059 or 1.059",
        "size;age;colour\n1;2,5;red\n1;2.5;red": "Row 3",
        "1,2,red,4\n1,2,red,4": "4 columns",
        "PK\x03\x04": "CSV",
        " ": "empty",
    }
    for text, part in refused.items():
        upload(page, "some.csv", text)
        page.locator("#problem", has_text=part).wait_for()
        assert not page.locator("#several").is_visible()  # the answers to the file before
    upload(page, "upper.csv", " SIZE,Age,COLOUR,id\n1,2,red,k1\n1,2,red,k2\n")
    page.locator("#answers td", has_text="k2").wait_for()
    # Without titles, in Windows-1252, with words for missing values and thousands in German style.
    upload(page, "plain.csv", "-;NA;1.5\r\n2;red;\u22122\r\n".encode("utf-8"))
    page.locator("#several-note", has_text="2 answers").wait_for()
    script = "text => parseCsv(text).map(row => [...encodeRow(model, field => row[field.index])])"
    rows = np.array(page.evaluate(script, "-,NA,1.5\n2,red,\u22122"), np.float32)
    assert np.isnan(rows[0, titles.index("size")]) and np.isnan(rows[0, colours]).all()
    assert rows[0, titles.index("size (missing)")] == 1 and rows[1, titles.index("age")] == -2
    upload(page, "old.csv", "size,age,colour,Größe\n1,2,grün,3\n".encode("cp1252"))
    page.locator("#several-note", has_text="grün").wait_for()


@pytest.mark.browser
def test_images_are_prepared_as_in_the_lab(digits_run, offline, page) -> None:
    offline(make_page(digits_run, PortableNetwork.of(digits_run)))
    forms = [
        ImageForm.measure(digits_run.data.inputs, digits_run.setup.rows.train),
        ImageForm((3, 12, 10), None),
        ImageForm((1, 9, 9), None),
        ImageForm((1, 9, 6), None, stretched=True),
    ]
    forms.append(replace(forms[0], stretched=True))
    random = np.random.default_rng(8)
    blot = np.full((60, 70, 3), 250, np.uint8)
    blot[12:44, 30:38] = blot[20:28, 20:52] = (20, 60, 120)
    photo = random.integers(0, 256, (5, 7, 3)).astype(np.uint8).repeat(9, 0).repeat(9, 1)
    small = np.zeros((8, 8, 3), np.uint8)
    small[:, 3:5] = 255
    shade = np.linspace(1, 0.5, 70)[None, :, None] * np.linspace(1, 0.8, 60)[:, None, None]
    photographed = (blot * shade).round().astype(np.uint8)
    script = """([data, form]) => decodeImage(new Blob([Uint8Array.from(data)]))
        .then(image => prepareImage(image, form)).then(({raw, changes}) =>
        [[...raw], changes.length])"""
    for form in forms:
        for pixels in (blot, 255 - blot, photo, small, photographed):
            wanted = form.prepare(pixels)
            content = list(png("some.png", pixels)["buffer"])
            raw, changes = page.evaluate(script, [content, asdict(form)])
            tolerance = 4 if form.ink else 1
            np.testing.assert_allclose(
                np.reshape(raw, form.shape), wanted.pixels.astype(float), atol=tolerance
            )
            assert changes == len(wanted.findings)


@pytest.mark.browser
def test_values_have_their_name_and_unit(values_run, offline, page) -> None:
    found = offline(make_page(values_run, PortableNetwork.of(values_run)))
    assert found["same"] == 100 and found["difference"] <= TOLERANCE / 10
    assert page.locator("#best-note").inner_text() == "price"
    page.locator("#form").get_by_label("tax").fill("1e6")
    assert "tax" in page.locator("#changes").inner_text()
    assert page.evaluate("csvText([['=1+1', '-3.5', '@x', 'a\"b,c']])") == (
        '\'=1+1,-3.5,\'@x,"a""b,c"\n'
    )


def seen(page: object, side: int) -> np.ndarray:
    """The pixels that the page shows as what the network sees."""
    script = f"[...byId('pixels').getContext('2d').getImageData(0, 0, {side}, {side}).data]"
    return np.array(page.evaluate(script)).reshape(side, side, 4)[..., 0]


def png(name: str, pixels: np.ndarray) -> dict[str, object]:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def upload(page: object, name: str, content: str | bytes) -> None:
    content = content.encode() if isinstance(content, str) else content
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.set_input_files("#upload", file)
