"""Data: a set is picked or uploaded, what was found is said and fixed with one press, and a failure
loses nothing.
"""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import runner
from core.__main__ import main
from core.data.library import Library
from core.data.normalization import Unit
from core.data.ready import fetched
from core.data.samples import Samples
from core.data.sets import MNIST, Digits, Spreadsheets
from core.encoding import decode, encode
from core.errors import BadExperiment, Unavailable
from core.experiment import Experiment
from pages.ui.upload import parse_shape
from tests.conftest import ROOT


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    monkeypatch.setattr(runner, "_current", None)

    def opened(data=None, came_for=""):
        app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
        app.session_state["draft"] = encode(Experiment(data=data or Digits()))
        app.run()
        if came_for:
            app.query_params["from"] = came_for
        return well(app.switch_page("data.py").run())

    return opened


def well(app):
    assert not app.exception, app.exception
    return app


def draft(app):
    return decode(Experiment, app.session_state["draft"])


def press(app, name):
    next(b for b in app.button if name in (b.key, b.label)).click()
    return well(app.run())


def texts(app):
    return [e.value.replace("\\", "") for e in [*app.markdown, *app.caption]]


def errors(app):
    return [e.value.replace("\\", "") for e in app.error]


def metrics(app):
    return {m.label: m.value.replace("\u202f", " ") for m in app.metric}


def sheet(rows):
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def letters(lying=False):
    """40 pictures of 7 × 7 of two classes, an upright bar left or right, as two spreadsheets."""
    pictures = np.zeros((40, 7, 7), np.uint8)
    pictures[::2, :, 1], pictures[1::2, :, 5] = 200, 255
    pictures = pictures.swapaxes(1, 2) if lying else pictures
    return sheet(pictures.reshape(40, -1).tolist()), sheet([[k % 2] for k in range(40)])


def upload(app, *files):
    for chooser, content in zip(app.file_uploader, files, strict=False):
        if content is not None:
            chooser.upload(f"{chooser.label.split()[0]}.csv", content)
    well(app.run())
    return press(app, "Check these files")


def test_a_built_in_set_is_shown_with_its_pictures_and_numbers(page):
    app = page()
    assert metrics(app) == {
        "Train": "1 257",
        "Validation": "270",
        "Test": "270",
        "Mean ± deviation": "0.306 ± 0.376",
        "RMS": "0.485",
    }
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(chart["layout"]["images"]) == 10
    assert chart["data"][0]["text"][0] == "178"


def test_other_pictures_are_drawn_on_request(page):
    app = page()

    def first():
        chart = json.loads(app.get("plotly_chart")[0].proto.spec)
        return chart["layout"]["images"][0]["source"]

    before = first()
    press(app, "Others")
    assert first() != before


def test_a_set_is_picked_with_its_own_field(page):
    app = page(came_for="sets")
    next(w for w in app.get("button_group") if w.label.startswith("Size")).set_value(28).run()
    app = press(app, "use digits")
    assert draft(app).data == Digits(size=28)
    assert "Digits 28×28" in " ".join(texts(app))
    assert "from" not in app.query_params


def test_a_set_that_must_be_fetched_is_not_fetched_by_looking(page, monkeypatch):
    def fetch(*_, **__):
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(fetched, "fetched", fetch)
    app = page(MNIST())
    assert any("is not on this disk yet" in text for text in texts(app))
    assert any(b.label == "Fetch MNIST" for b in app.button)


def test_offline_is_one_sentence_and_the_old_data_stays(page, monkeypatch):
    def offline(home, progress, kind):
        progress(0.5, "train-images: 5 of 10 MB")
        raise Unavailable("MNIST could not be loaded (no route): choose the digits.")

    monkeypatch.setattr(fetched, "fetched", offline)
    app = press(page(came_for="sets"), "use mnist")
    assert errors(app) == ["MNIST could not be loaded (no route): choose the digits."]
    assert draft(app).data == Digits()
    assert not errors(press(app, "Keep this data"))


def test_a_fetched_set_becomes_the_draft(page, monkeypatch):
    def here(home, progress, kind):
        progress(1.0, "done")
        images = np.zeros((20, 1, 28, 28), np.uint8)
        return Samples("MNIST", images, np.arange(20) % 10, tuple("0123456789"))

    monkeypatch.setattr(fetched, "fetched", here)
    app = press(page(came_for="sets"), "use mnist")
    assert draft(app).data == MNIST()


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


