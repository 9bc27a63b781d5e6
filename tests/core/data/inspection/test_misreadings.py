"""Kinds of files that could be misread without a word: read exactly, questioned, or refused."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect_files
from core.data.reading import Reading

HEIGHTS = [150, 163, 171, 158, 182, 177, 169, 190, 154, 160, 175, 166]
WEIGHTS = [51.5, 60.2, 70.1, 58.8, 81.3, 77.7, 64.4, 92.5, 50.9, 59.1, 72.6, 63.3]
ANSWERS = ["yes", "no", "no", "yes"] * 3
ROWS = list(zip(HEIGHTS, WEIGHTS, ANSWERS, strict=True))
HEADER = "height,weight,answer"
LINES = [f"{height},{weight},{answer}" for height, weight, answer in ROWS]


def read(tmp_path, lines, reading=None, **files) -> Inspection:
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(content))
    labels = tmp_path / "labels.csv" if "labels" in files else None
    return inspect_files(path, labels, reading=reading)


def finding(inspection, code):
    return next((found for found in inspection.findings if found.code == code), None)


def assert_is_the_table(inspection):
    np.testing.assert_allclose(inspection.samples.inputs, np.c_[HEIGHTS, WEIGHTS], rtol=1e-6)
    assert [inspection.classes[i] for i in inspection.samples.targets] == ANSWERS


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (HEADER, "cm,kg,"),
        (HEADER, "(cm),(kg),(choice)"),
        ("body,body,survey", HEADER),
        ("body,,survey", HEADER),
    ],
)
def test_a_second_header_row_is_no_sample(tmp_path, upper, lower):
    inspection = read(tmp_path, [upper, lower, *LINES])
    assert_is_the_table(inspection)
    assert inspection.samples.columns == ("height", "weight")
    assert finding(inspection, "second_header").evidence["cells"]


@pytest.mark.parametrize("line", ["170,n/a,yes", "170,?,no", "170,65.5,yes"])
def test_a_first_row_with_a_gap_is_a_sample(tmp_path, line):
    reading = Reading().with_changes({"columns": {"weight": {"missing": "median"}}})
    inspection = read(tmp_path, [HEADER, line, *LINES], reading)
    assert inspection.rows == len(LINES) + 1 and not finding(inspection, "second_header")


@pytest.mark.parametrize(
    "digits",
    [
        "٠١٢٣٤٥٦٧٨٩",
        "۰۱۲۳۴۵۶۷۸۹",
        "०१२३४५६७८९",
        "".join(chr(0xFF10 + digit) for digit in range(10)),
    ],
)
def test_digits_of_other_scripts_are_numbers(tmp_path, digits):
    signs = str.maketrans("0123456789", digits)
    inspection = read(tmp_path, [HEADER, *(line.translate(signs) for line in LINES)])
    assert_is_the_table(inspection)


def test_signs_and_groups_of_other_countries_are_numbers(tmp_path):
    lines = [
        f'\u2013{height},"12,34,{100 + i}",{answer}' for i, (height, _, answer) in enumerate(ROWS)
    ]
    inputs = read(tmp_path, [HEADER, *lines]).samples.inputs
    np.testing.assert_array_equal(inputs[:, 0], -np.array(HEIGHTS))
    np.testing.assert_array_equal(inputs[:, 1], 1_234_100 + np.arange(len(ROWS)))


def test_the_end_mark_of_dos_is_no_part_of_the_last_label(tmp_path):
    assert_is_the_table(read(tmp_path, [HEADER, *LINES[:-1], LINES[-1] + "\x1a"]))


@pytest.mark.parametrize(
    "error", ["#DIV/0!", "#VALUE!", "#N/A", "N.A.", "(null)", "\\N", "########"]
)
def test_what_programs_write_for_a_gap_is_a_missing_value(tmp_path, error):
    lines = [HEADER, *LINES[:5], f"170,{error},no", *LINES[5:]]
    with pytest.raises(BadData) as caught:
        read(tmp_path, lines)
    assert caught.value.code == "missing_values"
    for fix in caught.value.fixes:
        assert read(tmp_path, lines, Reading().with_changes(fix)).classes == ("no", "yes")


@pytest.mark.parametrize("mark", ["-", "--", ".", "***", "unknown", "-999", "99"])
def test_a_label_that_may_mean_a_gap_is_questioned(tmp_path, mark):
    inspection = read(tmp_path, [HEADER, *LINES, f"170,65.5,{mark}", f"171,66.5,{mark}"])
    warning = finding(inspection, "label_marks_missing")
    assert warning.evidence == {"class": mark, "count": 2}
    assert warning.rows == (len(LINES), len(LINES) + 1)


@pytest.mark.parametrize("other", ["+", "none", "maybe", "17"])
def test_ordinary_classes_are_not_questioned(tmp_path, other):
    lines = [line.replace("yes", "-" if other == "+" else "yes") for line in LINES]
    inspection = read(tmp_path, [HEADER, *lines, f"170,65.5,{other}", f"171,66.5,{other}"])
    assert finding(inspection, "label_marks_missing") is None


def test_a_code_among_numbered_classes_is_questioned(tmp_path):
    lines = [f"{height},{weight},{i % 3}" for i, (height, weight, _) in enumerate(ROWS)]
    inspection = read(tmp_path, [HEADER, *lines, "170,65.5,999"])
    assert finding(inspection, "label_marks_missing").evidence["class"] == "999"


def test_a_row_of_totals_is_questioned(tmp_path):
    total = f"{sum(HEIGHTS)},{sum(WEIGHTS):.1f},no"
    assert finding(read(tmp_path, [HEADER, *LINES, total]), "total_row").rows == (len(LINES),)
    assert finding(read(tmp_path, [HEADER, *LINES]), "total_row") is None


def test_numbers_that_lose_digits_are_questioned(tmp_path):
    codes = [f"{2**53 + 2 * (i % 5)},{line}" for i, line in enumerate(LINES)]
    warning = finding(read(tmp_path, [f"code,{HEADER}", *codes]), "rounded")
    assert (warning.evidence["distinct"], warning.evidence["rounded"]) == (5, 1)
    reading = Reading().with_changes(warning.action.changes)
    assert_is_the_table(read(tmp_path, [f"code,{HEADER}", *codes], reading))


@pytest.mark.parametrize("words", [("TRUE", "True"), ("a", "a\u200b"), ("Red", "red ")])
def test_spellings_of_an_input_are_questioned(tmp_path, words):
    lines = [f"{words[i % 2]},{line}" for i, line in enumerate(LINES)]
    assert finding(read(tmp_path, [f"word,{HEADER}", *lines]), "word_variants")


def test_names_and_remarks_are_not_guessed_to_be_the_label(tmp_path):
    lines = [f"{line},Person {7 * i % 12},{'checked' * (i == 3)}" for i, line in enumerate(LINES)]
    reading = Reading().with_changes(
        {"columns": {"name": {"role": "ignore"}, "remark": {"role": "ignore"}}}
    )
    with pytest.raises(BadData) as caught:
        read(tmp_path, [f"{HEADER},name,remark", *lines])
    roles = {facts.name: facts.role for facts in caught.value.column_table}
    assert roles["answer"] == "label"
    assert_is_the_table(read(tmp_path, [f"{HEADER},name,remark", *lines], reading))


def test_every_way_out_of_a_turned_table_works(tmp_path):
    columns = [
        ["height", *map(str, HEIGHTS)],
        ["weight", *map(str, WEIGHTS)],
        ["colour", *["red", "blue"] * 6],
        ["answer", *ANSWERS],
    ]
    lines = [",".join(column) for column in columns]
    with pytest.raises(BadData) as caught:
        read(tmp_path, lines)
    assert caught.value.code == "sheet_turned"
    inspection = read(tmp_path, lines, Reading().with_changes(caught.value.fixes[0]))
    assert inspection.rows == len(ROWS) and inspection.classes == ("no", "yes")


@pytest.mark.parametrize("sign", ["!", "::!", ""])
def test_a_single_column_has_no_way_out_that_fails(tmp_path, sign):
    with pytest.raises(BadData) as caught:
        read(tmp_path, [line.replace(",", sign) for line in LINES])
    assert (caught.value.code, caught.value.fixes) == ("one_column", ())


@pytest.mark.parametrize("repeats", [True, False])
def test_pairing_by_position_is_offered_only_for_as_many_rows(tmp_path, repeats):
    images = [f"{i},{line}" for i, line in enumerate(LINES[:4])]
    labels = [f"{i},{'ab'[i % 2]}" for i in (1, 0, 3, 3 if repeats else 9)]
    for extra in ([], ["3,a"]):
        with pytest.raises(BadData) as caught:
            read(tmp_path, [f"id,{HEADER}", *images], labels=["id,label", *labels, *extra])
        assert caught.value.code == ("ids_repeat" if repeats or extra else "ids_differ")
        assert bool(caught.value.fixes) == (not extra)


def test_a_class_na_is_named_as_a_missing_value(tmp_path):
    answers = ["NA" if i % 3 == 0 else line.split(",")[2] for i, line in enumerate(LINES)]
    inputs = [line.rsplit(",", 1)[0] for line in LINES]
    joined = [f"{line},{answer}" for line, answer in zip(inputs, answers, strict=True)]
    for lines, files in (([HEADER, *joined], {}), (inputs, {"labels": answers})):
        with pytest.raises(BadData, match="'NA'") as caught:
            read(tmp_path, lines, **files)
        assert caught.value.code == "missing_labels"


def test_coordinates_before_the_last_column_are_inputs(tmp_path):
    inspection = read(tmp_path, ["x,y,kind", *LINES])
    assert inspection.samples.columns == ("x", "y") and inspection.classes == ("no", "yes")
    assert read(tmp_path, ["id,x,y", *LINES]).classes == ("no", "yes")


@pytest.mark.parametrize("number", ["1e39", "-4e38", "1" * 60])
def test_a_number_that_float32_cannot_represent_is_refused(tmp_path, number):
    lines = [HEADER, *LINES, f"170,{number},no"]
    with pytest.raises(BadData) as caught:
        read(tmp_path, lines)
    assert caught.value.code == "number_too_large"
    for fix in caught.value.fixes:
        assert read(tmp_path, lines, Reading().with_changes(fix)).shape == (1,)


def test_a_footnote_that_is_left_out_leaves_numbers(tmp_path):
    lines = [HEADER, *LINES, "Source: survey,,"]
    with pytest.raises(BadData) as caught:
        read(tmp_path, lines)
    assert caught.value.code == "missing_labels"
    samples = read(tmp_path, lines, Reading().with_changes(caught.value.fixes[0])).samples
    assert set(samples.columns) == {"height", "weight"} and len(samples) == len(LINES)
    heights = samples.inputs[:, samples.columns.index("height")]
    np.testing.assert_array_equal(heights, HEIGHTS)


@pytest.mark.parametrize(
    ("title", "cells", "training"),
    [("is_train", ("True", "False"), 9), ("is_test", ("1", "0"), 3), ("is_val", ("yes", "no"), 3)],
)
def test_yes_and_no_state_the_part_of_a_row(tmp_path, title, cells, training):
    lines = [f"{cells[i % 4 == 3]},{line}" for i, line in enumerate(LINES)]
    split = finding(read(tmp_path, [f"{title},{HEADER}", *lines]), "split_column")
    assert sum(split.evidence.values()) == len(LINES)
    assert training == split.evidence["train"] or title == "is_val"
