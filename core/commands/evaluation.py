"""The command that evaluates a finished run: the same analyses as the tabs of its page."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.encoding import change
from core.base.errors import BadExperiment, BadInput
from core.base.text import few
from core.commands.inspection import SIGNS
from core.commands.requested import Answer, optional_path, parse_assignments
from core.commands.terminal import Terminal
from core.runs.store import Store

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.analysis.trained import TrainedRun


def evaluate(arguments: Namespace, terminal: Terminal) -> Answer:
    """Answer questions about a finished run. Without --only, those that take seconds and suit it;
    with --on, about new samples in place of its test set.
    """
    from core.analysis.results import ask
    from core.analysis.trained import TrainedRun
    from core.runs.measured import NAMES

    store = Store()
    run = store.find(arguments.run)
    trained = TrainedRun(store, run, arguments.device or "")
    report: Answer = {"run": run}
    if arguments.on:
        report |= _read_new_samples(arguments, trained, terminal)
    elif arguments.labels:
        raise BadInput(
            "--labels requires --on. Add --on with the file of the new samples.", code="on_missing"
        )
    report["results"] = {}
    for analysis in _chosen(arguments, trained):
        result = ask(trained, analysis, terminal.progress)
        terminal.progress(1.0)
        heading = analysis.label + (f", {NAMES[result['part']]} set" if "part" in result else "")
        terminal.print(*[""] * bool(report["results"]), heading, *analysis.lines(result))
        report["results"][analysis.kind] = result
    return report


def _read_new_samples(arguments: Namespace, trained: "TrainedRun", terminal: Terminal) -> Answer:
    from core.analysis.new_samples import read_new_samples
    from core.commands.options import reading_from, renames_from, suggesting_options

    images, *more = map(Path, arguments.on)
    more += [optional_path(arguments.labels)] if arguments.labels else []
    if len(more) > 1:
        raise BadInput(
            f"--on and --labels name {len(more) + 1} files. Use one file of inputs and at most one "
            "of labels.",
            code="too_many_files",
        )
    with suggesting_options():
        new = read_new_samples(
            trained,
            images,
            *more,
            reading=reading_from(arguments),
            renamed=renames_from(arguments),
        )
    for finding in new.findings:
        terminal.print(f"{SIGNS[finding.level]} {finding.text}")
    trained.replace_test(new.inputs, new.targets, new.row_numbers)
    return {
        "files": [images.name, *(path.name for path in more)],
        "rows": len(new.targets),
        "findings": [asdict(finding) for finding in new.findings],
    }


def _chosen(arguments: Namespace, trained: "TrainedRun") -> "list[Analysis]":
    """Return the analyses that are asked for, with the options of --set. Raises BadInput."""
    from core.analysis.catalogue import Analysis

    unknown = set(arguments.only) - Analysis.members.keys()
    if unknown:
        raise BadInput(
            f"{sorted(unknown)[0]} is not an analysis. Choose from "
            f"{', '.join(sorted(Analysis.members))}.",
            code="unknown_analysis",
        )
    facts = trained.data.facts
    asked = [Analysis.members[kind]() for kind in arguments.only] or [
        member()
        for member in sorted(Analysis.members.values(), key=lambda member: member.place)
        if member.is_quick and not member().unsuitable(facts)
    ]
    options = {"part": trained.held_out} | dict(parse_assignments(arguments.set))
    if arguments.on:
        options["part"] = "test"
    for name, value in options.items():
        having = [analysis for analysis in asked if name in type(analysis).model_fields]
        if not having and name != "part":
            raise BadExperiment(
                f"No analysis here has the option {name}. The options are "
                f"{few(sorted({n for a in asked for n in type(a).model_fields} - {'kind'}))}.",
                code="unknown_option",
            )
        asked = [change(a, name, value) if a in having else a for a in asked]
    return [analysis.for_run(trained) for analysis in asked]
