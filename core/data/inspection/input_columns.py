"""Input columns: which columns of a table may be inputs or labels, and which ones are left out."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.inspection.column_choices import column_keys
from core.data.inspection.identifiers import find_identifiers, identifier_finding
from core.data.inspection.key_column import find_key, key_finding, read_keys
from core.data.inspection.parts_column import FileSplit, find_folds, find_split, read_parts
from core.data.reading import ColumnChoice
from core.data.split_keys import SplitKeys
from core.data.spreadsheet.header import folded_title
from core.data.spreadsheet.table import Table

_NO_INPUT = ("ignore", "split", "split_key")  # roles of columns that are neither input nor label


@dataclass(frozen=True)
class TrainedColumns:
    """What a test file must have in common with the training file: the number and the titles of
    its input columns, and the keys of the columns that are left out.
    """

    count: int
    titles: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class InputColumns:
    """`free` columns may be inputs or labels. `identifiers` and `folds` were detected, and
    `ignored` columns were chosen to be left out. `split` is what a split column states, `keys` are
    those of the column by which the rows are split.
    """

    free: list[int]
    identifiers: list[int]
    folds: list[int]
    ignored: list[int]
    split: FileSplit | None
    keys: SplitKeys | None = None

    def left_out(self, table: Table) -> tuple[str, ...]:
        """Return the keys of the columns that were left out without being asked to."""
        keys = column_keys(table.header, table.width)
        return tuple(keys[c] for c in (*self.identifiers, *self.folds))

    def findings(self, table: Table, joined: int | None = None) -> list[Finding]:
        """Report the columns that are left out; `joined` is reported elsewhere."""
        keys = column_keys(table.header, table.width)
        findings = []
        if self.ignored:
            names = [keys[c] for c in self.ignored]
            text = f"{counted(len(names), 'column')} of {table.name} left out: {few(names)}."
            findings.append(Finding("columns_left_out", "ok", text, {"columns": names}))
        if identifiers := [c for c in self.identifiers if c != joined]:
            findings.append(identifier_finding(table, identifiers))
        if self.keys:
            findings.append(key_finding(self.keys, table.name))
        if self.folds:
            names = [keys[c] for c in self.folds]
            text = (
                f"{few(names)} of {table.name} numbers the folds of a cross-validation, so it is "
                "not used as input."
            )
            action = Action(f"Use {clip(names[0])} as input", _roles(names, "input"))
            findings.append(Finding("folds", "info", text, {"columns": names}, action))
        return findings


def without_inputs(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without actions that make columns inputs, which rows of pixels cannot
    have beside them.
    """
    return [
        replace(finding, action=None)
        if finding.action and _adds_inputs(finding.action)
        else finding
        for finding in findings
    ]


def _adds_inputs(action: Action) -> bool:
    choices = action.changes.get("columns", {}).values()
    return any(choice.get("role") == "input" for choice in choices)


def find_inputs(
    table: Table, choices: Mapping[int, ColumnChoice], trained: TrainedColumns | None = None
) -> InputColumns:
    """Leave out the columns that are chosen to be, and those that were in the training file.

    Without a training file, identifiers, folds and a split column are detected. Raises BadData.
    """
    keys = column_keys(table.header, table.width)
    out = {c for c, x in choices.items() if x.role in _NO_INPUT or x.text == "ignore"}
    free = [c for c in range(table.width) if c not in out]
    chosen = {c for c, choice in choices.items() if choice.role in ("input", "label")}
    open_ = [c for c in free if c not in chosen]
    split = next((c for c, choice in choices.items() if choice.role == "split"), None)
    split = find_split(table, open_) if split is None else split
    folds, key = find_folds(table, open_), find_key(table, choices)
    if trained:
        identifiers = [c for c in open_ if keys[c] in trained.left_out]
    else:
        candidates = [c for c in free if c != split and c not in folds]
        identifiers = [c for c in find_identifiers(table, candidates) if c not in chosen]
    unused = {*identifiers, *folds, split}
    return InputColumns(
        free=[c for c in free if c not in unused],
        identifiers=identifiers,
        folds=folds,
        ignored=sorted(c for c in out if choices[c].role not in ("split", "split_key")),
        split=None if split is None or trained else read_parts(table, split),
        keys=None if key is None or trained else read_keys(table, key),
    )


def match_titles(table: Table, known: Collection[str]) -> Table:
    """Return the table with the titles `known` from the training file, where its own differ only in
    upper and lower case or in spaces around them, and no other column could be meant.
    """
    if not table.header:
        return table
    own = Counter(map(folded_title, table.header))
    wanted = {title: folded_title(title) for title in known if title not in table.header}
    counts = Counter(wanted.values())
    renamed = {
        folded: title
        for title, folded in wanted.items()
        if folded and own[folded] == counts[folded] == 1
    }
    titles = (
        title if title in known else renamed.get(folded_title(title), title)
        for title in table.header
    )
    return replace(table, header=tuple(titles))


def rename_columns(table: Table, renamed: Mapping[str, str], known: Collection[str]) -> Table:
    """Return the table with the titles of the training file, `known`, for those of its columns that
    were renamed since. Raises BadData.
    """
    for own, title in renamed.items() if renamed else ():
        titles, wanted = (own, table.header or ()), (title, sorted(known))
        for (one, among), whose in ((titles, table.name), (wanted, "the training file")):
            if one not in among:
                listed = f"Its columns are {few(list(among))}" if among else "It has no header"
                raise BadData(
                    f"{clip(own)!r} cannot be used as {clip(title)!r}: {whose} has no column named "
                    f"{clip(one)!r}. {listed}.",
                    code="column_unknown",
                )
    header = tuple(renamed.get(title, title) for title in table.header or ())
    for title in renamed.values():
        if header.count(title) > 1:
            raise BadData(
                f"{table.name} would have {whole(header.count(title))} columns named "
                f"{clip(title)!r}. Use one column for each column of the training file.",
                code="repeated_columns",
            )
    return replace(table, header=header) if renamed else table


def check_repeated_titles(table: Table, trained: TrainedColumns | None) -> None:
    """Raise BadData if a title occurs more or less often in a test file than in the training file.

    Columns of one title are matched by their order, so their number must be the same.
    """
    if trained is None or not trained.titles or table.header is None:
        return
    own, wanted = (Counter(map(_without_number, ts)) for ts in (table.header, trained.titles))
    for title, count in wanted.items():
        if title and own[title] not in (0, count) and max(count, own[title]) > 1:
            raise BadData(
                f"{table.name} has {counted(own[title], 'column')} named {clip(title)!r}, and the "
                f"training file has {whole(count)}. Columns of one name are matched by their "
                "order, so both files need the same number of them.",
                code="repeated_columns",
            )


def _without_number(title: str) -> str:
    """Return the title of a repeated column: "w (2)" -> "w"."""
    return re.sub(r" \(\d+\)$", "", title)


def _roles(keys: list[str], role: str) -> dict[str, dict[str, dict[str, str]]]:
    return {"columns": {key: {"role": role} for key in keys}}
