"""The commands for searches: run one, show one, list them. Each returns the data of `--json`."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.base.encoding import build, decode
from core.base.errors import BadInput
from core.base.numbers import short, time_left
from core.base.text import aligned, counted
from core.base.yaml_text import read_as_json
from core.commands.requested import Answer, requested_experiment, run_or_experiment
from core.commands.signals import stop_on_signal
from core.commands.studies import parse_workers
from core.commands.terminal import Terminal
from core.runs.store import Store
from core.studies.search.answer import winner
from core.studies.search.dimensions import default_space, dimensions_of
from core.studies.search.folder import Searches
from core.studies.search.ranges import NumberRange
from core.studies.search.records import TrialEnded, progress
from core.studies.search.search import Search

FIELDS = ("trials", "parallel", "seed", "finalists", "repeats", "strategy", "against", "goal")


def search(arguments: Namespace, terminal: Terminal) -> Answer:
    """Run a search, or resume or show one; after Ctrl+C it can be resumed."""
    from core.studies.search import execution

    store = Searches()
    if arguments.show:
        return _outcome(store, store.find(arguments.show), terminal)
    if arguments.resume:
        search_id = store.find(arguments.resume)
    elif arguments.experiment:
        search_id = execution.create(store.home, _requested_search(arguments, terminal))
    else:
        raise BadInput(
            "No experiment was given. Pass the id of a run, a JSON file of an experiment or a "
            "search, the name of a ready-made experiment, or --resume ID.",
            code="no_experiment",
        )
    terminal.print(f"Search {search_id}")
    with stop_on_signal() as poll_control:
        ended = execution.execute(
            store.home,
            search_id,
            poll_control,
            _SearchLog(terminal),
            processes=parse_workers(arguments.workers),
            progress=terminal.progress,
        )
    if ended.reason == "stopped":
        terminal.print(f"Resume it with: python -m core search --resume {search_id}")
    answer = _outcome(store, search_id, terminal)
    return answer | {"reason": ended.reason, "message": ended.message, "code": ended.code}


def searches(arguments: Namespace, terminal: Terminal) -> Answer:
    """List all searches, newest first."""
    from core.runs.state import stored_state

    store = Searches()
    rows = [
        {"search": i, "state": stored_state(store, i), "name": store.search(i).name}
        for i in store.ids()
    ]
    terminal.print(*aligned([(row["search"], row["state"].label, row["name"]) for row in rows]))
    return {"searches": rows}


def _requested_search(arguments: Namespace, terminal: Terminal) -> Search:
    from core.studies.search.recommended import recommended_pruning

    saved = _saved_search(arguments.experiment)
    named = saved.base if saved else run_or_experiment(arguments.experiment).unforked
    experiment = requested_experiment(arguments, Store(), terminal, named=named)
    offered = {d.path: d for d in dimensions_of(experiment).values()}
    space = [_dimension(text, offered) for text in arguments.vary]
    if not space and not saved and arguments.strategy != "many_starts":
        space = [d.model_dump(mode="json") for d in default_space(experiment)]
    data: dict[str, Any] = saved.model_dump(mode="json") if saved else {}
    data["base"] = experiment.model_dump(mode="json")
    if space or not saved:
        data["space"] = space
    for name in FIELDS:
        if (value := getattr(arguments, name)) is not None:
            data[name] = value
    if arguments.budget is not None:
        data["seconds"] = _seconds(arguments.budget)
    if arguments.pruning is not None:
        data["pruning"] = arguments.pruning
    if saved or arguments.pruning is not None:
        return build(Search, data)
    made = build(Search, data | {"pruning": "none"})
    return made if made.against else made.model_copy(update={"pruning": recommended_pruning(made)})


def _saved_search(path: str) -> Search | None:
    """Return the search in a JSON or YAML file; None for anything else. Raises BadExperiment."""
    try:
        text = read_as_json(Path(path))
    except (OSError, ValueError):
        return None
    return decode(Search, text) if '"space"' in text else None  # no experiment has a space


def _dimension(text: str, offered: dict[str, Any]) -> dict[str, Any]:
    """Return a dimension from PATH, PATH=low..high, PATH=low..high:log or PATH=a,b,c."""
    path, sign, values = text.partition("=")
    path = path.strip()
    if path not in offered:
        raise BadInput(
            f"--vary {path[:80]} is no setting of this experiment that can be searched. Choose one "
            f"of {', '.join(offered)}.",
            code="unknown_path",
        )
    data = offered[path].model_dump(mode="json")
    if not sign:
        return data
    if ".." not in values:
        return {"kind": "options", "path": path, "values": [_value(v) for v in values.split(",")]}
    ends, _, scale = values.partition(":")
    low, _, high = ends.partition("..")
    data = data if isinstance(offered[path], NumberRange) else {"kind": "uniform", "path": path}
    data |= {"low": _value(low), "high": _value(high)}
    if scale == "log":
        data |= {"log": True} if data["kind"] == "whole" else {"kind": "log"}
    return data


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _seconds(text: str) -> float:
    """Return the seconds of 90, 90s, 10m or 2h."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in "smh" and text else (text, "s")
    try:
        return float(number) * {"s": 1, "m": 60, "h": 3600}[unit]
    except ValueError:
        raise BadInput(
            f"--budget {text[:40]} is not a duration. Write seconds, or a number with s, m or h, "
            "such as 10m.",
            code="budget_not_a_duration",
        ) from None


class _SearchLog:
    """Show the events of a search: progress on a terminal, one line for each trial elsewhere."""

    def __init__(self, terminal: Terminal):
        self.terminal, self.events = terminal, []

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        if not isinstance(event, TrialEnded):
            return
        so_far = progress(self.events)
        if self.terminal.is_live:
            parts = [counted(so_far.points, "trial"), time_left(so_far.seconds_left)]
            self.terminal.progress(so_far.fraction, " · ".join(filter(None, parts)))
        else:
            value = "" if event.value is None else f" {short(event.value, 4)}"
            self.terminal.print(f"Trial {event.number + 1}: {event.state}{value}")


def _outcome(store: Searches, search_id: str, terminal: Terminal) -> Answer:
    trials, value = store.trials(search_id), store.search(search_id)
    best = winner(value, trials)
    if best:
        terminal.print(best.finding.text)
        terminal.print(*(f"  {path} = {setting}" for path, setting in best.values.items()))
    return {
        "search": search_id,
        "trials": [asdict(trial) for trial in trials],
        "best": {"number": best.number, "values": best.values, "mean": best.mean} if best else None,
        "finding": {"code": best.finding.code, **best.finding.evidence} if best else None,
    }
