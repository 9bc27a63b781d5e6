"""A Reading on the command line: every field has its option, and every fix can be typed."""

import shlex
from argparse import ArgumentParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.base.errors import BadExperiment, BadInput
from core.commands.options import add, chosen, parse_shape, spelled
from core.data.reading import Reading


def typed(words: str) -> Reading:
    parser = ArgumentParser()
    add(parser)
    return chosen(parser.parse_args(shlex.split(words)))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "transpose": st.booleans(),
            "invert": st.booleans(),
            "white": st.floats(1, 1e9),
            "black": st.floats(-1e8, 0),
            "shape": st.tuples(*[st.integers(1, 99)] * 3),
            "label_column": st.text(st.characters(blacklist_categories=["C"]), min_size=1),
            "header": st.sampled_from(["yes", "no"]),
            "form": st.sampled_from(["pictures", "table"]),
            "task": st.sampled_from(["classes", "values"]),
            "channels": st.sampled_from(["planar", "interleaved"]),
        },
    )
)
def test_a_fix_is_typed_as_it_is_spelled(fix):
    found, meant = typed(spelled(fix)), Reading(**fix)
    close = {"white": found.white, "black": found.black}  # fifteen digits
    assert found == meant.model_copy(update=close)
    assert found.white == pytest.approx(meant.white) and found.black == pytest.approx(meant.black)


def test_nothing_said_is_the_default():
    assert typed("") == Reading()


@pytest.mark.parametrize("text", ["28", "28x", "ax3", "1x2x3x4", ""])
def test_a_shape_that_is_none(text):
    with pytest.raises(BadInput, match="such as 28x28"):
        parse_shape(text)


def test_what_cannot_be_is_said():
    with pytest.raises(BadInput, match="--white bright is no number"):
        typed("--white bright")
    with pytest.raises(BadExperiment, match="white"):
        typed("--white 1 --black 2")


def test_inspect_names_the_option_of_each_fix(tmp_path, capsys):
    rows = [[(7 * r * c) % 17 for c in range(64)] + [r % 3] for r in range(60)]
    path = tmp_path / "a.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    assert main(["inspect", str(path), "--label-column", "last"]) == 0
    assert "Keep the values: --white 255\n" in capsys.readouterr().out
    path.write_text("".join(",".join(["9"] * 783) + f",{r % 3}\n" for r in range(60)))
    assert main(["inspect", str(path), "--label-column", "last"]) == 2
    said = capsys.readouterr()
    assert "--form table" in said.out and "783 pixel columns" in said.err
