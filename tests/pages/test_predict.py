"""The page Predict without a browser: which runs answer, and what each kind of input shows."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from core.analysis.catalogue import Familiarity
from core.analysis.column_fills import ROWS, ways_to_fill
from core.analysis.results import result_of
from core.base.encoding import encode
from core.base.numbers import percent, whole
from core.data.datasets import Digits, Spreadsheets
from core.data.inspection.encoding import ColumnEncoding
from core.data.library import Library
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.jobs.kinds import KINDS, RUN
from core.jobs.lane import Lane
from core.network.layers import Output
from core.network.presets import SoftmaxRegression
from core.predict.inputs import Inputs, read_inputs
from core.predict.predictor import open_predictor
from core.predict.strokes import render
from core.runs.store import Store
from pages.kit.live_chart import ASSETS
from pages.kit.pad import KEYBOARD
from pages.parts.predict import draw
from pages.parts.predict.columns import FILL, LABELS
from pages.parts.predict.photo import is_secure
from tests.conftest import ended, script, write
from tests.pages.shown import press, texts, visit, well, written

LINE = [140, 30, 142, 140, 140, 250]
POINTS = b"x1,x2\n0.1,0.2\n-0.5,0.7\n0.9,-0.9\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def runs(home):
    """Finished runs: digits of two sizes, points of two classes, and values."""
    store = Store(home)
    plain = {"network": SoftmaxRegression().layers((1, 8, 8)), "regularizers": (), "epochs": 1}
    digits = shipped()["digits"].model_copy(update=plain)
    wanted = {
        "small": digits,
        "large": digits.model_copy(update={"data": Digits(size=28)}),
        "points": shipped()["spirals"],
        "values": shipped()["sine"],
    }
    found = {}
    for name, experiment in wanted.items():
        changes = {"name": name, "epochs": 1, "device": "cpu"}
        found[name] = store.create(encode(experiment.model_copy(update=changes)))
        KINDS[RUN].execute(home, found[name])
        result_of(store, found[name], Familiarity())
    return found


@pytest.fixture(autouse=True)
def lab(home, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(home))
    monkeypatch.setattr(runner, "_current", None)


def open_input(name, *chosen):
    """Open the page for these runs, with this kind of input."""
    app = visit("predict", run=chosen[0])
    if len(chosen) > 1:
        well(app.multiselect[0].set_value(list(chosen)).run())
    menu = next(w for w in app.get("button_group") if w.label == "Input")
    return app if menu.value == name else well(menu.set_value(name).run())


def upload(app, *files):
    """Upload files, given as names and contents."""
    (field,) = app.file_uploader
    for name, content in files:
        field.upload(name, content)
    return well(app.run())


def answers(app):
    """The answers in large letters."""
    return [text[3:] for text in texts(app) if text.startswith("## ")]


def table(app):
    return written(app.dataframe[0])


def image(seed=0):
    """A PNG file of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (30, 20), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


# --- kinds of input


def test_a_drawing_is_answered_by_two_runs_for_images_of_different_sizes(home, runs, monkeypatch):
    app = visit("predict", run=runs["small"])
    assert answers(app) == [] and len(app.get("bidi_component")) == 1
    app.session_state["kept predict strokes"] = json.dumps([LINE])
    app = well(app.multiselect[0].set_value([runs["small"], runs["large"]]).run())
    expected = []
    for name in ("small", "large"):
        predictor = open_predictor(Store(home), runs[name])
        pixels = predictor.form.prepare_drawing(render([LINE])).pixels
        expected.append(predictor.predict(pixels[None])[0])
    assert answers(app) == [one.label for one in expected]
    for one in expected:
        assert any(f"Probability **{percent(one.probability)}**" in text for text in texts(app))
    assert len(app.get("bidi_component")) == 3  # the pad, and the bars of each run
    monkeypatch.setattr(draw, "phone", lambda: True)  # the answers are above the pad, too
    short = [f"**{one.label}** ({percent(one.probability)})" for one in expected]
    assert " · ".join(short) in texts(well(app.run()))


def test_strokes_that_no_pad_draws_are_ignored(runs):
    app = visit("predict", run=runs["small"])
    app.session_state["kept predict strokes"] = json.dumps([[1], [-5, 7], "x", {"a": 1}])
    assert answers(well(app.run())) == []


