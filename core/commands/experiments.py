"""What each command of the command line does: prints for people, and answers with plain data for
`--json`.
"""

import json
import signal
import sys
import textwrap
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from core.base.encoding import change, encode
from core.base.errors import BadData, BadExperiment, BadInput
from core.base.events import Ended
from core.base.spec import Choice, Value, fields
from core.commands.screen import Screen, bar
from core.experiment import Experiment, load, shipped
from core.runs.store import Store

Answer = dict[str, Any]
V = TypeVar("V", bound=Value)


def inspect(given: Namespace) -> Answer:
    """Rows, shape, classes and findings of one or two spreadsheets."""
    from core.commands.options import chosen, spelled
    from core.data.inspection.inspect import inspect_files

    try:
        found = inspect_files(Path(given.images), _path(given.labels), reading=chosen(given))
    except BadData as error:
        if error.fixes and not given.json:
            print("What may help:", " or ".join(spelled(fix) for fix in error.fixes))
        raise
    mark = {"ok": "✓", "info": "·", "warn": "!"}
    if not given.json:
        for finding in found.findings:
            print(mark[finding.level], finding.message)
            if finding.fix:
                print("   ", f"{finding.action or 'Fix'}: {spelled(finding.fix)}")
    findings = [asdict(finding) for finding in found.findings]
    return {
        "rows": found.rows,
        "shape": list(found.shape),
        "classes": list(found.classes),
        "findings": findings,
    }


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def train(given: Namespace) -> Answer:
    """Trains in this process; the answer of `outcome`."""
    store = Store()
    return _follow(store, store.create(encode(_asked(given, store))), given)


def rate(given: Namespace) -> Answer:
    """The learning-rate range test: its points, and the rate that they suggest."""
    from core.advice.range_test import NO_RATE, STEPS, range_test, suggest
    from core.base.numbers import short
    from core.data.load import load as load_data

    store, points = Store(), []
    experiment = _asked(given, store)
    for point in range_test(experiment, load_data(experiment.data, store.home)):
        points.append(point)
        if not given.json:
            bar(len(points) / STEPS, f"rate {short(point.rate)} · loss {short(point.loss, 3)}")
    found = suggest(points)
    if not given.json:
        print(found.text if found else NO_RATE)
        if found:
            print(f"Use it: --set optimizer.learning_rate={found.rate:g}")
    return {"points": [asdict(p) for p in points], "suggested": asdict(found) if found else None}


def _asked(given: Namespace, store: Store) -> Experiment:
    """The experiment with all that the options change, checked."""
    experiment = load(given.experiment)
    for path, text in assignments(given):
        experiment = change(experiment, path, text)
    experiment = with_spreadsheets(experiment, "data", given, store)
    if given.device:
        experiment = change(experiment, "device", given.device)
    _check(experiment, store, given)
    return experiment


def assignments(given: Namespace) -> Iterable[tuple[str, Any]]:
    """--epochs, --name and every --set as (path, value)."""
    if given.epochs:
        yield "epochs", _value(given.epochs)
    if given.name:
        yield "name", given.name
    yield from assigned(given.set)


def assigned(given: Iterable[str]) -> Iterable[tuple[str, Any]]:
    """Each PATH=VALUE as (path, value); a value is JSON where it reads as such, else text."""
    for assignment in given:
        path, sign, text = assignment.partition("=")
        if not sign:
            raise BadInput(
                f"--set {assignment}: write PATH=VALUE, such as optimizer.learning_rate=0.01."
            )
        yield path.strip(), _value(text)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def with_spreadsheets(value: V, path: str, given: Namespace, store: Store) -> V:
    """The value with the data that --images and what belongs to it name at `path`; as it was where
    none is named.
    """
    if given.images:
        return change(value, path, _spreadsheets(given, store))
    if given.labels or given.test_images or given.test_labels:
        raise BadInput(
            "--labels, --test-images and --test-labels need --images beside them: name the "
            "pictures too."
        )
    return value


def _spreadsheets(given: Namespace, store: Store) -> Answer:
    from core.commands.options import chosen
    from core.data.library import Library

    digest, found = Library(store.home).add(
        Path(given.images),
        _path(given.labels),
        reading=chosen(given),
        test_images=_path(given.test_images),
        test_labels=_path(given.test_labels),
    )
    if not given.json:
        for finding in found.findings:
            if finding.level == "warn":
                print("!", finding.message)
    return {"kind": "spreadsheets", "digest": digest, "title": Path(given.images).stem[:80]}


