"""New files for a finished run: read like its training file, although their header, their sheets or
the spelling of their words differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip, counted, few
from core.data.arrays.combine import ReportOf, Tables, read_files
from core.data.inspection.column_cells import to_texts
from core.data.inspection.column_matching import find_column
from core.data.inspection.encoding import ColumnEncoding, known_texts
from core.data.inspection.inspect import Inspection
from core.data.inspection.variants import plain
from core.data.reading import Reading
from core.data.spreadsheet.header import folded_title
from core.data.spreadsheet.source import Source
from core.data.spreadsheet.table import Table


def read_new_files(
    like: Inspection,
    sources: Sequence[Source | None],
    names: Sequence[str],
    settled: Reading,
    *,
    chosen: Reading,
    renamed: Mapping[str, str] | None,
    report_of: ReportOf,
) -> Tables:
    """Return the tables of new files, as `read_files` does.

    `settled` is the reading with the choices of `chosen`. The sheet of a workbook is the chosen
    one, else the one that training used, else the first one with most titles of the training file.
    Raises BadData, NotFound.
    """
    titles = {*like.known_titles, *(renamed or {})}

    def read(sheet: str) -> Tables:
        reading = settled.model_copy(update={"sheet": sheet})
        return read_files(sources, names, reading, report_of, titles=titles)

    try:
        tables = read(settled.sheet)
    except BadData as error:
        if error.code != "workbook_no_such_sheet" or chosen.sheet:
            raise
        tables = read("")
    first = tables[0]
    if not chosen.sheet and like.input_titles and not _has_inputs(first, like):
        for sheet in _other_sheets(first):
            try:
                others = read(sheet)
            except BadData:  # a sheet of notes is no table
                continue
            if _has_inputs(others[0], like):
                tables = others
                break
    return tables


def _has_inputs(table: Table, like: Inspection) -> bool:
    """Whether a table has most of the input columns, by their titles."""
    own, wanted = (set(map(folded_title, each)) for each in (table.header or (), like.input_titles))
    return 2 * len(own & wanted) > len(wanted)


def _other_sheets(table: Table) -> list[str]:
    notes = (note for note in table.notes if note.code == "sheet")
    return [sheet for note in notes for sheet in note.evidence["others"]]


def with_known_spellings(
    table: Table, encodings: Sequence[ColumnEncoding]
) -> tuple[Table, list[Finding]]:
    """Return the table with the texts of the training file for those that differ from one of them
    only in case, in spaces or in leading zeros, and a finding on them. Columns are found by title.
    """
    words, changes = {}, []
    for encoding in encodings:
        place = find_column(encoding, table.header)
        if encoding.kind == "number" or place not in table.words:
            continue
        spellings: dict[str, list[str]] = {}
        for category in encoding.categories:
            spellings.setdefault(plain(category), []).append(category)
        known = {form: names[0] for form, names in spellings.items() if len(names) == 1}
        texts = known_texts(to_texts(table.words[place]), encoding.categories)
        others = sorted(set(texts) - {*encoding.categories, ""})
        read_as = {text: known[plain(text)] for text in others if plain(text) in known}
        if read_as:
            words[place] = np.array([read_as.get(text, text) for text in texts], object)
            changes += [(encoding.title, own, name) for own, name in read_as.items()]
    if not changes:
        return table, []
    listed = few([f"{clip(own)!r} as {clip(name)!r}" for _, own, name in changes])
    columns = list(dict.fromkeys(title for title, _, _ in changes))
    is_one = len(changes) == 1
    text = (
        f"{counted(len(changes), 'text')} of {table.name} {'is' if is_one else 'are'} spelled "
        f"differently in the training file and {'is' if is_one else 'are'} read as there: {listed}."
    )
    found = Finding("spellings_matched", "info", text, {"columns": columns})
    return replace(table, words=table.words | words), [found]
