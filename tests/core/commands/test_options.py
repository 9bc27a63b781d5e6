"""A Reading on the command line: every field has its option, and every fix can be typed."""

import json
import re
import shlex
from argparse import ArgumentParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.base.errors import BadExperiment, BadInput
from core.commands.options import add_reading_options, as_options, reading_from
from core.data.reading import Reading


def parse(options: str) -> Reading:
    parser = ArgumentParser()
    add_reading_options(parser)
    return reading_from(parser.parse_args(shlex.split(options)))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "transpose": st.booleans(),
            "invert": st.booleans(),
            "white": st.floats(1, 1e9),
            "black": st.floats(-1e8, 0),
            "shape": st.tuples(*[st.integers(1, 99)] * 3),
            "label_column": st.text(
                st.characters(blacklist_categories=["C"]), min_size=1, max_size=200
            ),
            "header": st.sampled_from(["yes", "no"]),
            "form": st.sampled_from(["images", "table"]),
            "task": st.sampled_from(["classes", "values"]),
            "channels": st.sampled_from(["planar", "interleaved"]),
            "columns": st.dictionaries(
                st.text(st.characters(blacklist_categories=["C"]), min_size=1),
                st.fixed_dictionaries(
                    {"role": st.sampled_from(["input", "ignore"])},
                    optional={"missing": st.sampled_from(["rows", "mean_indicator"])},
                ),
            ),
        },
    )
)
def test_the_options_of_a_fix_parse_to_the_same_reading(fix):
    parsed, expected = parse(as_options(fix)), Reading(**fix)
    rounded = {"white": parsed.white, "black": parsed.black}  # to fifteen digits
    assert parsed == expected.model_copy(update=rounded)
    assert (parsed.white, parsed.black) == pytest.approx((expected.white, expected.black))


def test_the_row_type_of_earlier_versions_is_accepted():
    assert parse("--form pictures") == parse("--form images") == Reading(form="images")


def test_without_options_the_reading_is_the_default():
    assert parse("") == Reading()


@pytest.mark.parametrize("text", ["Age", "Age:", ":role=ignore", "Age:role", "Age:role=", "a:,"])
def test_an_invalid_choice_for_a_column_is_refused(text):
    with pytest.raises(BadInput) as error:
        parse(f"--column '{text}'")
    assert error.value.code == "column_format"
    with pytest.raises(BadExperiment):
        parse("--column Age:role=inputs")


def test_label_is_a_short_name_of_label_column():
    assert parse("--label Age") == Reading(label_column="Age")


@pytest.mark.parametrize("text", ["28", "28x", "ax3", "1x2x3x4", ""])
def test_an_invalid_shape_is_refused(text):
    with pytest.raises(BadInput) as error:
        parse(f"--shape '{text}'")
    assert error.value.code == "shape_format"


def test_an_invalid_number_is_refused():
    with pytest.raises(BadInput, match="--white bright") as error:
        parse("--white bright")
    assert error.value.code == "not_a_number"
    with pytest.raises(BadExperiment, match="white"):
        parse("--white 1 --black 2")


def test_inspect_prints_the_option_of_each_fix(tmp_path, capsys):
    rows = [[(7 * r * c) % 17 for c in range(64)] + [r % 3] for r in range(60)]
    path = tmp_path / "a.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    assert main(["inspect", str(path), "--label-column", "last"]) == 0
    assert ": --white 255\n" in capsys.readouterr().out
    path.write_text("".join(",".join(["9"] * 783) + f",{r % 3}\n" for r in range(60)))
    assert main(["inspect", str(path), "--label-column", "last"]) == 2
    printed = capsys.readouterr()
    assert "--form table" in printed.out and "783" in printed.err


@pytest.mark.parametrize("command", [["inspect"], ["train", "digits", "--images"]])
def test_a_refused_file_is_read_with_the_option_that_its_error_offers(tmp_path, capsys, command):
    file = tmp_path / "people.csv"
    rows = "".join(f"{'' if i == 7 else i % 9},Mr {i},{i % 2}\n" for i in range(30))
    file.write_text("age,who,label\n" + rows)
    how = ["--epochs", "1"] if command[0] == "train" else []
    home = ["--home", str(tmp_path)]
    assert main([*command, str(file), *how, *home]) == 2
    printed = "".join(capsys.readouterr())
    options = list(
        dict.fromkeys(re.findall(r"--column=age:missing=\w+|--column=who:role=\w+", printed))
    )
    assert len(options) >= 2
    assert main([*command, str(file), *options[:2], *how, *home]) == 0


def test_swapped_files_have_no_option(tmp_path, capsys):
    assert main(["inspect", "assets/digits/labels.csv", "assets/digits/images.csv"]) == 2
    assert "--swap" not in "".join(capsys.readouterr())


def test_inspect_prints_the_columns_and_takes_choices_for_them(tmp_path, capsys):
    path = tmp_path / "a.csv"
    rows = [f"Mr {i},{i % 5},{i % 3},{i % 2}" for i in range(40)]
    path.write_text("\n".join(["who,age,kind,label", *rows]))
    assert main(["inspect", str(path)]) == 2
    printed = capsys.readouterr()
    assert "--column=who:role=ignore" in printed.out
    line = next(line for line in printed.out.splitlines() if line.startswith("who"))
    assert line.split()[1:5] == ["text", "–", "40", "input"] and "! " in line
    assert main(["inspect", str(path), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "too_many_words"
    assert [c["key"] for c in error["columns"] if c["problem"]] == ["who"]
    options = ["--column", "who:role=ignore", "--column", "kind:text=one_hot", "--label", "age"]
    assert main(["inspect", str(path), *options, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    roles = {column["key"]: column["role"] for column in answer["columns"]}
    assert roles == {"who": "ignore", "age": "label", "kind": "input", "label": "input"}
    assert answer["shape"] == [4]


def test_a_shape_is_used_when_the_label_column_is_guessed(tmp_path, capsys):
    path = tmp_path / "a.csv"
    rows = [",".join(str((7 * r * c) % 256) for c in range(20)) + f",{r % 3}" for r in range(40)]
    path.write_text("\n".join(rows))
    assert main(["inspect", str(path), "--shape", "4x5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [1, 4, 5]
