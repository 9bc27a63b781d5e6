"""Code that reads a person's own spreadsheets with pandas, where it gives exactly the arrays that
the lab trained on. It is tried before it is written. Where no form gives them, because the file
needs more than pandas does, the arrays themselves are exported.
"""

import hashlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.numbers import size
from core.base.spec import Call
from core.base.text import file_name
from core.data.blocks import block_size
from core.data.datasets import Spreadsheets
from core.data.inspection.column_choices import column_keys
from core.data.library import Library
from core.data.manifest import About
from core.data.samples import Samples
from core.export.script.data import (
    ARRAYS,
    DataCode,
    DataFile,
    arrays_code,
    arrays_of,
    data_code,
)
from core.export.script.definitions import Definitions
from core.export.script.read_columns import find_title, image_lines, table_lines
from core.export.script.rendering import code, comment, literal
from core.training.scale import will_stream, window

LARGE = 2**20  # bytes of files that are not read for a script that is only shown
SHEETS = {".xlsx", ".xlsm", ".xls", ".ods"}
SEPARATORS = (",", ";", "\t")
SPACES = r"\s+"  # where no other separator gives several columns
NUMBERS = ({}, {"decimal": ","}, {"thousands": ","}, {"decimal": ",", "thousands": "."})
ROLES = ("inputs", "labels", "test_inputs", "test_labels")  # of the files, in their order

Files = dict[str, tuple[str, Path]]  # by role: the name beside the script, and the stored file


@data_code.register
def _(data: Spreadsheets, home: Path, definitions: Definitions) -> DataCode:
    library = Library(home)
    about, samples = library.about(data.digest), library.open(data.digest)
    if will_stream(samples):
        return _large(data, samples, definitions)
    files = _files(library, about)
    if definitions.draft and sum(path.stat().st_size for _, path in files.values()) > LARGE:
        return arrays_code(data, samples, definitions)
    text = _exact_code(about, samples, files) if "inputs" in files else ""
    if not text:
        return arrays_code(data, samples, definitions)
    definitions.imports |= {"np": "import numpy as np", "pd": "import pandas as pd"}
    sums = [f"{name}  SHA-256 {_sha256(path)}" for name, path in files.values()]
    copies = (DataFile(name, partial(shutil.copyfile, path)) for name, path in files.values())
    head = comment("\n".join([f"{data.title}, read from", *sums]))
    return DataCode(f"{head}\n{text}", tuple(copies), samples.fills)


def _large(data: Spreadsheets, samples: Samples, definitions: Definitions) -> DataCode:
    """Return the code for a dataset that the lab trains from the disk. A script has the arrays in
    memory and draws the samples in the same order. Pandas would need several times as much memory,
    so it is not tried.
    """
    need = f"{ARRAYS} has the arrays, which need {size(samples.inputs.nbytes)} of memory."
    found = arrays_code(data, samples, definitions, need)
    return replace(found, block_size=block_size(samples.inputs, window()))


def _files(library: Library, about: About) -> Files:
    """Return the stored files by their role; none if one of them is not stored."""
    names = iter(about.files)
    files: Files = {}
    for role, digest in zip(ROLES, about.upload_hashes, strict=False):
        if digest:
            path = library.uploads.path(digest)
            if path is None:
                return {}
            name = next(names, f"{role}.csv")
            files[role] = (file_name(Path(name).stem) + Path(name).suffix, path)
    return files if len({name for name, _ in files.values()}) == len(files) else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _exact_code(about: About, samples: Samples, files: Files) -> str:
    """Return the first code that gives the arrays of the samples; empty if none does."""
    arrays = arrays_of(samples)
    if (
        about.validation_rows
        or about.split_key
        or ("test_inputs" in arrays) != ("test_inputs" in files)
    ):
        return ""  # the file itself says to which part a row belongs, or by what it is split
    with tempfile.TemporaryDirectory(prefix="spreadsheet-") as folder:
        for name, path in files.values():
            (Path(folder) / name).symlink_to(path.resolve())
        for text in _candidates(about, samples, files):
            names = {"np": np, "pd": pd, "HERE": Path(folder)}
            try:
                with warnings.catch_warnings(action="ignore"):
                    exec(compile(text, "data", "exec"), names)  # the text is written below
            except Exception:  # a form that does not suit the file
                continue
            if all(_same(names.get(name), array) for name, array in arrays.items()):
                return text
    return ""


def _same(found: object, array: np.ndarray) -> bool:
    if not isinstance(found, np.ndarray) or found.dtype != array.dtype:
        return False
    return np.array_equal(found, array, equal_nan=array.dtype.kind == "f")