def test_one_image_has_an_answer_and_several_a_table(home, runs):
    app = upload(open_input("Images", runs["small"]), ("noise.png", image()))
    assert len(answers(app)) == 1 and not app.dataframe
    predictor = open_predictor(Store(home), runs["small"])
    inputs = read_inputs(predictor, [image()], ["noise.png"])
    (found,) = predictor.predict(inputs.values)
    assert found.finding.code == "unfamiliar_input"  # noise is no digit
    shown = " ".join(texts(app))
    assert found.finding.text in shown and all(step.text in shown for step in inputs.steps[0])
    app = upload(app, ("other.png", image(1)), ("third.png", image(2)))
    assert sorted(table(app)["Name"]) == ["other.png", "third.png"]
    assert list(table(app).columns)[1:4] == ["Image", "Answer", "Probability"]


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("Images", "broken.png", b"\x89PNG\r\n\x1a\n broken"),
        ("Images", "=cmd.txt", b"no image"),
        ("Spreadsheet", "narrow.csv", b"a,b,c\n1,2,3\n4,5,6\n"),
        ("Spreadsheet", "empty.csv", b""),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_with_its_name(runs, kind, name, content):
    app = upload(open_input(kind, runs["small"]), (name, content))
    assert not answers(app) and not app.dataframe
    assert [text for text in texts(app) if name in text]


def test_a_spreadsheet_is_answered_row_by_row_and_filtered(home, runs):
    app = upload(open_input("Spreadsheet", runs["points"]), ("points.csv", POINTS))
    predictor = open_predictor(Store(home), runs["points"])
    inputs = np.array([[0.1, 0.2], [-0.5, 0.7], [0.9, -0.9]], np.float32)
    expected = list(predictor.predict(inputs))
    order = sorted(range(3), key=lambda row: expected[row].probability)
    assert list(table(app)["Answer"]) == [expected[row].label for row in order]
    assert list(table(app)["Probability"]) == [percent(expected[row].probability) for row in order]
    files = {w.proto.label: w.proto for w in app.get("download_button")}
    assert set(files) >= {"CSV", "XLSX"}
    menu = next(w for w in app.get("button_group") if w.label == "Show")
    app = well(menu.set_value("Unsure").run())
    unsure = [row for row in order if expected[row].probability < 0.8]
    assert len(table(app)) == len(unsure)


def test_values_have_no_probability(home, runs):
    app = upload(open_input("Spreadsheet", runs["values"]), ("x.csv", b"x\n0.25\n0.5\n"))
    assert "Value" in table(app) and "Probability" not in table(app)
    app = open_input("Test set", runs["values"])
    predictor = open_predictor(Store(home), runs["values"])
    (found,) = predictor.predict(predictor.samples("test", [0]))
    assert float(answers(app)[0]) == pytest.approx(found.answer, rel=1e-3)


def test_another_sample_of_the_test_set_has_its_own_class_and_answer(home, runs):
    app = open_input("Test set", runs["points"])
    predictor = open_predictor(Store(home), runs["points"])
    seen = set()
    for _ in range(3):
        row = app.number_input[0].value - 1
        seen.add(row)
        (found,) = predictor.predict(predictor.samples("test", [row]))
        truth = predictor.classes[predictor.targets("test", [row])[0]]
        assert answers(app) == [found.label]
        assert f"True class: **{truth}**" in texts(app)
        app = press(app, "Show another sample")
    assert len(seen) == 3
    app.toggle[0].set_value(True)
    assert any("What the answer depends on" in text for text in texts(well(app.run())))


# --- which runs


def test_runs_for_other_inputs_are_named_and_left_out(runs):
    app = open_input("Test set", runs["points"], runs["small"], runs["values"])
    assert len(answers(app)) == 1
    for name in ("small", "values"):
        assert any(f"**{name}** takes" in text for text in texts(app))
    assert not [w for w in app.get("button_group") if "Draw" in w.options]


def test_selected_runs_open_side_by_side(runs):
    app = visit("runs")
    app.session_state["kept together"] = json.dumps([runs["large"], runs["small"]])
    app.query_params["run"] = runs["large"]
    app = well(app.switch_page("predict.py").run())
    assert app.multiselect[0].value == [runs["large"], runs["small"]]


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A lab without runs, where nothing is trained."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    yield Store(tmp_path)
    runner.current().close()


