"""Every field of a Reading as an option of the command line, and a fix written as these options.

A new field of Reading requires no change here.
"""

import shlex
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.base.encoding import build
from core.base.errors import BadData, BadInput
from core.base.spec import FieldFacts, fields
from core.data.inspection.shapes import parse_shape
from core.data.reading import OF_FILE, ColumnChoice, Reading, current_name

METAVARS = {"shape": "HxW or CxHxW", "label_column": "NAME", "sheet": "NAME", "label_sheet": "NAME"}
SHORT = {"label_column": ["--label"]}  # shorter names of options


def add_reading_options(command: ArgumentParser) -> None:
    """Add --transpose, --label-column NAME, --shape 3x32x32, --form table …"""
    group = command.add_argument_group("how to read the spreadsheets (default: detect it)")
    for field in fields(Reading):
        names = [_option(field.name), *SHORT.get(field.name, [])]
        group.add_argument(*names, dest=field.name, help=field.help, **_kind(field))


def _kind(field: FieldFacts) -> dict[str, Any]:
    """Return the keyword arguments by which argparse parses this field."""
    if field.name == "columns":
        return {"action": "append", "metavar": "NAME:FIELD=VALUE"}
    if field.type is bool:
        return {"action": BooleanOptionalAction}
    if field.options:
        return {"choices": field.options, "type": current_name}
    return {"metavar": METAVARS.get(field.name, "N")}


def reading_from(arguments: Namespace) -> Reading:
    """Return the Reading that these options ask for. Raises BadExperiment, BadInput."""
    values = {field.name: getattr(arguments, field.name, None) for field in fields(Reading)}
    values = {name: value for name, value in values.items() if value is not None}
    for name, value in values.items():
        if name == "shape":
            values[name] = parse_shape(value)
        elif name in ("white", "black"):
            values[name] = _parse_number(name, value)
        elif name == "columns":
            values[name] = _parse_columns(value)
    return build(Reading, values)


def _parse_number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(
            f"{_option(name)} {text} is not a number. Write a number, for example 255.",
            code="not_a_number",
        ) from None


def _parse_columns(texts: list[str]) -> dict[str, dict[str, str]]:
    """Parse "Age:missing=median" and "Ticket:role=ignore,text=ordinal" into choices by column."""
    choices: dict[str, dict[str, str]] = {}
    for text in texts:
        column, _, assignments = text.rpartition(":")
        pairs = [assignment.partition("=") for assignment in assignments.split(",")]
        if not column or not all(name and sign and value for name, sign, value in pairs):
            raise BadInput(
                f"--column {text} is not a choice for a column. Write NAME:FIELD=VALUE, for "
                f"example Age:missing=median; the fields are {', '.join(_column_fields())}.",
                code="column_format",
            )
        choice = choices.setdefault(column, {})
        choice |= {name.strip(): value.strip() for name, _, value in pairs}
    return choices


def _column_fields() -> list[str]:
    return [field.name for field in fields(ColumnChoice)]


def add_rename_option(command: ArgumentParser) -> None:
    """Add --rename NEW=OLD, for files that are read like the training file of a run."""
    command.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="NEW=OLD",
        help="use the column NEW as the column OLD of the training file; can be repeated",
    )


def renames_from(arguments: Namespace) -> dict[str, str]:
    """Return the titles of the training file by those that --rename gives them. Raises BadInput."""
    renamed = {}
    for text in arguments.rename:
        own, sign, title = text.rpartition("=")
        if not (own.strip() and sign and title.strip()):
            raise BadInput(
                f"--rename {text} names no two columns. Write NEW=OLD: the column of the file, "
                "then that of the training file.",
                code="rename_format",
            )
        renamed[own.strip()] = title.strip()
    return renamed


@contextmanager
def suggesting_options() -> Iterator[None]:
    """Add the options that help to the error of a file that is not like the training file."""
    try:
        yield
    except BadData as error:
        ways = []
        if error.missing and error.unmatched:
            ways.append(f"read the file as it is, with {_renames(error)}")
        of_file = [fix for fix in error.fixes if set(fix) <= OF_FILE]
        ways += [f"read the file with {as_options(fix)}" for fix in of_file]
        if error.gaps and error.fixes:
            fill, *leave_out = map(as_options, error.fixes)
            ways.append(f"fill with {fill} (the value of the training set)")
            ways += [f"read the file with {options} (without these rows)" for options in leave_out]
        if ways:
            error.args = (f"{error} Or {', or '.join(ways)}.",)
        raise


def _renames(error: BadData) -> str:
    """Return options that use columns of the file as those that it lacks."""
    from core.data.inspection.column_matching import pair_titles

    pairs = pair_titles(error.missing, error.unmatched)
    return " ".join(
        "--rename " + shlex.quote(f"{pairs.get(title, 'NEW')}={title}") for title in error.missing
    )


@contextmanager
def suggesting_fixes() -> Iterator[None]:
    """Add the options of the first fix to the error of a file, and the command that lists all."""
    try:
        yield
    except BadData as error:
        if options := fixes_as_options(error):
            text = f"{error} For example, add {options[0]}; the command inspect lists all ways."
            error.args = (text,)
        raise


def fixes_as_options(error: BadData) -> list[str]:
    """Return the fixes of an error as options; swapped files have none: they are named in order."""
    return [as_options(fix) for fix in error.fixes if "swap" not in fix]


def as_options(fix: dict[str, Any]) -> str:
    """Return a change of the Reading as options: {"transpose": True, "white": 255.0} becomes
    "--transpose --white 255".
    """
    return " ".join(
        option
        for name, value in fix.items()
        for option in (_as_columns(value) if name == "columns" else [_as_option(name, value)])
    )


def _as_columns(choices: dict[str, dict[str, str]]) -> list[str]:
    """Return the choices for columns as options."""
    return [
        "--column=" + shlex.quote(f"{column}:{','.join(f'{k}={v}' for k, v in choice.items())}")
        for column, choice in choices.items()
    ]


def _as_option(name: str, value: Any) -> str:
    option = _option(name)
    if isinstance(value, bool):
        return option if value else option.replace("--", "--no-", 1)
    if name == "shape":
        return f"{option} {'x'.join(map(str, value))}"
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    sign = "=" if text.startswith("-") else " "  # argparse would read -1e5 as an option
    return option + sign + shlex.quote(text)


def _option(name: str) -> str:
    if name == "columns":
        return "--column"
    return f"--{name.replace('_', '-')}"
