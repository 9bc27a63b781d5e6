"""Fixed width: words with spaces in columns that begin at the same positions in every line."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.spreadsheet.table import read_table

ANIMALS = ["red fox", "wolf", "arctic hare"] * 20
DRAW = np.random.Generator(np.random.PCG64(3))
LENGTHS = np.round(DRAW.normal(50, 9, 60), 2)
WIDTHS = np.round(DRAW.normal(20, 5, 60), 2)


def lines(encoding: str = "utf-8", header: str = "species        length  width") -> bytes:
    rows = zip(ANIMALS, LENGTHS, WIDTHS, strict=True)
    body = [f"{name:<15}{a:>6.2f}{b:>7.2f}" for name, a, b in rows]
    return "\n".join([*([header] if header else []), *body, ""]).encode(encoding)


@pytest.mark.parametrize(
    "header", ["species        length  width", "", "größe          länge   breite"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_words_with_spaces_are_one_cell(header, encoding):
    table = read_table(lines(encoding, header), "t.txt")
    assert table.words[0].tolist() == ANIMALS
    np.testing.assert_array_equal(table.values, np.stack([LENGTHS, WIDTHS], axis=1))
    assert table.header == (tuple(header.split()) or None)
    assert "fixed_width" in [note.code for note in table.notes]
    assert table.row_numbers[0] == (2 if header else 1)


def test_words_that_all_have_a_space_at_one_position_stay_one_cell_under_a_header():
    text = "name       x\n" + "".join(
        f"{n:<10}{i:>2}\n" for i, n in enumerate(["red fox", "big cat"] * 9)
    )
    assert read_table(text.encode(), "t.txt").words[0].tolist() == ["red fox", "big cat"] * 9


def test_text_across_a_column_is_refused_with_its_line():
    data = lines(header="") * 10 + b"an animal of a long name 50.00  20.00\n"
    with pytest.raises(BadData, match="line 601") as caught:
        read_table(data, "t.txt")
    assert caught.value.code == "fixed_width"


@pytest.mark.parametrize("text", ["class 1\nclass 2\nclass 3\n", "red fox\nbig cat\nold dog\n"])
def test_words_of_one_column_are_not_split(text):
    assert read_table(text.encode(), "t.txt").width == 1


def test_double_precision_of_fortran_is_a_number():
    text = "".join(f"  {x:.3f}D+01  {i}\n" for i, x in enumerate(LENGTHS))
    table = read_table(text.encode(), "t.txt")
    np.testing.assert_allclose(table.values[:, 0], LENGTHS * 10)
    assert read_table(b"a,b\n1D2,1\n2D3,2\n", "t").words[0].tolist() == ["1D2", "2D3"]