def test_renamed_columns_are_chosen_and_identifiers_are_shown(empty):
    rows = [f"{i}{k},{'no' if i < 5 else 'yes'}" for i in range(10) for k in (",1,3", ",2,1")]
    digest, _ = Library(empty.home).add("\n".join(["left,right,top,label", *rows]).encode())
    data = Spreadsheets(digest=digest, title="Table")
    table_run = Experiment(data=data, network=(Output(),), epochs=1, device="cpu")
    run = empty.create(encode(table_run))
    KINDS[RUN].execute(empty.home, run)
    content = b"user_id,Left side,other,top\nK1,1,2,3\nK2,9,1,1\n"
    app = upload(open_input("Spreadsheet", run), ("new.csv", content))
    menus = {menu.label: menu for menu in app.selectbox if menu.label in ("left", "right")}

    def right(app):
        return next(menu for menu in app.selectbox if menu.label == "right")

    assert [menu.value for menu in menus.values()] == ["Left side", None] and not app.dataframe
    # The bar of the reading ends with it, also by an error; a measurement may have its own.
    assert "predict_stop spreadsheet" not in [button.key for button in app.button]
    app = well(menus["right"].set_value("other").run())
    predictor = open_predictor(empty, run)
    expected = predictor.predict(np.array([[1, 2, 3], [9, 1, 1]], np.float32))
    shown = dict(zip(table(app)["user_id"], table(app)["Answer"], strict=True))
    assert shown == {"K1": expected[0].label, "K2": expected[1].label}
    app = well(right(app).set_value("Left side").run())  # for both columns
    assert not app.dataframe and right(app).value == "Left side"
    app = well(right(app).set_value(f"{FILL}mean").run())
    mean = predictor.origin.inspection.samples.inputs[predictor.origin.train_rows, 1].mean()
    expected = predictor.predict(np.array([[1, mean, 3], [9, mean, 1]], np.float32))
    shown = dict(zip(table(app)["user_id"], table(app)["Answer"], strict=True))
    assert shown == {"K1": expected[0].label, "K2": expected[1].label}
    # A file with all columns, one of which has a gap that training did not have.
    content = b"user_id,left,right,top\nK1,1,,3\nK2,9,1,1\n"
    app = upload(open_input("Spreadsheet", run), ("gap.csv", content))
    assert right(app).value is None and not app.dataframe
    app = well(right(app).set_value(f"{FILL}rows").run())
    assert list(table(app)["user_id"]) == ["K2"]
    app = well(right(app).set_value(f"{FILL}most_frequent").run())
    assert sorted(table(app)["user_id"]) == ["K1", "K2"]
    # A comma that may be a decimal sign or separate thousands; the choice can be undone.
    content = b"left;right;top\n1;2;1,054\n"
    app = upload(open_input("Spreadsheet", run), ("comma.csv", content))
    for label, top in (("Commas are decimal signs", 1.054), ("Commas separate thousands", 1054)):
        assert not app.dataframe
        app = press(app, label)
        (expected,) = predictor.predict(np.array([[1, 2, top]], np.float32))
        assert list(table(app)["Answer"]) == [expected.label]
        app = press(app, "predict undo decimal")
    # An encoding that was detected, and the one that another program wrote.
    content = "left,right,top,town\n1,2,3,Zürich\n".encode("mac_roman")
    app = press(upload(open_input("Spreadsheet", run), ("mac.csv", content)), "Read as Mac")
    assert "predict undo encoding" in [button.key for button in app.button]


def test_every_way_to_fill_a_gap_has_a_menu_entry() -> None:
    ways = {
        way
        for kind in ("number", "one_hot")
        for way in ways_to_fill(ColumnEncoding("", 0, 0, kind))
    }
    assert {*LABELS} == {*ways, ROWS}


def test_a_lab_without_a_finished_run_offers_a_first_one(empty):
    app = press(visit("predict"), "Train on digits")
    assert len(runner.current().line()) == 1
    assert app.title[0].value == "Watch"


def test_the_pads_of_the_page_and_of_the_offline_page_have_the_same_keys() -> None:
    assert KEYBOARD in (ASSETS / "offline" / "page.html").read_text("utf-8")


def test_row_numbers_are_grouped_in_titles_and_plain_in_names() -> None:
    inputs = Inputs(np.zeros((2, 1)), ("row 1574", "row.png"))
    assert [inputs.title(k) for k in (0, 1)] == [f"row {whole(1574)}", "row.png"]
    assert inputs.names[0] == "row 1574"


@pytest.mark.parametrize("reason", ["failed", "diverged", "done", ""])
def test_a_run_that_cannot_answer_is_named_with_the_way_to_it(empty, reason):
    run = empty.create(encode(shipped()["digits"].model_copy(update={"name": "Mine"})))
    write(empty, run, [*script(), *([ended(reason)] if reason else [])])  # without weights
    app = visit("predict", run=run)
    assert any("**Mine**" in text for text in texts(app))
    assert press(app, "Open this run").title[0].value == "Watch"


def test_a_run_in_progress_answers_later_and_finished_ones_meanwhile(home, runs, monkeypatch):
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    run = runner.current().submit(encode(shipped()["digits"]), by="lab")
    try:
        app = visit("predict", run=run)
        assert any("It can answer when it has ended" in text for text in texts(app))
        assert app.multiselect[0].value == [runs["values"]]  # the newest one
    finally:
        runner.current().stop(run, by="lab")
        runner.current().delete(run, by="lab")
        runner.current().close()


def test_a_run_that_is_gone_is_reported(runs):
    app = visit("predict", run="20260101-000000-abcdef")
    assert any("Run not found" in text for text in texts(app))
    assert app.multiselect[0].value == [runs["values"]]


# --- the camera


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8501/predict", True),
        ("http://127.0.0.1:8501/predict", True),
        ("https://lab.school.example/predict", True),
        ("http://192.168.1.20:8501/predict", False),
        ("http://localhost.example/predict", False),
    ],
)
def test_the_camera_is_offered_where_browsers_allow_it(url, expected):
    assert is_secure(url) is expected
