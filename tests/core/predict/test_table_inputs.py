"""Spreadsheets without labels are read as inputs of a run."""

from pathlib import Path

import numpy as np
import pytest

from core.analysis.new_samples import read_new_samples
from core.base.encoding import encode
from core.base.errors import BadData
from core.data.datasets import Corrected, Spreadsheets
from core.data.inspection.column_matching import pair_titles
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.network.layers import Output
from core.predict.inputs import read_inputs
from core.predict.predictor import Predictor
from core.runs.store import Store
from tests.core.analysis.conftest import train
from tests.core.predict.test_inputs import codes, refusal

TABLE = "size,colour,age"  # the inputs of table_run; its label is `bought`


def lines(*rows: str, header: str = TABLE) -> bytes:
    return "\n".join([header, *rows]).encode()


@pytest.fixture(scope="module")
def table(table_run) -> Predictor:
    return Predictor(table_run)


def test_columns_are_matched_by_name_and_others_are_left_out(table):
    plain = read_inputs(table, [lines("10,red,44.5", "20,blue,51")])
    assert codes(plain) == [] and plain.names == ("row 2", "row 3") and plain.steps == ()
    header = "age,bought,note,size,colour"
    others = read_inputs(table, [lines("44.5,yes,a,10,red", "51,no,b,20,blue", header=header)])
    assert np.array_equal(others.values, plain.values)
    (finding,) = others.findings
    assert finding.code == "columns_left_out"
    assert finding.evidence["columns"] == ["bought", "note"]


def test_rows_get_the_answers_of_evaluate(table, table_run):
    """The whole training file with its labels: every input is the one of the dataset."""
    folder = table_run.store.home / "data" / "files"
    (file,) = folder.iterdir()
    inputs = read_inputs(table, [file.read_bytes()], ["customers.csv"])
    assert np.array_equal(inputs.values, table_run.data.inputs)
    assert "columns_left_out" in codes(inputs) and "missing_filled" in codes(inputs)


def test_missing_values_are_filled_as_in_training(table, table_run):
    inputs = read_inputs(table, [lines(",,44.5", "20,green,51")])
    assert np.isfinite(inputs.values).all()
    fills = table_run.fill_values
    assert inputs.values[0, 0] == fills[0]
    assert {"missing_filled", "unseen_values"} <= set(codes(inputs))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"size,colour\n10,red\n20,blue\n", "column_missing"),
        (b"size,colour,age\n10,red,\n20,blue,51\n", "missing_values"),
        (b"size,colour,age\n10,red,old\n20,blue,51\n", "column_type"),
        (b"", "empty_file"),
    ],
)
def test_rows_that_do_not_fit_are_refused(table, content, code):
    assert refusal(table, content, names=["new.csv"]) == code


def test_gaps_that_training_did_not_have_are_filled_or_left_out_as_the_error_offers(
    table, table_run, tmp_path
):
    """For new inputs and for new labelled samples; faults without a way out here offer none."""
    new = lines("10,red,,no", "20,blue,51,yes", "30,blue,,no", header=f"{TABLE},bought")
    file = tmp_path / "new.csv"
    file.write_bytes(new)
    train_rows = table_run.setup.rows.train
    place = table_run.data.columns.index("age")
    median = np.median(table_run.data.inputs[train_rows, place])
    for read in (
        lambda reading: read_inputs(table, [new], reading=reading).values,
        lambda reading: read_new_samples(table_run, file, reading=reading).inputs,
    ):
        with pytest.raises(BadData) as caught:
            read(Reading())
        assert caught.value.code == "missing_values"
        found = [read(Reading().with_changes(fix))[:, place] for fix in caught.value.fixes]
        np.testing.assert_allclose(found[0], [median, 51, median], rtol=1e-6)
        assert found[1].tolist() == [51]
    for text in ("10,red,old", "10,red,old\n20,red,"):
        with pytest.raises(BadData) as caught:
            read_inputs(table, [lines(text)])
        assert caught.value.code in ("column_type", "columns_need_choices")
        assert caught.value.fixes == ()


