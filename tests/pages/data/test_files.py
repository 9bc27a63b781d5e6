"""Data: spreadsheets are read, findings have one-press fixes, and a bad file gives one error."""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.base.errors import BadData
from core.data.datasets import Digits, Spreadsheets
from core.data.inspection.shapes import parse_shape
from core.data.library import Library
from core.jobs import runner
from pages.kit import screen
from tests.pages.data.conftest import errors, letters, metrics, sheet, upload
from tests.pages.shown import draft, press, texts, well


def test_two_spreadsheets_are_read_checked_and_stored(page, tmp_path):
    app = upload(page(came_for="files"), *letters())
    data = draft(app).data
    assert isinstance(data, Spreadsheets) and data.title == "Images"
    assert any("7 × 7 pixels" in text for text in texts(app))
    assert metrics(app)["Training set"] == "28"
    assert Library(tmp_path).open(data.digest).inputs.shape == (40, 1, 7, 7)
    assert not errors(app)


def test_sideways_images_are_transposed_with_one_press_and_back(page, tmp_path):
    app = upload(page(came_for="files"), *letters(sideways=True))
    stored = draft(app).data.digest
    app = press(app, "fix transposed")
    turned = draft(app).data.digest
    here = Library(tmp_path)
    assert np.array_equal(here.open(turned).inputs, here.open(stored).inputs.swapaxes(2, 3))
    assert any("Transposed" in text for text in texts(app))
    assert draft(press(app, "undo transpose")).data.digest == stored


def test_the_toggle_transposes_too(page):
    app = upload(page(came_for="files"), *letters())
    before = draft(app).data.digest
    next(t for t in app.toggle if t.label == "Transpose images").set_value(True).run()
    assert draft(well(app)).data.digest != before


def test_one_file_with_a_label_column(page):
    pictures, labels = (content.decode().split("\n") for content in letters())
    both = "\n".join(f"{b},{a}" for a, b in zip(pictures, labels, strict=True)).encode()
    app = upload(page(came_for="files"), both)
    assert isinstance(draft(app).data, Spreadsheets)
    assert any("contains the labels" in text for text in texts(app))


def test_a_separate_test_set_is_not_split(page):
    app = upload(page(came_for="files"), *letters(), *letters())
    assert metrics(app)["Test set"] == "40"
    assert metrics(app)["Training set"] == "34"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((b"\x89PNG\r\n",), "a PNG image"),
        ((b"",), "is empty"),
        ((letters()[0], sheet([[1]] * 39)), "40 rows"),
        ((sheet([[7] * 783] * 5), sheet([[k % 2] for k in range(5)])), "783 pixel columns"),
        ((letters()[0].replace(b"0,", b"1,0,", 1), letters()[1]), "row 1 has 50 columns"),
    ],
)
def test_a_bad_file_gives_one_error_and_the_old_data_stays(page, files, sentence):
    app = upload(page(came_for="files"), *files)
    assert len(errors(app)) == 1 and sentence in errors(app)[0]
    assert draft(app).data == Digits()
    assert metrics(press(app, "Keep current dataset"))["Training set"] == "1 257"


def test_a_shape_that_is_not_square_is_entered(page):
    wide = sheet([[k % 2 * 200] * 12 for k in range(10)])
    app = page(came_for="files")
    next(w for w in app.text_input if w.label == "Image shape").set_value("3 x 4")
    app = upload(app, wide, sheet([[k % 2] for k in range(10)]))
    assert any("3 × 4 pixels" in text for text in texts(app))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("28 × 28", (1, 28, 28)),
        ("3x32*32", (3, 32, 32)),
        ("3X4", (1, 3, 4)),
    ],
)
def test_a_shape_can_be_written_in_several_ways(text, shape):
    assert parse_shape(text) == shape


@pytest.mark.parametrize("text", ["28", "a × b", "28 × -28", "1×2×3×4", "28 × "])
def test_other_shapes_are_refused(text):
    with pytest.raises(BadData) as caught:
        parse_shape(text)
    assert caught.value.code == "shape_format"


def test_names_of_files_and_classes_are_not_markup(page):
    pictures, _ = letters()
    labels = sheet([["x<b>:red[x]", "y $y$"][k % 2 : k % 2 + 1] for k in range(40)])
    app = page(came_for="files")
    app.file_uploader[0].upload("**a** [b](http://c) $d$.csv", pictures)
    app.file_uploader[1].upload("labels.csv", labels)
    well(app.run())
    app = press(app, "Check files")
    raw = [e.value for e in [*app.markdown, *app.caption]]
    assert not any("](http" in text or "$d$" in text or ":red[x]" in text for text in raw)
    ticks = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["yaxis"]["ticktext"]
    assert not any("<b>:" in tick.removeprefix("<b>") or "$" in tick for tick in ticks)


@pytest.mark.parametrize("came_for", ["files", "sets"])
def test_a_phone_shows_first_what_was_asked_for(page, monkeypatch, came_for):
    monkeypatch.setattr(screen, "phone", lambda: True)
    app = page(came_for=came_for)
    elements = list(app.main)
    upload, sets = (
        next(i for i, e in enumerate(elements) if e.type == kind and (e.label or "").startswith(s))
        for kind, s in (("file_uploader", "Images"), ("button", "Use dataset"))
    )
    assert (upload < sets) == (came_for == "files")


def test_an_error_offers_other_readings_with_the_files_still_chosen(page):
    rows = np.random.default_rng(0).integers(0, 256, (40, 783))
    app = upload(page(came_for="files"), sheet(rows.tolist()), sheet([[k % 2] for k in range(40)]))
    assert "783 pixel columns" in errors(app)[0]
    app = press(app, "Read as a table")
    assert not errors(app)
    assert Library(runner.current().store.home).about(draft(app).data.digest).shape == (783,)


def test_deleting_an_upload_puts_its_draft_back_on_the_digits(page):
    app = upload(page(came_for="files"), *letters())
    digest = draft(app).data.digest
    app = press(app, "Change dataset")
    app = press(app, f"delete {digest}")
    assert draft(app).data == Digits() and not Library(runner.current().store.home).list()


def test_the_command_line_reports_the_same_findings(page, tmp_path, capsys):
    app = upload(page(came_for="files"), *letters(sideways=True))
    for name, content in zip(("Images.csv", "Labels.csv"), letters(sideways=True), strict=True):
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in ("Images.csv", "Labels.csv")]
    assert main(["inspect", *paths, "--json"]) == 0
    findings = json.loads(capsys.readouterr().out.splitlines()[-1])["findings"]
    shown = " ".join(texts(app))
    assert len(findings) > 5 and all(finding["text"] in shown for finding in findings)


def test_images_that_may_be_sideways_are_shown_in_both_orientations(page):
    app = upload(page(came_for="files"), *letters(sideways=True))
    assert {"<b>as stored</b>", "<b>transposed</b>"} <= set(row_names(app))
    assert "<b>transposed</b>" not in row_names(press(app, "Transpose images"))


def row_names(app):
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [name for chart in charts for name in chart["layout"]["yaxis"].get("ticktext", [])]
