"""Data: the table of columns, its choices, and the way from a refused file to a checked one."""

import pytest

from core.base.encoding import encode
from core.data.datasets import correct
from core.data.inspection.column_table import ColumnFacts
from core.data.library import Library
from core.data.reading import ColumnChoice, Reading
from core.experiment import shipped
from core.jobs import runner
from core.network.presets import Small
from pages.kit import session
from pages.parts.data.columns import (
    COLUMN,
    MARK,
    PROBLEM,
    choices_from_edits,
    describe,
    describe_choices,
)
from tests.pages.data.conftest import errors, letters, upload
from tests.pages.shown import draft, press, texts, well

PEOPLE = "who,age,port,label\n" + "".join(
    f"Mr {i},{i % 7},{'SCQ'[i % 3]},{i % 2}\n" for i in range(40)
)


@pytest.fixture
def edit(monkeypatch):
    """Stand in for the browser: AppTest cannot edit cells of a table."""
    cells, real = {}, session.widget_value

    def widget_value(key):
        return {"edited_rows": cells} if key.startswith("columns ") else real(key)

    monkeypatch.setattr(session, "widget_value", widget_value)
    return cells


def tables(app):
    return [frame.value for frame in app.dataframe if COLUMN in frame.value]


def about(app):
    return Library(runner.current().store.home).about(draft(app).data.digest)


def start(app):
    return next(button for button in app.button if button.key == "bar_start")


def test_a_refused_file_shows_its_columns_and_is_read_after_a_choice(page, edit):
    app = upload(page(came_for="files"), PEOPLE.encode())
    assert len(errors(app)) == 1 and "who" in errors(app)[0]
    table = tables(app)[0].set_index(COLUMN)
    assert [name for name, problem in table[PROBLEM].items() if problem] == [f"{MARK} who"]
    assert start(app).disabled  # it would train the digits
    edit |= {"0": {"Role": "Ignore"}, "2": {"Text": "Ordinal"}}
    app = press(app, "check columns")
    assert not errors(app) and not start(app).disabled
    assert about(app).reading.columns == {
        "who": ColumnChoice(role="ignore"),
        "port": ColumnChoice(text="ordinal"),
    }
    assert about(app).columns == ("age", "port")
    edit.clear()
    edit |= {"0": {"Role": "Input", "Text": "Ordinal"}, "2": {"Text": None}}
    app = press(app, "check columns again")
    assert about(app).columns == ("age", "who", "port=C", "port=Q", "port=S")
    (rows,) = (frame.value for frame in app.dataframe if "label" in frame.value)
    assert list(rows) == ["label", *about(app).columns]
    app = press(app, "undo column who")  # with no choice for it, the file would be refused
    assert len(errors(app)) == 1 and tables(app)[0][PROBLEM][0]


def test_a_corrected_upload_keeps_the_findings_on_its_files(page):
    doubled = "age,port,label\n" + "".join(f"{i},{i % 3},{i % 2}\n" for i in [*range(40), 39])
    original = upload(page(came_for="files"), doubled.encode())
    (found,) = (f for f in about(original).findings if f.code == "duplicates")
    app = page(correct(draft(original).data, relabel={0: 1}))
    assert any(found.text in text for text in texts(app))
    assert not any(str(button.key).startswith("fix ") for button in app.button)


def test_choices_of_a_refused_file_are_kept_until_it_is_read(page, edit):
    app = upload(page(came_for="files"), PEOPLE.encode())
    edit |= {"2": {"Text": "Ordinal"}}
    app = press(app, "check columns")
    assert len(errors(app)) == 1
    edit.clear()
    assert tables(app)[0].set_index(COLUMN)["Text"]["port"] == "Ordinal"
    app = press(app, next(b.key for b in app.button if str(b.key).startswith("way ")))
    assert not errors(app)
    assert about(app).reading.columns["port"] == ColumnChoice(text="ordinal")