def _candidates(about: About, samples: Samples, files: Files) -> Iterator[str]:
    """Yield forms of the code: separators, decimal signs, with and without a header."""
    name, path = files["inputs"]
    is_sheet = Path(name).suffix.lower() in SHEETS
    separators = [""] if is_sheet else _separators(name, path)
    for separator in separators:
        for numbers in [{}] if is_sheet else NUMBERS:
            for header in (True, False):
                how = dict(numbers)
                if separator not in ("", ","):
                    how["sep"] = separator
                if not header:
                    how["header"] = None
                columns = _header(name, path, how)
                if columns is not None:
                    yield _reader_code(about, samples, files, columns, how)


def _separators(name: str, path: Path) -> list[str]:
    """Return the separators, the one that gives most columns first."""
    counts = {
        separator: len(_header(name, path, {"sep": separator}) or ()) for separator in SEPARATORS
    }
    best = max(SEPARATORS, key=lambda separator: counts[separator])
    return [best, SPACES] if counts[best] < 2 else [best]


def _header(name: str, path: Path, how: dict) -> list | None:
    """Return the columns of a file as pandas names them; None if it cannot be read."""
    try:
        if Path(name).suffix.lower() in SHEETS:
            return list(pd.read_excel(path, nrows=3, **how).columns)
        kind = {".gz": "gzip", ".zip": "zip"}.get(Path(name).suffix.lower())
        return list(pd.read_csv(path, nrows=3, compression=kind, **how).columns)
    except Exception:  # not a file that pandas reads
        return None


def _reader_code(about: About, samples: Samples, files: Files, columns: list, how: dict) -> str:
    has_labels = "labels" in files
    label = None if has_labels else _label_column(about, columns)
    is_table = not about.has_images
    words = [find_title(e.title, e.index, columns) for e in about.encodings if e.kind != "number"]
    text = [column for column in words if column is not None]
    strings = [*text, *([label] if label is not None and about.classes else [])]
    options = dict(how)
    if strings:
        options["dtype"] = dict.fromkeys(strings, "str")
    lines = ["def read_inputs(table):", '    """Return the inputs of a table."""']
    lines += table_lines(about, columns) if is_table else image_lines(about, samples)
    lines += ["", "", "def read_targets(column):"]
    if about.classes:
        numbers = {name: number for number, name in enumerate(about.classes)}
        lines += [
            '    """Return the class number of each label."""',
            code(numbers, str, before="    numbers = ", indent=4),
            "    return column.astype(str).str.strip().map(numbers).to_numpy(np.int64)",
        ]
    else:
        lines += [
            '    """Return the values to predict."""',
            "    return column.to_numpy(np.float32)",
        ]
    lines += ["", ""]
    keys = column_keys([str(column) for column in columns], len(columns))
    choices = about.settled.columns
    without_gaps = [
        column
        for column, key in zip(columns, keys, strict=True)
        if key in choices and choices[key].missing == "rows"
    ]
    for prefix in ("", "test_"):
        if f"{prefix}inputs" in files:
            lines += _part(prefix, files, options, label, about, without_gaps)
    return "\n".join(lines)


def _part(
    prefix: str, files: Files, options: dict, label: object, about: About, without_gaps: list
) -> list[str]:
    """Return the lines that read one part, with labels from its own file or from a column. Rows
    with a gap in one of the columns `without_gaps` are left out.
    """
    lines = [_read(files[f"{prefix}inputs"][0], options, f"{prefix}table = ")]
    if without_gaps:
        names = literal(without_gaps)
        lines.append(f"{prefix}table = {prefix}table.dropna(subset={names})")
    if label is not None:
        column = f"{prefix}table.pop({literal(label)})"
    else:
        how = {key: value for key, value in options.items() if key != "dtype"}
        how |= {"dtype": "str"} if about.classes else {}
        lines.append(_read(files[f"{prefix}labels"][0], how, f"{prefix}labels = "))
        column = f"{prefix}labels.iloc[:, -1]"
    lines.append(f"{prefix}targets = read_targets({column})")
    lines.append(f"{prefix}inputs = read_inputs({prefix}table)")
    return lines


def _read(name: str, options: dict, before: str) -> str:
    function = "pd.read_excel" if Path(name).suffix.lower() in SHEETS else "pd.read_csv"
    call = Call("builtins.dict", options)
    return code(call, lambda target: function, f"HERE / {literal(name)}", before=before)


def _label_column(about: About, columns: list) -> object:
    settled = about.settled.label_column
    if settled in ("first", "last"):
        return columns[0 if settled == "first" else -1]
    known = {str(column).strip().casefold(): column for column in columns}
    if settled.casefold() in known:
        return known[settled.casefold()]
    return columns[0]