@pytest.mark.parametrize("missing", ["age", "size", "colour"])
def test_columns_that_a_file_lacks_are_filled_as_the_error_offers(
    table, table_run, tmp_path, missing
):
    """For new inputs and for new labelled samples; a column with gaps in training as there."""
    cells = {"size": ["10", "20"], "colour": ["red", "blue"], "age": ["44.5", "51"]}
    whole_file = {**cells, "bought": ["no", "yes"]}

    def text(columns: dict[str, list[str]]) -> bytes:
        return lines(*map(",".join, zip(*columns.values(), strict=True)), header=",".join(columns))

    new = text({title: column for title, column in whole_file.items() if title != missing})
    file = tmp_path / "new.csv"
    file.write_bytes(new)
    names = table_run.data.columns
    of_column = [i for i, name in enumerate(names) if name.split("=")[0].split(" ")[0] == missing]
    others = [i for i in range(len(names)) if i not in of_column]
    known = table_run.data.inputs[table_run.setup.rows.train]
    plain = read_inputs(table, [text(whole_file)]).values
    strategies = {"median": np.nanmedian, "mean": np.nanmean}
    for read in (
        lambda reading: read_inputs(table, [new], reading=reading).values,
        lambda reading: read_new_samples(table_run, file, reading=reading).inputs,
    ):
        with pytest.raises(BadData) as caught:
            read(Reading())
        assert caught.value.code == "column_missing" and caught.value.missing == (missing,)
        ways = caught.value.gaps[missing]
        assert ways[0] == caught.value.fixes[0]["columns"][missing]["missing"]
        for way in ways:
            found = read(Reading(columns={missing.upper(): {"missing": way}}))
            np.testing.assert_array_equal(found[:, others], plain[:, others])
            values = found[:, of_column]
            assert np.isfinite(values).all() and (values == values[0]).all()
            if way in strategies:
                expected = strategies[way](known[:, of_column[0]].astype(np.float64))
                np.testing.assert_allclose(values[:, 0], expected, rtol=1e-6)
    assert {"age": 3, "size": 1, "colour": 1}[missing] == len(ways)


def test_without_titles_columns_are_matched_by_their_order(values_run):
    predictor = Predictor(values_run)
    with_label = read_inputs(predictor, [b"1;2;3;9\n4;5;6;9\n7;8;10;9\n"])
    without = read_inputs(predictor, [b"1;2;3\n4;5;6\n7;8;10\n"])
    assert np.array_equal(with_label.values, without.values)
    assert codes(with_label) == ["columns_left_out", "matched_by_order"]
    assert codes(without) == ["matched_by_order"]
    assert without.values.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
    assert refusal(predictor, b"1;2\n4;5\n7;8\n") == "column_count"


def test_values_outside_the_range_of_training_are_reported(values_run):
    predictor = Predictor(values_run)
    rows = read_inputs(predictor, [b"rooms;age;tax\n1;2;3\n4;5000000;6\n"])
    (finding,) = rows.findings
    assert finding.code == "outside_range" and set(finding.evidence["outside"]) == {"age"}


def test_gaps_in_training_do_not_hide_values_outside_its_range(table, table_run, tmp_path):
    """For new inputs and for new labelled samples."""
    text = lines("9999,red,44.5,no", ",blue,51,yes", header=f"{TABLE},bought")
    file = tmp_path / "new.csv"
    file.write_bytes(text)
    for read in (read_inputs(table, [text]), read_new_samples(table_run, file, reading=Reading())):
        (finding,) = [found for found in read.findings if found.code == "outside_range"]
        assert finding.evidence["outside"] == {"size": 0.5}


def test_titles_match_in_any_case_and_a_missing_one_is_explained(table):
    plain = read_inputs(table, [lines("10,red,44.5", ",blue,51")])
    upper = read_inputs(table, [lines("10,red,44.5", ",blue,51", header=" SIZE,Colour,AGE")])
    assert np.array_equal(upper.values, plain.values) and codes(upper) == codes(plain)
    with pytest.raises(BadData, match=r"'Size \(m²\)'.*without values") as caught:
        read_inputs(table, [lines("10,red,44.5,1", header="Size (m²),colour,age,note")])
    assert caught.value.code == "column_missing"
    assert caught.value.missing == ("size",) and caught.value.unmatched == ("Size (m²)", "note")
    followed = read_inputs(table, [lines(",red,44.5", ",blue,51")])
    assert np.isfinite(followed.values).all() and table.file_columns == ("size", "colour", "age")
    (filled,) = [found for found in followed.findings if found.code == "missing_filled"]
    assert filled.evidence["filled"] == {"size": 2} and "split" not in filled.text