def test_edits_that_were_not_checked_outlive_other_pages_and_other_presses(page, edit):
    """Streamlit drops the edits of a table that is not drawn, here with `edit.clear()`."""
    doubled = PEOPLE.replace("who,age,port", "age,kind,port").replace("Mr ", "")
    app = upload(page(came_for="files"), (doubled + doubled.splitlines()[1]).encode())
    edit |= {"2": {"Text": "Ordinal"}}
    app = well(app.run())
    edit.clear()
    app = well(app.run())  # the page was left and opened again
    edit |= {"1": {"Role": "Ignore"}}
    app = well(app.run())
    edit.clear()
    shown = tables(well(app.run()))[0].set_index(COLUMN)
    assert (shown["Role"]["kind"], shown["Text"]["port"]) == ("Ignore", "Ordinal")
    app = press(app, "fix duplicates")
    assert about(app).reading.changes() == {"duplicates": "remove"}
    app = press(app, "check columns again")
    assert about(app).reading.changes() == {
        "duplicates": "remove",
        "columns": {"kind": {"role": "ignore"}, "port": {"text": "ordinal"}},
    }
    edit |= {"1": {"Role": "Input"}}
    app = well(app.run())
    edit.clear()
    app = press(app, "check columns again")
    assert about(app).reading.columns["kind"].role == "input"


def test_choices_for_a_refused_file_wait_for_the_same_file(page, edit):
    app = upload(page(came_for="files"), PEOPLE.encode())
    edit |= {"2": {"Text": "Ordinal"}}
    app = well(app.run())
    edit.clear()
    app = press(app, "Keep current dataset")
    app = upload(press(app, "Change dataset"), PEOPLE.encode())
    assert tables(app)[0].set_index(COLUMN)["Text"]["port"] == "Ordinal"


def test_a_press_prepares_network_and_training_for_uploaded_data(page):
    app = upload(page(came_for="files"), *letters())
    app.session_state["draft"] = encode(draft(app).model_copy(update={"epochs": 7}))
    app = press(well(app.run()), "use starting point")
    prepared = draft(app)
    assert prepared.network == Small().layers((1, 7, 7))
    assert (prepared.epochs, prepared.optimizer) == (150, shipped()["digits"].optimizer)
    assert not any(button.key == "use starting point" for button in app.button)


FACTS = ColumnFacts(3, "age", "age", "number", "1, 2", 4, 9, "input", "has 4 missing values")


def test_a_row_of_the_table_shows_what_was_detected_and_chosen():
    row = describe(FACTS, Reading())
    assert (row[COLUMN], row["Role"], row["Missing values"], row["Text"]) == (
        f"{MARK} age", "Input", None, None,
    )  # fmt: skip
    reading = Reading(columns={"age": {"missing": "median_indicator"}})
    assert describe(FACTS, reading)["Missing values"] == "Median + indicator"


def test_edited_cells_become_choices():
    edits = {"0": {"Role": "Ignore", "Missing values": "Most frequent + indicator", "Text": None}}
    assert choices_from_edits([FACTS], edits) == {
        "age": {"role": "ignore", "missing": "most_frequent_indicator", "text": "auto"}
    }
    assert choices_from_edits([FACTS], {}) == {}


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        ({"a": {"role": "ignore"}, "b": {"role": "ignore"}}, "Leave out a, b"),
        ({"a": {"missing": "median_indicator"}, "b": {"text": "ignore"}},
         "Fill a with median and indicator; leave out b"),
        ({"a": {"missing": "rows"}}, "Leave out rows without a"),
        ({"a": {"role": "label"}}, "Use a as the label"),
        ({"a": {"role": "input"}}, "Use a as input"),
        ({"a": {"text": "one_hot"}}, "Encode a as one-hot"),
        ({c: {"role": "ignore"} for c in "abcde"}, "Leave out a, b, 3 more"),
    ],
)  # fmt: skip
def test_choices_have_a_label_for_a_button(choices, text):
    assert describe_choices(choices) == text


def test_an_upload_is_renamed_in_the_list_and_in_the_draft(page):
    app = upload(page(came_for="files"), *letters())
    next(w for w in app.text_input if w.label == "Name").set_value("Bars")
    app = well(app.run())
    assert (draft(app).data.title, about(app).name) == ("Bars", "Bars")
    app = press(app, "Change dataset")
    next(w for w in app.text_input if w.label == "Name").set_value("Stripes")
    app = well(app.run())
    assert (draft(app).data.title, about(app).name) == ("Stripes", "Stripes")
