"""Which columns are the label, inputs, or identifiers that are left out, in one table."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.inspection.titles import is_identifier_title
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table

DRAW = np.random.Generator(np.random.PCG64(31))
ROWS = 40
NUMBERS = DRAW.normal(50, 9, ROWS).round(1)
WHOLE = DRAW.integers(18, 80, ROWS)
BINARY = DRAW.permutation(np.arange(ROWS) % 2)
SEX = np.array(["Male", "Female"])[DRAW.permutation(np.arange(ROWS) % 2)]
DATES = [f"2024-{1 + r % 12:02}-{1 + r % 28:02}" for r in range(ROWS)]
PRICES = DRAW.integers(1000, 9000, ROWS)


def table(**columns) -> bytes:
    rows = [columns, *zip(*columns.values(), strict=True)]
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def find(seen: Inspection, code: str):
    return next((f for f in seen.findings if f.code == code), None)


def label(data: bytes, reading: Reading | None = None) -> tuple[str, Inspection]:
    """Return the title of the label column of a file with a header, and the inspection."""
    seen = inspect_files(data, reading=reading)
    titles = data.decode().splitlines()[0].split(",")
    return titles[find(seen, "label_column").evidence["column"] - 1], seen


# --- the label


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (("Gender", "Age", "EstimatedSalary", "Purchased"), "Purchased"),
        (("carat", "price", "x", "y", "z"), "price"),
        (("x", "y"), "y"),
        (("x1", "x2", "y"), "y"),
        (("y", "a", "b"), "y"),
        (("a", "Target", "b"), "Target"),
        (("a", "Class Label", "b"), "Class Label"),
        (("y", "class", "b"), "class"),
        (("a", "b", "anything"), "anything"),
        (("sex", "a", "anything"), "anything"),
        (("a", "outcome", "date"), "outcome"),
        (("a", "b", "anything", "date"), "anything"),
        (("a", "b", "anything", "constant"), "anything"),
        (("a", "b", "anything", "id"), "anything"),
        (("a", "b", "anything", "Unnamed: 3"), "anything"),
    ],
)
def test_the_label_is_found_by_name_then_by_place(titles, expected):
    values = {
        "Gender": SEX, "sex": SEX, "date": DATES, "constant": [7] * ROWS,
        "id": DRAW.permutation(9999)[:ROWS], "Unnamed: 3": range(ROWS), "price": PRICES,
        "x": NUMBERS, "z": NUMBERS[::-1], "a": WHOLE, "b": NUMBERS, "Age": WHOLE, "carat": NUMBERS,
        "x1": WHOLE, "x2": NUMBERS, "EstimatedSalary": PRICES,
    }  # fmt: skip
    reading = Reading(columns={"date": {"role": "ignore"}}) if "date" in titles else None
    data = table(**{t: values.get(t, BINARY) for t in titles})
    if "date" in titles:  # whether or not it is left out, it is not the label
        assert label(data, reading)[0] == expected
        data = data if "outcome" in titles else None
    if data and "date" not in titles:
        assert label(data)[0] == expected


@pytest.mark.parametrize(
    "titles",
    [("Gender", "Age", "Purchased"), ("a", "b", "c"), ("price", "x", "y", "z"), ("y", "a")],
)
def test_the_runner_up_is_one_press_away(titles):
    values = {"Gender": SEX, "price": PRICES, "x": NUMBERS, "z": NUMBERS[::-1], "a": WHOLE}
    data = table(**{title: values.get(title, BINARY) for title in titles})
    first, seen = label(data)
    action = find(seen, "label_column").action
    second, again = label(data, Reading().with_changes(action.changes))
    assert second != first and second in titles
    assert seen.rows == again.rows == ROWS


def test_a_chosen_label_may_be_anywhere_and_twice_the_same_title_is_by_number():
    data = table(a=WHOLE, middle=BINARY, b=NUMBERS)
    for reading in ({"label_column": "middle"}, {"columns": {"middle": {"role": "label"}}}):
        assert label(data, Reading(**reading))[0] == "middle"


# --- identifiers


@pytest.mark.parametrize(
    "title",
    ["id", "ID", "User ID", "PassengerId", "customer_id", "userid", "index", "Unnamed: 0", "",
     "Serial No.", "rownames", "uuid", "#"],
)  # fmt: skip
def test_columns_named_like_identifiers_are_left_out_and_can_be_brought_back(title):
    assert is_identifier_title(title)
    numbers = DRAW.permutation(99_999)[:ROWS]
    for ids in (numbers, np.sort(numbers), np.arange(ROWS), [f"P-{n}" for n in numbers]):
        for first in (True, False):
            column = {title: ids}
            others = {"a": WHOLE, "b": NUMBERS}
            columns = {**column, **others} if first else {**others, **column}
            seen = inspect_files(table(**columns, label=BINARY))
            assert seen.samples.columns == ("a", "b")
            found = find(seen, "identifiers")
            assert found.evidence == {"columns": [1 if first else 3]}
            if isinstance(ids, np.ndarray):
                undone = Reading().with_changes(found.action.changes)
                back = inspect_files(table(**columns, label=BINARY), reading=undone)
                assert back.shape == (3,) and find(back, "identifiers") is None


@pytest.mark.parametrize("title", ["grid", "valid", "paid", "width", "idle", "noise", "rowing"])
def test_other_titles_are_not_identifiers(title):
    assert not is_identifier_title(title)
    seen = inspect_files(table(a=NUMBERS, **{title: DRAW.permutation(999)[:ROWS]}, label=BINARY))
    assert seen.shape == (2,) and find(seen, "identifiers") is None


@pytest.mark.parametrize(
    ("column", "left_out"),
    [
        (np.arange(ROWS) + 5, True),
        (np.cumsum(DRAW.integers(1, 9, ROWS)), True),
        (np.arange(ROWS) / 2, False),  # measured, not counted
        (1000 + 1234 * np.arange(ROWS), False),  # sorted prices
        (np.arange(ROWS)[::-1], False),
        (np.arange(ROWS) // 2, False),
    ],
)
def test_a_first_column_of_rising_whole_numbers_is_left_out(column, left_out):
    seen = inspect_files(table(code=column, a=NUMBERS, label=BINARY))
    assert (find(seen, "identifiers") is not None) == left_out
    assert seen.shape == (1 if left_out else 2,)


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        ([f"p{r:04}" for r in range(ROWS)], True),
        ([f"ID-{7 * r}" for r in range(ROWS)[::-1]], True),
        ([f"p{r % 9}" for r in range(ROWS)], False),  # repeated: categories
    ],
)
def test_text_codes_without_repetition_are_left_out_whatever_their_title(cells, left_out):
    seen = inspect_files(table(patient=cells, age=WHOLE, sick=BINARY))
    found = find(seen, "identifiers")
    assert bool(found) == left_out
    assert not found or found.evidence["columns"] == [1]


@pytest.mark.parametrize("cells", [DATES, [f"Mr {r}" for r in range(ROWS)]])
def test_dates_and_names_are_asked_about(cells):
    with pytest.raises(BadData):
        inspect_files(table(patient=cells, age=WHOLE, sick=BINARY))


def test_the_only_input_and_quantities_that_rise_are_used():
    for title in ("x", "year", "t", "size", "code"):
        seen = inspect_files(table(**{title: range(ROWS)}, y=NUMBERS))
        assert seen.samples.columns == (title,)
    seen = inspect_files(table(year=range(ROWS), a=NUMBERS, y=NUMBERS + WHOLE))
    assert seen.samples.columns == ("year", "a")


def test_identifiers_beside_pixels_are_left_out():
    pixels = {f"p{c}": DRAW.integers(0, 256, ROWS) for c in range(64)}
    ids = DRAW.permutation(9999)[:ROWS]
    for columns in ({"id": ids, "label": BINARY, **pixels}, {**pixels, "label": BINARY, "id": ids}):
        seen = inspect_files(table(**columns))
        assert seen.shape == (1, 8, 8) and find(seen, "identifiers")
    plain = table(**{"id": range(ROWS), "label": BINARY, **pixels}).partition(b"\n")[2]
    assert inspect_files(plain).shape == (1, 8, 8)


def test_a_test_file_leaves_out_what_the_training_file_left_out():
    train = inspect(read_table(table(id=range(ROWS), a=WHOLE, b=NUMBERS, label=BINARY), "train"))
    few = {"id": [5, 5, 3], "a": WHOLE[:3], "b": NUMBERS[:3], "label": BINARY[:3]}
    test = inspect(read_table(table(**few), "test"), like=train)
    np.testing.assert_array_equal(test.samples.inputs, train.samples.inputs[:3])
    rising = {"a": [1, 2, 3, 4, 5, 6, 7], "b": NUMBERS[:7], "label": BINARY[:7]}
    assert inspect(read_table(table(**rising), "test"), like=train).shape == (2,)


# --- spellings of one class, repeated rows


SPELLINGS = np.array(["Cat", "cat", "CAT", "dog", "Hot  Dog", "hot dog"])[
    np.minimum(np.arange(ROWS) % 9, 5)
]


def test_spellings_of_one_class_are_a_warning_and_one_press_merges_them():
    data = table(a=NUMBERS, b=WHOLE, label=SPELLINGS)
    seen = inspect_files(data)
    found = find(seen, "class_variants")
    assert found.level == "warn" and len(seen.classes) == 6
    assert {name for group in found.evidence["variants"] for name in group} == (
        set(SPELLINGS) - {"dog"}
    )
    merged = inspect_files(data, reading=Reading().with_changes(found.action.changes))
    assert len(merged.classes) == 3 and find(merged, "class_variants") is None
    names = [merged.classes[t].casefold().split() for t in merged.samples.targets]
    assert names == [name.casefold().split() for name in SPELLINGS]


def test_a_test_file_may_spell_merged_classes_in_another_way():
    data = table(a=NUMBERS, b=WHOLE, label=np.where(BINARY, "yes", "no"))
    other = table(a=NUMBERS, b=WHOLE, label=np.where(BINARY, "Yes", "NO"))
    train = inspect(read_table(data, "train"))
    with pytest.raises(BadData) as caught:
        inspect(read_table(other, "test"), like=train)
    assert caught.value.code == "label_unknown"
    (fix,) = caught.value.fixes
    train = inspect(read_table(data, "train"), reading=Reading().with_changes(fix))
    test = inspect(read_table(other, "test"), like=train)
    np.testing.assert_array_equal(test.samples.targets, train.samples.targets)


@pytest.mark.parametrize("kind", ["numbers", "text", "images"])
def test_repeated_rows_are_named_and_can_be_removed(kind):
    columns = {"a": NUMBERS, "b": WHOLE}
    if kind == "text":
        columns["sex"] = SEX
    if kind == "images":
        columns = {f"p{c}": DRAW.integers(0, 256, ROWS) for c in range(64)}
    columns |= {"label": BINARY}
    columns = {title: np.array(values) for title, values in columns.items()}
    for values in columns.values():
        values[[11, 30, 35]] = values[[3, 7, 7]]
    seen = inspect_files(table(**columns))
    found = find(seen, "duplicates")
    assert found.evidence["repeats"] == [13, 32, 37] and found.evidence["originals"] == [5, 9, 9]
    again = inspect_files(table(**columns), reading=Reading().with_changes(found.action.changes))
    keep = np.setdiff1d(np.arange(ROWS), [11, 30, 35])
    np.testing.assert_array_equal(again.samples.inputs, seen.samples.inputs[keep])
    np.testing.assert_array_equal(again.samples.targets, seen.samples.targets[keep])
    assert find(again, "duplicates") is None
    assert find(again, "duplicates_removed").evidence == {"count": 3, "rows": [13, 32, 37]}


def test_a_rare_class_is_a_warning_with_the_rate_of_a_constant_answer():
    rare = np.zeros(1200, int)
    rare[DRAW.permutation(1200)[:8]] = 1
    data = table(a=DRAW.normal(size=1200), b=DRAW.normal(size=1200), label=rare)
    found = find(inspect_files(data), "imbalance")
    assert found.level == "warn" and found.evidence["share_of_largest"] == 1192 / 1200
    assert found.evidence["smallest"] == 8


def test_duplicates_name_the_columns_that_are_not_compared():
    """Rows that differ in an identifier or a column that is left out are equal as inputs."""
    size, kind = np.array([*range(30), 3], float), [*"ab" * 15, "b"]
    dates = [f"2024-01-{1 + i % 28:02}" for i in range(31)]
    ids = [f"K{i:03}" for i in range(31)]
    seen = inspect_files(
        table(size=size, when=dates, customer_id=ids, label=kind),
        reading=Reading(columns={"when": {"role": "ignore"}}),
    )
    duplicates = find(seen, "duplicates")
    assert duplicates.evidence["repeats"] == [32]
    assert set(duplicates.evidence["not_compared"]) == {"when", "customer_id"}
    plain = find(inspect_files(table(size=size, label=kind)), "duplicates")
    assert "not_compared" not in plain.evidence and plain.action.label != duplicates.action.label


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("gaps", [False, True])
def test_a_column_with_gaps_is_not_suggested_as_the_label(gaps, words):
    first = ["yes", "no"] * 30 if words else np.array([1.0, 2.0] * 30)
    first[7] = ("" if words else np.nan) if gaps else first[7]
    data = table(Alter=first, b=DRAW.random(60), Status=["x", "y", "y"] * 20)
    reading = Reading(columns={"Alter": {"missing": "most_frequent"}})
    action = find(inspect_files(data, reading=reading), "label_column").action
    assert (action and action.changes) == (None if gaps else {"label_column": "Alter"})
