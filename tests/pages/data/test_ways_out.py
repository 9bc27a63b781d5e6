"""Data: the buttons of refusals and findings lead to a dataset with the right values."""

import pytest

from core.data.library import Library
from tests.pages.data.conftest import errors, upload
from tests.pages.shown import draft, press, texts

ROWS = 30
REGIONS = ["NA", "EU", "AS"] * 10
FILES = {
    "na": ["x,region", *(f"{i}.5,{region}" for i, region in enumerate(REGIONS))],
    "comma": ["size;kind", *(f"1,{100 + i};{'ab'[i % 2]}" for i in range(ROWS))],
    "gap": ["age,size,kind", *(f"{i if i else ''},{i}.5,{'ab'[i % 2]}" for i in range(ROWS))],
    "czech": ["délka,druh", *(f"{i}.5,{'růže' if i % 2 else 'kůň'}" for i in range(ROWS))],
    "tags": ["size,tag_a,tag_b,tag_c", *(f"{i}.5,1,{i % 2},{i % 3 % 2}" for i in range(ROWS))],
}


@pytest.fixture
def checked(page, tmp_path):
    """Upload a file and press the button with this label or key; return what is stored."""

    def stored(name, label):
        data = "\n".join(FILES[name]).encode("cp1250" if name == "czech" else "utf-8")
        app = press(upload(page(came_for="files"), data), label)
        assert not errors(app)
        digest = draft(app).data.digest
        library = Library(tmp_path)
        return app, library.about(digest), library.open(digest)

    return stored


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ("Read words such as NA as text", ("AS", "EU", "NA")),
        ("Leave out rows without region", ("AS", "EU")),
    ],
)
def test_a_label_na_is_read_as_text_or_left_out(checked, label, classes):
    _, about, samples = checked("na", label)
    assert about.classes == classes
    assert len(samples.targets) == (ROWS if "NA" in classes else 20)


@pytest.mark.parametrize(
    ("label", "first"), [("Commas separate thousands", 1100), ("Commas are decimal signs", 1.1)]
)
def test_the_decimal_sign_is_chosen_with_one_press(checked, label, first):
    assert checked("comma", label)[2].inputs[0, 0] == pytest.approx(first)


@pytest.mark.parametrize(
    ("label", "columns"),
    [
        ("Fill age with median and indicator", ("age", "size", "age (missing)")),
        ("Leave out age", ("size",)),
    ],
)
def test_gaps_are_filled_or_their_column_is_left_out(checked, label, columns):
    assert set(checked("gap", label)[2].columns) == set(columns)


def test_another_encoding_is_one_press_away(checked):
    app, about, _ = checked("czech", "fix legacy_encoding")
    assert about.classes == ("kùò", "rùže")
    assert any("Encoding: Western European (Windows-1252)" in text for text in texts(app))


def test_other_labels_of_a_row_are_left_out(checked):
    _, about, samples = checked("tags", "fix multi_label")
    assert samples.columns == ("size",) and about.classes == ("0", "1")
