"""Data: spreadsheets are read, what was found is said and fixed with one press, and a bad file is
one sentence.
"""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.base.errors import BadExperiment
from core.data.datasets import Digits, Spreadsheets
from core.data.library import Library
from core.jobs import runner
from pages.parts.data.upload import parse_shape
from tests.pages.data.conftest import errors, letters, metrics, sheet, upload
from tests.pages.shown import draft, press, texts, well


def test_two_spreadsheets_are_read_checked_and_kept(page, tmp_path):
    app = upload(page(came_for="files"), *letters())
    data = draft(app).data
    assert isinstance(data, Spreadsheets) and data.title == "Pictures"
    assert any("7×7 pixels" in text for text in texts(app))
    assert metrics(app)["Train"] == "28"
    assert Library(tmp_path).open(data.digest).inputs.shape == (40, 1, 7, 7)
    assert not errors(app)


def test_pictures_that_lie_are_turned_with_one_press_and_turned_back(page, tmp_path):
    app = upload(page(came_for="files"), *letters(lying=True))
    lying = draft(app).data.digest
    app = press(app, "fix transposed")
    turned = draft(app).data.digest
    here = Library(tmp_path)
    assert np.array_equal(here.open(turned).inputs, here.open(lying).inputs.swapaxes(2, 3))
    assert any("Transposed" in text for text in texts(app))
    assert draft(press(app, "undo transpose")).data.digest == lying


def test_the_switch_turns_them_too(page):
    app = upload(page(came_for="files"), *letters())
    before = draft(app).data.digest
    next(t for t in app.toggle if t.label == "Transpose").set_value(True).run()
    assert draft(well(app)).data.digest != before


def test_one_file_with_a_label_column(page):
    pictures, labels = (content.decode().split("\n") for content in letters())
    both = "\n".join(f"{b},{a}" for a, b in zip(pictures, labels, strict=True)).encode()
    app = upload(page(came_for="files"), both)
    assert isinstance(draft(app).data, Spreadsheets)
    assert any("holds the labels" in text for text in texts(app))


def test_a_test_pair_is_kept_apart(page):
    app = upload(page(came_for="files"), *letters(), *letters())
    assert metrics(app)["Test"] == "40"
    assert metrics(app)["Train"] == "34"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((b"\x89PNG\r\n",), "a PNG picture"),
        ((b"",), "empty"),
        ((letters()[0], sheet([[1]] * 39)), "40 rows"),
        ((sheet([[7] * 783] * 5), sheet([[k % 2] for k in range(5)])), "no square picture"),
        ((letters()[0].replace(b"0,", b"1,0,", 1), letters()[1]), "49 values"),
    ],
)
def test_a_bad_file_is_one_sentence_and_the_old_data_stays(page, files, sentence):
    app = upload(page(came_for="files"), *files)
    assert len(errors(app)) == 1 and sentence in errors(app)[0]
    assert draft(app).data == Digits()
    assert metrics(press(app, "Keep this data"))["Train"] == "1 257"


def test_a_shape_that_is_no_square_is_given_by_hand(page):
    wide = sheet([[k % 2 * 200] * 12 for k in range(10)])
    app = page(came_for="files")
    next(w for w in app.text_input if w.label == "Picture shape").set_value("3 x 4")
    app = upload(app, wide, sheet([[k % 2] for k in range(10)]))
    assert any("3×4 pixels" in text for text in texts(app))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("", None),
        (" ", None),
        ("28 × 28", (1, 28, 28)),
        ("3x32*32", (3, 32, 32)),
        ("3X4", (1, 3, 4)),
    ],
)
def test_shapes_are_written_as_people_do(text, shape):
    assert parse_shape(text) == shape


@pytest.mark.parametrize("text", ["28", "a × b", "28 × -28", "1×2×3×4", "28 × "])
def test_other_shapes_are_refused(text):
    with pytest.raises(BadExperiment, match="28 × 28"):
        parse_shape(text)


def test_names_of_files_and_classes_are_data_and_no_markup(page):
    pictures, _ = letters()
    labels = sheet([["x<b>:red[x]", "y $y$"][k % 2 : k % 2 + 1] for k in range(40)])
    app = page(came_for="files")
    app.file_uploader[0].upload("**a** [b](http://c) $d$.csv", pictures)
    app.file_uploader[1].upload("labels.csv", labels)
    well(app.run())
    app = press(app, "Check these files")
    raw = [e.value for e in [*app.markdown, *app.caption]]
    assert not any("](http" in text or "$d$" in text or ":red[x]" in text for text in raw)
    ticks = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["yaxis"]["ticktext"]
    assert not any("<b>:" in tick.removeprefix("<b>") or "$" in tick for tick in ticks)


def test_a_refusal_offers_its_ways_out_with_the_files_still_chosen(page):
    rows = np.random.default_rng(0).integers(0, 256, (40, 783))
    app = upload(page(came_for="files"), sheet(rows.tolist()), sheet([[k % 2] for k in range(40)]))
    assert "no square picture" in errors(app)[0]
    app = press(app, "Read as a table of numbers")
    assert not errors(app)
    assert Library(runner.current().store.home).about(draft(app).data.digest).shape == (783,)


def test_an_upload_can_be_deleted_and_its_draft_goes_back_to_the_digits(page):
    app = upload(page(came_for="files"), *letters())
    digest = draft(app).data.digest
    app = press(app, "Change data")
    app = press(app, f"delete {digest}")
    assert draft(app).data == Digits() and not Library(runner.current().store.home).list()


def test_the_command_line_says_the_same(page, tmp_path, capsys):
    app = upload(page(came_for="files"), *letters(lying=True))
    for name, content in zip(("Pictures.csv", "Labels.csv"), letters(lying=True), strict=True):
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in ("Pictures.csv", "Labels.csv")]
    assert main(["inspect", *paths, "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])["findings"]
    shown = " ".join(texts(app))
    assert len(said) > 5 and all(finding["message"] in shown for finding in said)


def test_pictures_that_may_lie_are_shown_both_ways(page):
    app = upload(page(came_for="files"), *letters(lying=True))
    assert {"<b>as stored</b>", "<b>turned</b>"} <= set(row_names(app))
    assert "<b>turned</b>" not in row_names(press(app, "Transpose"))


def row_names(app):
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [name for chart in charts for name in chart["layout"]["yaxis"].get("ticktext", [])]
