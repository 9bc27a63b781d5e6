"""A person's own spreadsheets are read by pandas in a script where that gives the same arrays;
otherwise the script loads the arrays.
"""

import gzip

import numpy as np
import pandas as pd
import pytest

from core.base.encoding import build
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.export.script.data import ARRAYS, arrays_of, data_code
from core.export.script.definitions import Definitions
from core.export.script.script import script

DRAW = np.random.default_rng(5)
PIXELS = DRAW.integers(0, 256, (40, 49))
LABELS = np.arange(40) % 3
COLOURS = [["red", "blue"][k % 2] for k in range(40)]
COLUMNS = pd.DataFrame(
    {"size": DRAW.normal(size=40).round(3), "colour": COLOURS, "weight": range(40)}
)


def text(frame, **how) -> bytes:
    return frame.to_csv(index=False, **how).encode()


def images(**how) -> bytes:
    return text(pd.DataFrame(PIXELS), header=False, **how)


def labels(values=LABELS) -> bytes:
    return text(pd.DataFrame({"label": values}), header=False)


def table(target, **how) -> bytes:
    return text(COLUMNS.assign(kind=target), **how)


NAMED = [["cat", "dog", "Ænder"][k] for k in LABELS]
ORDINAL = {"columns": {"colour": {"text": "ordinal"}}}
GAPS = COLUMNS.assign(
    size=COLUMNS["size"].mask(COLUMNS.index % 7 == 3),
    colour=COLUMNS["colour"].mask(COLUMNS.index % 9 == 2),
    kind=NAMED,
)
FILLED = "most_frequent_indicator"
SPACED = "\n".join(
    f"  {a:8.3f}  {a * a:9.4f}   {k % 2}" for k, a in enumerate(DRAW.normal(size=40))
)


def choose(colour="most_frequent", **missing) -> dict:
    """The reading that fills the gaps of these columns."""
    ways = {"colour": colour} | missing
    return {"columns": {column: {"missing": way} for column, way in ways.items()}}


CASES = {
    "images and labels": ((images(), labels()), {}),
    "semicolons": ((images(sep=";"), labels()), {}),
    "named classes": ((images(), labels(NAMED)), {}),
    "turned images": ((images(), labels()), {"transpose": True}),
    "dark on bright": ((images(), labels()), {"invert": True}),
    "packed": ((gzip.compress(images()), labels()), {}),
    "label column": ((text(pd.DataFrame(PIXELS).assign(label=LABELS)),), {}),
    "table": ((table(NAMED),), {"label_column": "kind"}),
    "decimal commas": ((table(NAMED, sep=";", decimal=","),), {"label_column": "kind"}),
    "ordinal texts": ((table(NAMED),), {"label_column": "kind"} | ORDINAL),
    "values": ((table(DRAW.normal(size=40)),), {"label_column": "kind", "task": "values"}),
    "rows without gaps": ((text(GAPS),), {"label_column": "kind"} | choose(size="rows")),
    "filled texts": ((text(GAPS),), {"label_column": "kind"} | choose(FILLED, size="mean")),
    "columns of spaces": ((SPACED.encode(),), {"task": "classes"}),
    "test files": ((images(), labels(), images(), labels()), {}),
}
SUFFIX = {"packed": ".csv.gz"}


def stored(home, files, reading, suffix=".csv") -> Spreadsheets:
    names = ("my inputs", "labels", "test inputs", "test labels")
    sources = dict(zip(("images", "labels", "test_images", "test_labels"), files, strict=False))
    digest, _ = Library(home).add(
        **sources,
        names=tuple(name + (suffix if not k else ".csv") for k, name in enumerate(names)),
        reading=Reading(**reading),
    )
    return Spreadsheets(digest=digest, title="Mine")


def executed(written, folder) -> dict:
    for file in written.files:
        file.write(folder / file.name)
    names = {"np": np, "pd": pd, "HERE": folder}
    exec(written.code, names)
    return names


@pytest.mark.parametrize("case", CASES)
def test_pandas_gives_the_arrays_of_the_lab(case, tmp_path):
    files, reading = CASES[case]
    data = stored(tmp_path, files, reading, SUFFIX.get(case, ".csv"))
    written = data_code(data, tmp_path, Definitions())
    assert ARRAYS not in written.code and "SHA-256" in written.code
    names = executed(written, tmp_path)
    for name, array in arrays_of(Library(tmp_path).open(data.digest)).items():
        assert names[name].dtype == array.dtype, name
        np.testing.assert_array_equal(names[name], array, name)  # gaps are equal, too


def test_what_plain_pandas_cannot_read_comes_as_arrays(tmp_path):
    repeated = np.vstack([PIXELS, PIXELS[:2]])
    files = (
        text(pd.DataFrame(repeated), header=False),
        labels([*LABELS, *LABELS[:2]]),
    )
    data = stored(tmp_path, files, {"duplicates": "remove"})
    written = data_code(data, tmp_path, Definitions())
    assert [file.name for file in written.files] == [ARRAYS]
    names = executed(written, tmp_path)
    for name, array in arrays_of(Library(tmp_path).open(data.digest)).items():
        assert np.array_equal(names[name], array), name


def test_gaps_are_filled_with_values_of_the_training_set(tmp_path):
    holes = COLUMNS.assign(size=COLUMNS["size"].mask(COLUMNS.index % 7 == 3), kind=NAMED)
    choice = {"columns": {"size": {"missing": "mean_indicator"}}, "label_column": "kind"}
    data = stored(tmp_path, (text(holes),), choice)
    chosen = build(Experiment, {"data": data, "network": ({"kind": "output"},), "device": "cpu"})
    written = script(chosen, tmp_path)
    assert "fit_fills(inputs, train, fills)" in written.text()
    assert "read_csv" in written.text()
