"""Columns of a table become inputs as scikit-learn makes them, with values of the training rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from core.base.errors import BadData
from core.data.datasets import Spreadsheets
from core.data.inspection.column_choices import column_keys, resolve_choices
from core.data.inspection.encoding import ColumnEncoding, input_fills
from core.data.inspection.inspect import inspect
from core.data.library import Library
from core.data.load import load
from core.data.manifest import About
from core.data.normalization import Raw
from core.data.reading import ColumnChoice, Reading
from core.data.split import Split
from core.data.spreadsheet.table import Table
from core.experiment import Experiment
from core.network.layers import Output
from core.training.loop import train

DRAW = np.random.default_rng(0)
ROWS = 60


def table(name="t.csv", header=None, **columns):
    """A table with number columns (arrays of floats) and text columns (lists of str)."""
    words = {i: np.array(c, object) for i, c in enumerate(columns.values()) if isinstance(c, list)}
    indices = tuple(i for i in range(len(columns)) if i not in words)
    numbers = [c for c in columns.values() if not isinstance(c, list)]
    length = len(next(iter(columns.values())))
    values = np.stack(numbers, axis=1) if numbers else np.empty((length, 0), np.uint8)
    titles = tuple(columns) if header is None else header
    return Table(name, values, titles or None, indices, 2, words)


def gapped(draw=DRAW, rows=ROWS):
    """Whole numbers of which a fifth is missing, so that there is a most frequent one."""
    return np.where(draw.random(rows) < 0.2, np.nan, draw.integers(0, 9, rows)).astype(float)


def label(rows=ROWS):
    return np.arange(rows, dtype=float) % 2


def read(data, like=None, **columns):
    return inspect(data, reading=Reading(columns=columns), like=like)


def inputs(seen, *names):
    """Inputs without gaps, filled with values of all rows."""
    samples = seen.samples.filled(np.arange(seen.rows))
    return samples.inputs[:, [samples.columns.index(name) for name in names]]


def with_test(seen, other):
    """The inspection of a test table, whose gaps are filled with values of the training table."""
    samples = replace(
        seen.samples, test_inputs=other.samples.inputs, test_targets=other.samples.targets
    ).filled(np.arange(seen.rows))
    return replace(other, samples=replace(samples, inputs=samples.test_inputs))


@pytest.mark.parametrize("indicator", ["", "_indicator"])
@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_missing_numbers_are_filled_as_scikit_learn_fills_them(strategy, indicator):
    train = table(a=gapped(), b=DRAW.random(ROWS), label=label())
    test = table(b=DRAW.random(20), a=gapped(rows=20), label=label(20))
    seen = read(train, a={"missing": strategy + indicator})
    other = with_test(seen, read(test, like=seen))
    imputer = SimpleImputer(strategy=strategy, add_indicator=bool(indicator))
    names = ["a", *(["a (missing)"] if indicator else [])]
    expected = imputer.fit_transform(train.values[:, :1])
    np.testing.assert_array_equal(inputs(seen, *names), expected.astype(np.float32))
    expected = imputer.transform(test.values[:, 1:2])
    np.testing.assert_array_equal(inputs(other, *names), expected.astype(np.float32))
    np.testing.assert_array_equal(inputs(other, "b")[:, 0], test.values[:, 0].astype(np.float32))
    filled = next(f for f in seen.findings if f.code == "missing_filled")
    assert filled.evidence["filled"] == {"a": int(np.isnan(train.values[:, 0]).sum())}


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_gaps_are_filled_with_values_of_the_training_rows_of_each_split(strategy, tmp_path):
    words = [["red", "blue", ""][i] for i in np.random.default_rng(1).integers(0, 3, ROWS)]
    numbers, labels = gapped(), label()
    lines = [
        f"{'' if np.isnan(a) else int(a)},{w},{int(y)}"
        for a, w, y in zip(numbers, words, labels, strict=True)
    ]
    chosen = {"a": {"missing": strategy}, "w": {"missing": "most_frequent"}}
    content = "\n".join(["a,w,label", *lines]).encode()
    digest, _ = Library(tmp_path).add(content, reading=Reading(columns=chosen))
    data = Spreadsheets(digest=digest, title="gaps")
    texts = np.array([w or None for w in words], object)[:, None]
    for seed in range(3):
        split = Split(validation=0.3, test=0.3, seed=seed)
        e = Experiment(data=data, split=split, network=(Output(),), normalization=Raw(), epochs=1)
        setup = train(e, load(data, tmp_path)).setup
        parts = split.parts(labels.astype(int))
        number = SimpleImputer(strategy=strategy).fit(numbers[parts.train, None])
        text = SimpleImputer(strategy="most_frequent", missing_values=None).fit(texts[parts.train])
        for part, rows in (("train", parts.train), ("validation", parts.validation),
                           ("test", parts.test)):  # fmt: skip
            full = text.transform(texts[rows])
            expected = np.hstack([number.transform(numbers[rows, None]), full == "blue",
                                  full == "red"])  # fmt: skip
            inputs_of_part = getattr(setup, part).inputs.numpy()
            np.testing.assert_array_equal(inputs_of_part, expected.astype(np.float32))
    fitted = [
        Split(validation=0.3, test=0.3, seed=seed).apply(load(data, tmp_path))[0].inputs
        for seed in range(3)
    ]
    assert strategy != "mean" or not np.array_equal(*fitted[:2])


def test_a_dataset_stored_with_filled_gaps_keeps_its_values():
    about = json.loads(
        About(
            digest="0" * 64, name="t", files=("t.csv",), reading=Reading(), rows=2, test_rows=0,
            shape=(1,), classes=("0", "1"), columns=("a",), findings=(), settled=Reading(), added=0,
            upload_hashes=("",), encodings=(ColumnEncoding("a", 0, 0),),
        ).text()
    )  # fmt: skip
    del about["encodings"][0]["strategy"]  # as written up to version 0.1
    about["encodings"][0]["fill"] = 4.5
    (encoding,) = About.read(about).encodings
    assert encoding.fill == 4.5 and input_fills([encoding]) == ()
    seen = read(table(a=np.array([3.0, 1, 2, 0, 5, 4]), w=list("aabbbb"), label=label(6)))
    words = replace(seen.encodings[1], fill="b")
    stored = replace(seen, encodings=(encoding, words))
    new = read(table(a=np.array([1, np.nan]), w=["", "a"], label=label(2)), like=stored).samples
    np.testing.assert_array_equal(new.inputs, [[1, 0, 1], [4.5, 1, 0]])


def test_rows_that_miss_the_same_value_repeat_each_other():
    a, b = np.repeat([np.nan, 1, 2], 2), np.array([5.0, 5, 6, 7, np.nan, np.nan])
    seen = read(table(a=a, b=b, label=label(6)), a={"missing": "mean"}, b={"missing": "mean"})
    found = next(f for f in seen.findings if f.code == "duplicates")
    assert found.evidence["repeats"] == [3, 7]
    fewer = inspect(
        table(a=a, b=b, label=label(6)),
        reading=Reading(columns={k: {"missing": "mean"} for k in "ab"}, duplicates="remove"),
    )
    assert fewer.rows == 4


def test_texts_are_encoded_as_scikit_learn_encodes_them():
    words = [["red", "green", "", "blue"][i] for i in DRAW.integers(0, 4, ROWS)]
    others = ["blue", "", "violet", "green"] * 5
    train = table(w=words, x=DRAW.random(ROWS), label=label())
    test = table(w=others, x=DRAW.random(20), label=label(20))
    column = np.where(np.array(words) == "", None, words).astype(object)[:, None]
    later = np.where(np.array(others) == "", None, others).astype(object)[:, None]
    imputer = SimpleImputer(strategy="most_frequent", missing_values=None)
    filled = imputer.fit_transform(column)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(filled)
    seen = read(train, w={"missing": "most_frequent"})
    names = [f"w={word}" for word in one_hot.categories_[0]]
    np.testing.assert_array_equal(inputs(seen, *names), one_hot.transform(filled))
    expected = one_hot.transform(imputer.transform(later))
    test_seen = with_test(seen, read(test, like=seen))
    np.testing.assert_array_equal(inputs(test_seen, *names), expected)
    unseen = next(f for f in test_seen.findings if f.code == "unseen_values")
    assert unseen.evidence == {"unseen": {"w": 5}}
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(filled)
    seen = read(train, w={"missing": "most_frequent", "text": "ordinal"})
    np.testing.assert_array_equal(inputs(seen, "w"), ordinal.transform(filled))
    expected = ordinal.transform(imputer.transform(later))
    np.testing.assert_array_equal(inputs(with_test(seen, read(test, like=seen)), "w"), expected)


def test_numbers_can_be_encoded_like_texts():
    codes = DRAW.integers(1, 4, ROWS).astype(float)
    seen = read(table(code=codes, x=DRAW.random(ROWS), label=label()), code={"text": "one_hot"})
    assert seen.samples.columns == ("x", "code=1", "code=2", "code=3")
    np.testing.assert_array_equal(inputs(seen, "code=2")[:, 0], codes == 2)


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


def test_roles_choose_label_and_inputs():
    data = table(a=DRAW.random(ROWS), kind=label(), b=DRAW.random(ROWS), label=label())
    seen = read(data, kind={"role": "label"}, label={"role": "ignore"})
    assert seen.samples.columns == ("a", "b") and seen.classes == ("0", "1")
    assert next(f for f in seen.findings if f.code == "columns_left_out").evidence == {
        "columns": ["label"]
    }
    for code, columns in {
        "several_labels": {"kind": {"role": "label"}, "label": {"role": "label"}},
        "column_unknown": {"c": {"role": "ignore"}},
    }.items():
        with pytest.raises(BadData) as caught:
            read(data, **columns)
        assert caught.value.code == code
    with pytest.raises(BadData) as caught:
        inspect(data, table(l=label()), reading=Reading(columns={"a": {"role": "label"}}))
    assert caught.value.code == "labels_twice"


def test_columns_without_a_name_of_their_own_are_chosen_by_number():
    w = [DRAW.random(ROWS), DRAW.random(ROWS)]
    data = table(header=("w", "w", "label"), a=w[0], b=w[1], label=label())
    seen = read(data, **{"2": {"role": "ignore"}})
    np.testing.assert_array_equal(seen.samples.inputs[:, 0], w[0].astype(np.float32))
    with pytest.raises(BadData) as caught:
        read(data, w={"role": "ignore"})
    assert caught.value.code == "column_repeated"
    bare = table(header=(), a=w[0], b=w[1], c=label())
    assert read(bare, **{"1": {"role": "ignore"}}).shape == (1,)
    assert column_keys(("id", "w", "w", "", "4"), 5) == ["id", "2", "3", "column 4", "4"]
    choice = ColumnChoice(role="ignore")
    options = {"ID": choice, "column 4": choice, "3": choice}
    header = ("id", "w", "w", "", "4")
    assert set(resolve_choices(options, header, 5, name="t")) == {0, 3, 2}


def test_repeated_names_are_matched_in_their_order():
    w = [DRAW.random(ROWS), DRAW.random(ROWS)]
    train = read(table(header=("w", "w", "label"), a=w[0], b=w[1], label=label()))
    test = table(header=("label", "w", "w"), label=label(), a=w[0], b=w[1])
    seen = read(test, like=train)
    np.testing.assert_array_equal(seen.samples.inputs, train.samples.inputs)


def test_a_test_table_with_gaps_or_text_where_training_has_none_is_refused():
    train = read(table(a=DRAW.random(ROWS), label=label()))
    with pytest.raises(BadData) as caught:
        read(table(a=gapped(), label=label()), like=train)
    assert caught.value.code == "missing_values"
    with pytest.raises(BadData) as caught:
        read(table(a=["low"] * ROWS, label=label()), like=train)
    assert caught.value.code == "column_type"
