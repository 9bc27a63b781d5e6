"""Columns of a table become inputs as scikit-learn makes them, with values of the training rows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.datasets import Spreadsheets
from core.data.inspection.column_choices import column_keys, resolve_choices
from core.data.inspection.encoding import ColumnEncoding, input_fills
from core.data.inspection.inspect import inspect, inspect_files
from core.data.library import Library
from core.data.load import load
from core.data.manifest import About
from core.data.normalization import Raw
from core.data.reading import ColumnChoice, Reading
from core.data.split import Split
from core.data.spreadsheet.table import read_table
from core.experiment import Experiment
from core.network.layers import Output
from core.training.loop import train
from tests.core.data.inspection.tables import (
    DRAW,
    ROWS,
    gapped,
    inputs,
    label,
    read,
    table,
    with_test,
)


@pytest.mark.parametrize("indicator", ["", "_indicator"])
@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_missing_numbers_are_filled_as_scikit_learn_fills_them(strategy, indicator):
    from sklearn.impute import SimpleImputer

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
    from sklearn.impute import SimpleImputer

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
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

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


POSTCODES = ["01067", "10115", "20095", "80331"]


def code_file(codes, *, quoted="", sizes=range(60)):
    """A file whose column of codes is read carefully, for an empty or a text cell in another one,
    or fast.
    """
    rows = [f"{codes[i % len(codes)]},{i % 7},{quoted or i % 5},{i % 2}" for i in sizes]
    return "\n".join(["code,size,other,label", *rows]).encode()


@pytest.mark.parametrize("text", ["one_hot", "ordinal"])
@pytest.mark.parametrize("codes", [POSTCODES, ["4006381333931", "4006381333932"], ["007", "7"]])
@pytest.mark.parametrize("other", ["", '"1,234.5"'])
def test_codes_that_are_encoded_as_text_keep_every_digit(codes, other, text):
    file = code_file(codes, quoted=other)
    seen = inspect_files(file, reading=Reading(columns={"code": {"text": text}}))
    encoding = next(e for e in seen.encodings if e.title == "code")
    assert encoding.categories == tuple(sorted(codes))
    later = inspect(read_table(code_file([codes[0], "99999"], quoted=other), "new.csv"), like=seen)
    known = inputs(later, *encoding.names)[:2]
    expected = {"one_hot": [[1, *[0] * (len(codes) - 1)], [0] * len(codes)], "ordinal": [[0], [-1]]}
    np.testing.assert_array_equal(known[:, :1] if text == "ordinal" else known, expected[text])


def test_datasets_of_earlier_versions_know_codes_by_their_number():
    """They have the category 1067 for the cell 01067."""
    reading = Reading(columns={"code": {"text": "one_hot"}})
    seen = inspect_files(code_file(POSTCODES), reading=reading)
    old = ("10115", "1067", "20095", "80331")
    earlier = [replace(e, categories=old) if e.title == "code" else e for e in seen.encodings]
    seen = replace(seen, encodings=tuple(earlier))
    later = inspect(read_table(code_file(POSTCODES), "new.csv"), like=seen)
    assert not any(f.code == "unseen_values" for f in later.findings)
    np.testing.assert_array_equal(inputs(later, "code=1067")[:4, 0], [1, 0, 0, 0])


def test_numbers_with_leading_zeros_are_questioned_until_their_encoding_is_chosen():
    seen = inspect_files(code_file(POSTCODES))
    question = next(f for f in seen.findings if f.code == "leading_zeros")
    assert question.evidence == {"columns": ["code"], "examples": ["01067"]}
    facts = seen.column_table[0]
    assert (facts.type, facts.encoding, facts.example) == ("number", "", "01067, 10115, 20095")
    answered = inspect_files(
        code_file(POSTCODES), reading=Reading().with_changes(question.action.changes)
    )
    facts = answered.column_table[0]
    assert (facts.type, facts.encoding, facts.example) == (
        "number",
        "one_hot",
        "01067, 10115, 20095",
    )
    for other in (answered, inspect_files(code_file(["10115", "20095"]))):
        assert not any(f.code == "leading_zeros" for f in other.findings)
