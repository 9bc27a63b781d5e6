"""What the options of a command ask for: an experiment, its data, and changes of its fields."""

import json
from argparse import Namespace
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from core.advice.adapt import adapt
from core.base.encoding import change
from core.base.errors import BadInput, NotFound
from core.base.spec import Value
from core.commands.terminal import Terminal
from core.commands.weights import with_start
from core.experiment import Experiment, load
from core.runs.lineage import effective_experiment
from core.runs.store import Store
from core.studies.batch import number_fields
from core.studies.number_lists import parse_numbers

Answer = dict[str, Any]  # the plain data of --json
STORED = 32 * 2**20  # bytes of a spreadsheet up to which it is stored with its dataset
V = TypeVar("V", bound=Value)


def requested_experiment(
    arguments: Namespace,
    store: Store,
    terminal: Terminal,
    lists: dict[str, list[int | float]] | None = None,
    named: Experiment | None = None,
) -> Experiment:
    """Return the named experiment, or `named`, with the changes of all options. Numbers with
    several values are added to `lists` by path, where it is given, and the experiment has the first
    of them. Raises LabError if the device, the data and the network do not fit together.
    """
    named = named or load(arguments.experiment)
    experiment = with_data(named, "data", arguments, store, terminal)
    if experiment.data != named.data:
        experiment = adapt_to_data(change(experiment, "name", ""), store, terminal)
    experiment = with_start(experiment, arguments.start, store)
    for path, value in assignments(arguments):
        values = None if lists is None else _several(experiment, path, value)
        if lists is not None and values:
            lists[path] = values
        experiment = change(experiment, path, values[0] if values else value)
    if arguments.device is not None:
        experiment = change(experiment, "device", arguments.device)
    check(experiment, store, terminal)
    return experiment


def run_or_experiment(text: str) -> Experiment:
    """Return the experiment of a run, of a JSON file or with a ready-made name."""
    store = Store()
    try:
        return effective_experiment(store, store.find(text))
    except NotFound as error:
        if error.code == "run_id_ambiguous" or text == "last":
            raise
    return load(text)


def _several(experiment: Experiment, path: str, value: Any) -> list[int | float] | None:
    """Return the values of a list or a range for a number of the experiment; None for any other
    value.
    """
    number = number_fields(experiment).get(path)
    text = ", ".join(map(str, value)) if isinstance(value, list) else value
    if number is None or not isinstance(text, str):
        return None
    return parse_numbers(text, number.fact, decimal_comma=False)


def adapt_to_data(experiment: Experiment, store: Store, terminal: Terminal) -> Experiment:
    """Replace what cannot work on the data, as the Data page does, and print each change. Options
    such as --set come later and count more.
    """
    described = change(experiment, "about", "")  # it describes the data that was replaced
    experiment, findings = adapt(described, experiment.data.facts(store.home))
    for finding in findings:
        terminal.print(f"! {finding.text}")
    return experiment


def assignments(arguments: Namespace) -> Iterable[tuple[str, Any]]:
    """Yield --epochs, --name and every --set as (path, value)."""
    if arguments.epochs is not None:
        yield "epochs", _parse_value(arguments.epochs)
    if arguments.name is not None:
        yield "name", arguments.name
    yield from parse_assignments(arguments.set)


def parse_assignments(texts: Iterable[str]) -> Iterable[tuple[str, Any]]:
    """Yield each PATH=VALUE as (path, value). A value that is valid JSON is parsed, otherwise it is
    text.
    """
    for assignment in texts:
        path, sign, text = assignment.partition("=")
        if not sign:
            raise BadInput(
                f"--set {assignment} has no value. Write PATH=VALUE, for example "
                "optimizer.learning_rate=0.01.",
                code="assignment_without_value",
            )
        yield path.strip(), _parse_value(text)


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def with_data(value: V, path: str, arguments: Namespace, store: Store, terminal: Terminal) -> V:
    """Return the value with the data at `path` replaced by that of --data, or by the spreadsheets
    of --images and its companions; unchanged if there are none.
    """
    if arguments.data is not None and arguments.images is not None:
        raise BadInput(
            "--data and --images both name the data. Use one of them.", code="data_named_twice"
        )
    if arguments.data is not None:
        return change(value, path, arguments.data)
    if arguments.images is not None:
        return change(value, path, _add_spreadsheets(arguments, store, terminal))
    if arguments.labels or arguments.test_images or arguments.test_labels:
        raise BadInput(
            "--labels, --test-images and --test-labels require --images. Add --images with the "
            "file of the images.",
            code="images_missing",
        )
    return value


def _add_spreadsheets(arguments: Namespace, store: Store, terminal: Terminal) -> Answer:
    from core.commands.options import reading_from, suggesting_fixes
    from core.data.library import Library

    names = (arguments.images, arguments.labels, arguments.test_images, arguments.test_labels)
    images, labels, test_images, test_labels = map(_spreadsheet, names)
    with suggesting_fixes():
        digest, inspection = Library(store.home).add(
            images,
            labels,
            names=tuple(Path(name).name for name in names if name),
            reading=reading_from(arguments),
            test_images=test_images,
            test_labels=test_labels,
        )
    for finding in inspection.findings:
        if finding.level == "warn":
            terminal.print(f"! {finding.text}")
    return {"kind": "spreadsheets", "digest": digest, "title": Path(arguments.images).stem[:80]}


def _spreadsheet(name: str | None) -> Path | bytes | None:
    """Return a file of spreadsheets, as bytes if it is stored with the dataset, as an upload is: an
    exported script reads it, and an archive contains it. A large one stays where it is.
    """
    path = optional_path(name)
    with suppress(OSError):  # named where the file is read
        if path and path.is_file() and path.stat().st_size <= STORED:
            return path.read_bytes()
    return path


def optional_path(name: str | None) -> Path | None:
    """Return the path of an option, None if it is not used."""
    return Path(name) if name else None


def check(experiment: Experiment, store: Store, terminal: Terminal) -> None:
    """Raise LabError if device, data and network do not fit together, before a run is created."""
    from core.base.device import resolve
    from core.data.load import load as load_data
    from core.training.checks import check_experiment, check_stored_start

    resolve(experiment.device)
    facts = load_data(experiment.data, store.home, terminal.progress).facts
    check_experiment(experiment, facts)
    if not experiment.fork:  # which has weights
        check_stored_start(experiment, facts, store.home)