def test_split_and_scale_reach_the_draft_and_the_numbers(page):
    app = page()
    next(w for w in app.get("button_group") if w.label == "Step").set_value("Split and scale").run()
    next(w for w in app.number_input if w.label.startswith("Validation")).set_value(0.3)
    next(w for w in app.get("button_group") if w.label == "Normalization").set_value("unit")
    well(app.run())
    assert draft(app).split.validation == 0.3 and draft(app).normalization == Unit()
    assert metrics(app)["Validation"] == "539"
    table = app.dataframe[0].value
    before, after = table.iloc[0], table.iloc[1]
    assert float(after["Mean"]) == pytest.approx(float(before["Mean"]) / 255, abs=1e-3)


def test_shares_that_leave_nothing_are_refused(page):
    app = page()
    next(w for w in app.get("button_group") if w.label == "Step").set_value("Split and scale").run()
    next(w for w in app.number_input if w.label.startswith("Validation")).set_value(0.9)
    well(app.run())
    assert draft(app).split.validation == 0.15
    assert any("leave nothing to train on" in text for text in texts(app))


def test_data_that_was_deleted_says_so(page):
    app = page(Spreadsheets(digest="0" * 64, title="Gone"))
    assert any("not on this disk" in text for text in [*texts(app), *errors(app)])
    start = next(b for b in app.button if b.key == "bar_start")
    assert start.disabled


def test_a_refusal_offers_its_ways_out_with_the_files_still_chosen(page):
    rows = np.random.default_rng(0).integers(0, 256, (40, 783))
    app = upload(page(came_for="files"), sheet(rows.tolist()), sheet([[k % 2] for k in range(40)]))
    assert "no square picture" in errors(app)[0]
    app = press(app, "Read as a table of numbers")
    assert not errors(app)
    assert Library(runner.current().store.home).about(draft(app).data.digest).shape == (783,)


def test_the_draft_follows_its_data_and_says_so(page):
    app = page(came_for="sets")
    next(w for w in app.get("button_group") if w.key == "ready sets").set_value(
        "Points and curves"
    ).run()
    app = press(app, "use spirals")
    assert draft(app).data.kind == "spirals" and draft(app).normalization.per == "channel"
    said = " ".join(e.value for e in app.info)
    assert "is the network now" in said and not app.error
    assert metrics(app)["Columns"] == "2"


def test_an_upload_can_be_deleted_and_its_draft_goes_back_to_the_digits(page):
    app = upload(page(came_for="files"), *letters())
    digest = draft(app).data.digest
    app = press(app, "Change data")
    app = press(app, f"delete {digest}")
    assert draft(app).data == Digits() and not Library(runner.current().store.home).list()


def test_shares_are_picked_with_one_press(page):
    app = page()
    next(w for w in app.get("button_group") if w.key == "data_step").set_value(
        "Split and scale"
    ).run()
    app = press(app, "shares 98 / 1 / 1")
    assert (draft(app).split.validation, draft(app).split.test) == (0.01, 0.01)
    assert metrics(app)["Train"] == "1 761"


def go(app, step):
    next(w for w in app.get("button_group") if w.key == "data_step").set_value(step).run()
    return well(app)


def pictures_shown(app):
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [image["source"] for chart in charts for image in chart["layout"]["images"]]


def test_augmentations_are_switched_on_and_shown_before_and_after(page):
    app = go(page(), "Augment")
    before = pictures_shown(app)
    assert before[:7] == before[7:14]  # nothing is changed yet
    next(t for t in app.toggle if t.label == "Noise").set_value(True)
    app = well(app.run())
    assert [a.kind for a in draft(app).augmentations] == ["noise"]
    app = well(app.run())
    changed = pictures_shown(app)
    assert changed[:7] == before[:7] and all(a != b for a, b in zip(changed, changed[7:14]))


def test_a_change_that_does_not_fit_is_one_sentence(page):
    app = go(page(), "Augment")
    next(t for t in app.toggle if t.label == "Crop").set_value(True)
    app = well(app.run())
    next(n for n in app.number_input if n.label.startswith("Padding")).set_value(9)
    app = well(well(app.run()).run())
    assert any("make the padding at most 7" in text for text in texts(app))


def test_label_noise_says_how_many_are_wrong_and_which(page):
    app = go(page(), "Label noise")
    assert any("All 1 257 training labels" in text.replace("\u202f", " ") for text in texts(app))
    next(n for n in app.number_input if n.label.startswith("Share")).set_value(0.2)
    app = well(well(app.run()).run())
    assert draft(app).label_noise.share == 0.2
    assert any("251 of 1 257" in text.replace("\u202f", " ") for text in texts(app))
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    pairs = [t.split(" → ") for chart in charts for t in chart["layout"]["xaxis"]["ticktext"]]
    assert len(pairs) == 21 and all(true != wrong for true, wrong in pairs)


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
