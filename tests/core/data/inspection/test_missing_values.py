"""Columns with gaps, texts or strays: left out, read as numbers, or refused with ways out."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.reading import Reading
from tests.core.data.inspection.tables import DRAW, ROWS, gapped, inputs, label, read, table


def test_rows_with_a_missing_value_are_left_out_with_their_labels():
    a, b = gapped(), DRAW.random(ROWS)
    seen = read(table(a=a, b=b, label=label()), a={"missing": "rows"})
    keep = ~np.isnan(a)
    np.testing.assert_array_equal(inputs(seen, "b")[:, 0], b[keep].astype(np.float32))
    np.testing.assert_array_equal(seen.samples.targets, label()[keep])
    left_out = next(f for f in seen.findings if f.code == "rows_left_out")
    assert left_out.evidence["rows"] == (np.flatnonzero(~keep) + 2).tolist()
    with pytest.raises(BadData) as caught:
        read(table(a=np.full(ROWS, np.nan), b=b, label=label()), a={"missing": "rows"})
    assert caught.value.code == "no_rows_left"


def test_all_problems_are_named_together_and_every_way_out_works():
    names = [f"Mr {i}" for i in range(ROWS)]
    tickets = [f"A/{i}" if i % 3 == 0 else str(1000 + i) for i in range(ROWS)]
    dates = [f"2024-{1 + i % 12:02}-01" for i in range(ROWS)]
    files = [f"img_{i % 50}.png" for i in range(ROWS)]
    port = ["" if i == 7 else "SCQ"[i % 3] for i in range(ROWS)]
    typos = ["x" if i == 9 else str(i % 7) for i in range(ROWS)]
    data = table(
        who=names, ticket=tickets, when=dates, scan=files, age=gapped(), port=port, typos=typos,
        nothing=np.full(ROWS, np.nan), fare=DRAW.random(ROWS), label=label(),
    )  # fmt: skip
    with pytest.raises(BadData) as caught:
        read(data)
    assert caught.value.code == "columns_need_choices"
    assert set(caught.value.columns) == set(range(8))
    assert len(caught.value.fixes) == 3
    for fix in caught.value.fixes:
        seen = inspect(data, reading=Reading().with_changes(fix))
        filled = seen.samples.filled(np.arange(seen.rows))
        assert "fare" in filled.columns and np.isfinite(filled.inputs).all()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([f"Mr {i}" for i in range(ROWS)], "too_many_words"),
        ([f"A/{i}" if i % 4 < 2 else str(1000 + i) for i in range(ROWS)], "mixed_column"),
        (["none" if i == 9 else str(i % 7) for i in range(ROWS)], "mixed_column"),
        ([f"{1 + i % 28}.{1 + i % 12}.2024" for i in range(ROWS)], "dates"),
        ([f"2024-01-{1 + i % 3:02} 10:00" for i in range(ROWS)], "dates"),
        ([f"cats/{i % 50}.jpeg" for i in range(ROWS)], "file_names"),
        (["", *"SCQ" * 19, "S", "C"], "missing_values"),
        ([""] * ROWS, "empty_column"),
    ],
)
def test_each_kind_of_problem_has_its_code_and_ways_out_that_work(cells, code):
    data = table(x=DRAW.random(ROWS), column=cells, label=label())
    with pytest.raises(BadData) as caught:
        read(data)
    assert (caught.value.code, set(caught.value.columns)) == (code, {1})
    assert caught.value.fixes
    for fix in caught.value.fixes:
        inspect(data, reading=Reading().with_changes(fix))


@pytest.mark.parametrize(
    "cells",
    [
        ["0123+"[i % 4] if i % 4 < 3 else "3+" for i in range(ROWS)],
        ["yes" if i % 3 else "no" for i in range(ROWS)],
        ["1.5.1", "2.0", "x"] * 20,
    ],
)
def test_texts_that_are_clearly_classes_need_no_choice(cells):
    assert read(table(x=DRAW.random(ROWS), column=cells, label=label())).rows == ROWS


def test_a_column_of_numbers_with_strays_can_be_read_as_numbers():
    cells = ["unknown" if i == 9 else str(i % 7) for i in range(ROWS)]
    data = table(x=DRAW.random(ROWS), age=cells, label=label())
    seen = read(data, age={"missing": "median"})
    assert inputs(seen, "age")[9, 0] == 3 and inputs(seen, "age")[8, 0] == 1
    assert next(f for f in seen.findings if f.code == "not_numbers").evidence["count"] == 1
    assert read(data, age={"missing": "rows"}).rows == ROWS - 1
    with pytest.raises(BadData) as caught:
        read(table(x=DRAW.random(ROWS), w=["a", "b"] * 30, label=label()), w={"missing": "mean"})
    assert caught.value.code == "fill_not_numeric"


def test_missing_labels_are_refused_or_left_out():
    labels = label()
    labels[[3, 8]] = np.nan
    data = table(x=DRAW.random(ROWS), label=labels)
    with pytest.raises(BadData) as caught:
        read(data)
    assert caught.value.code == "missing_labels"
    seen = inspect(data, reading=Reading().with_changes(caught.value.fixes[0]))
    assert seen.rows == ROWS - 2 and seen.classes == ("0", "1")


def test_images_with_missing_pixels_are_refused_or_left_out():
    pixels = {f"p{i}": DRAW.integers(0, 256, ROWS).astype(float) for i in range(64)}
    pixels["p5"][4] = np.nan
    data = table(**pixels, label=label())
    with pytest.raises(BadData) as caught:
        read(data)
    assert caught.value.code == "missing_pixels"
    seen = inspect(data, reading=Reading().with_changes(caught.value.fixes[0]))
    assert seen.shape == (1, 8, 8) and seen.rows == ROWS - 1


@pytest.mark.parametrize("day", ["2024-01-{:02}", "{}.1.2024", "1/{}/24", "2024/1/{} 10:00"])
def test_dates_are_never_offered_as_sorted_texts(day):
    dates = [day.format(1 + i % 28) for i in range(ROWS)]
    with pytest.raises(BadData) as caught:
        read(table(when=dates, x=DRAW.random(ROWS), label=label()))
    assert [fix["columns"]["when"] for fix in caught.value.fixes] == [{"role": "ignore"}]


def read_csv(reading: Reading, **columns: object) -> Inspection:
    rows = zip(*([str(cell) for cell in cells] for cells in columns.values()), strict=True)
    text = "\n".join([",".join(columns), *map(",".join, rows)])
    return inspect_files(text.encode(), names=("t.csv", ""), reading=reading)


@pytest.mark.parametrize("place", ["label", "input"])
def test_a_text_such_as_na_can_be_a_value_like_any_other(place):
    words = ["NA", "EU", "AS"] * 20
    columns = {"x": DRAW.random(ROWS), "region": words}
    columns |= {} if place == "label" else {"label": label()}
    with pytest.raises(BadData) as caught:
        read_csv(Reading(), **columns)
    assert caught.value.code == ("missing_labels" if place == "label" else "missing_values")
    assert caught.value.fixes[-1] == {"na_words": "text"}
    chosen = read_csv(Reading(na_words="text"), **columns)
    if place == "label":
        assert [chosen.classes[t] for t in chosen.samples.targets] == words
    else:
        index = chosen.samples.columns.index("region=NA")
        assert chosen.samples.inputs[:, index].tolist() == [float(w == "NA") for w in words]


def test_na_among_numbers_stays_missing():
    cells = ["NA" if i == 9 else str(i % 7) for i in range(ROWS)]
    with pytest.raises(BadData) as caught:
        read_csv(Reading(na_words="text"), x=DRAW.random(ROWS), age=cells, label=label())
    assert caught.value.code == "missing_values"
    assert {"na_words": "text"} not in caught.value.fixes


def test_the_first_way_out_keeps_the_information_of_an_x_or_nothing():
    columns = {"x": DRAW.random(ROWS), "pets": ["x", ""] * 30, "label": label()}
    with pytest.raises(BadData) as caught:
        read_csv(Reading(), **columns)
    fix = caught.value.fixes[0]
    assert fix == {"columns": {"pets": {"missing": "most_frequent_indicator"}}}
    seen = read_csv(Reading().with_changes(fix), **columns)
    index = seen.samples.columns.index("pets (missing)")
    assert seen.samples.inputs[:, index].tolist() == [0, 1] * 30