def _check(experiment: Experiment, store: Store, given: Namespace) -> None:
    """Device, data and network fit each other; said before a run is made."""
    from core.base.device import resolve
    from core.data.load import load as load_data
    from core.network.build import check

    resolve(experiment.device)
    data = load_data(experiment.data, store.home, None if given.json else bar)
    check(experiment.network, data.shape, data.outputs)
    if wrong := experiment.problem(data.shape, data.classes):
        raise BadExperiment(wrong)


def resume(given: Namespace) -> Answer:
    """Goes on with a run that was interrupted, stopped or failed, or begins one that never did."""
    from core.jobs.trainer import lacks
    from core.runs.state import stored_state

    store = Store()
    run = store.find(given.run)
    if not (state := stored_state(store, run)).is_resumable:
        raise BadInput(
            f"Run {run} is {state}: only one that was interrupted, stopped, failed or never begun "
            "can be resumed."
        )
    if missing := lacks(store, run):
        raise BadInput(missing)
    return _follow(store, run, given)


def _follow(store: Store, run: str, given: Namespace) -> Answer:
    """Trains with a progress bar; Ctrl+C and SIGTERM save the run and end it as stopped."""
    from core.base.control import GO, STOP
    from core.jobs.trainer import execute

    stopped: list[int] = []
    before = {
        s: signal.signal(s, lambda number, frame: stopped.append(number))
        for s in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        show = (lambda event: None) if given.json else Screen(run)
        progress = None if given.json else bar
        ended = execute(
            store,
            run,
            poll_control=lambda training: STOP if stopped else GO,
            watch=show,
            progress=progress,
        )
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if ended.reason == "failed":
        print(ended.message, file=sys.stderr)
    return outcome(run, ended)


def outcome(run: str, ended: Ended) -> Answer:
    """What a finished run says: its id, why it ended, and the scores of its best epoch."""
    scores = {"train": ended.train, "validation": ended.validation, "test": ended.test}
    return {
        "run": run, "reason": ended.reason, "message": ended.message, "epochs": ended.epochs,
        "best_epoch": ended.best_epoch, "seconds": round(ended.seconds, 3), **scores,
    }  # fmt: skip


def presets(given: Namespace) -> Answer:
    """Shipped experiments, and every family with its choices and their fields."""
    families = {family.family: _choices(family) for family in _families()}
    experiments = {name: experiment.about for name, experiment in shipped().items()}
    if not given.json:
        for name, about in experiments.items():
            print(f"{name:<24}{about}")
        for family, choices in families.items():
            print(f"\n{family}")
            for kind, choice in choices.items():
                said = [f"{name}={json.dumps(value)}" for name, value in choice["fields"].items()]
                print("\n".join(wrapped(kind, said)))
    return {"experiments": experiments, "families": families}


def techniques(given: Namespace) -> Answer:
    """The table of techniques in Markdown."""
    from core.concepts import techniques as table

    if not given.json:
        print(table.markdown(), end="")
    return {title: [asdict(row) for row in rows] for title, rows in table.sections()}


def wrapped(kind: str, said: list[str], width: int = 100) -> list[str]:
    """A choice and its fields with their defaults, in lines of at most `width`.

    >>> wrapped("sgd", ["learning_rate=0.05", "momentum=0.9"], 40)
    ['  sgd               learning_rate=0.05', '                    momentum=0.9']
    """
    first, rest = f"  {kind:<17} ", " " * 20
    return textwrap.wrap(" ".join(said), width, initial_indent=first, subsequent_indent=rest) or [
        first.rstrip()
    ]


def _families() -> list[type[Choice]]:
    return [cls for cls in Choice.__subclasses__() if cls.family]


def _choices(family: type[Choice]) -> Answer:
    return {
        kind: {
            "label": cls.label,
            "help": cls.doc(),
            "source": cls.papers(),
            "fields": {f.name: plain(f.default) for f in fields(cls)},
        }
        for kind, cls in sorted(family.members.items())
    }


def plain(value: Any) -> Any:
    """A field's default as JSON data."""
    if isinstance(value, Value):
        return value.model_dump(mode="json")
    return list(map(plain, value)) if isinstance(value, tuple) else value


def selfcheck(given: Namespace) -> Answer:
    """What a person would be asked for when something does not work. Raises nothing: every line
    says its own trouble.
    """
    from core.commands.selfcheck import lines

    answer = {
        "checks": [{"what": what, "ok": ok, "says": says} for what, ok, says in lines(Store())]
    }
    if not given.json:
        for check in answer["checks"]:
            print("✓" if check["ok"] else "✗", f"{check['what']}: {check['says']}")
    return {**answer, "ok": all(check["ok"] for check in answer["checks"])}