@pytest.mark.parametrize(
    ("header", "renamed", "code"),
    [
        ("m²,hue,age", {"m²": "size", "hue": "colour"}, ""),
        ("m²,hue,age", {}, "column_missing"),
        ("m²,hue,age", {"m²": "size", "nothing": "colour"}, "column_unknown"),
        ("m²,hue,age", {"m²": "size", "hue": "nothing"}, "column_unknown"),
        ("m²,hue,age", {"m²": "size", "hue": "size"}, "repeated_columns"),
        ("size,hue,age", {"hue": "size"}, "repeated_columns"),
    ],
)
def test_renamed_columns_are_used_as_those_of_training(
    table, table_run, tmp_path, header, renamed, code
):
    """For new inputs and for new labelled samples."""
    new = lines("10,red,44.5,no", ",blue,51,yes", header=f"{header},bought")
    file = tmp_path / "new.csv"
    file.write_bytes(new)
    if code:
        assert refusal(table, new, renamed=renamed) == code
        with pytest.raises(BadData) as caught:
            read_new_samples(table_run, file, reading=Reading(), renamed=renamed)
        assert caught.value.code == code
        return
    plain = read_inputs(table, [lines("10,red,44.5", ",blue,51")]).values
    assert np.array_equal(read_inputs(table, [new], renamed=renamed).values, plain)
    samples = read_new_samples(table_run, file, reading=Reading(), renamed=renamed)
    assert np.array_equal(samples.inputs, plain)


def test_all_columns_that_are_missing_are_named_on_both_sides(table):
    with pytest.raises(BadData) as caught:
        read_inputs(table, [lines("10,red,44.5", header="Sizes,hue,AGE")])
    assert caught.value.missing == ("size", "colour")
    assert caught.value.unmatched == ("Sizes", "hue")
    assert all(repr(title) in str(caught.value) for title in caught.value.missing)
    with pytest.raises(BadData) as all_missing:
        read_inputs(table, [lines("10,red,44.5", header="Sizes,hue,years")])
    assert all_missing.value.missing == ("size", "colour", "age")
    assert all_missing.value.unmatched == ("Sizes", "hue", "years")
    assert pair_titles(caught.value.missing, caught.value.unmatched) == {"size": "Sizes"}


def test_one_row_is_enough(table):
    assert len(read_inputs(table, [lines("10,red,44.5")])) == 1


def test_a_spreadsheet_is_read_alone(table):
    rows = lines("10,red,44.5")
    assert refusal(table, rows, rows) == "several_tables"


def test_a_corrected_table_still_matches_columns_by_name(tmp_path: Path) -> None:
    """For new inputs and for new labelled samples."""
    draw = np.random.default_rng(3)
    rows = [f"{a:.1f},{b:.1f},{int(a > b)}" for a, b in draw.normal(size=(80, 2))]
    digest, _ = Library(tmp_path).add("\n".join(["left,right,label", *rows]).encode())
    base = Spreadsheets(digest=digest, title="Pairs")
    corrected = Corrected(base=base, relabeled=((0, 1),))
    trained = train(tmp_path, Experiment(data=corrected, network=(Output(),), epochs=1))
    inputs = read_inputs(Predictor(trained), [b"right,left\n1,2\n3,4\n"])
    assert inputs.values.tolist() == [[2, 1], [4, 3]]
    file = tmp_path / "new.csv"
    file.write_text("label,right,left\n0,1,2\n1,3,4\n0,5,6\n")
    new = read_new_samples(trained, file, reading=Reading())
    assert new.inputs.tolist() == [[2, 1], [4, 3], [6, 5]] and new.targets.tolist() == [0, 1, 0]
    assert encode(corrected) and Store(tmp_path).ids() == [trained.run]
