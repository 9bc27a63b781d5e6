"""The proof of an exported script: it runs alone in a new process, and its losses are compared with
those of the run, step by step.
"""

import json
import tempfile
from collections.abc import Generator, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from core.base.errors import Unavailable
from core.base.finding import Finding
from core.base.numbers import short, whole
from core.base.process import LOOK, Child, exit_cause
from core.export.script import runner
from core.export.script.script import Script
from core.runs.history import History

Proof = dict[str, Any]  # plain data


def prove(script: Script, history: History) -> Generator[tuple[float, str], None, Proof]:
    """Return how many losses of the script are those of the run; yields the fraction done and a
    note. Raises Unavailable if the script fails.
    """
    epochs = history.started.epochs if history.started else 1
    with tempfile.TemporaryDirectory(prefix="proof-") as temporary:
        folder = Path(temporary)
        (folder / runner.SCRIPT).write_text(script.text(), "utf-8")
        for file in script.files:
            file.write(folder / file.name)
        if script.downloads:
            (folder / "data").symlink_to(script.downloads.resolve())
        arguments = ("--follow", str(folder))
        child = Child(runner.__file__, *arguments, options=("-I",), cwd=folder)
        try:
            done = 0
            while True:
                yield min(0.99, done / epochs), "Running the script"
                try:
                    line = child.receive(LOOK)
                except EOFError:
                    break
                done += bool(line and line.startswith("Epoch "))
        finally:
            status = child.close(grace=LOOK)
        try:
            alone = json.loads((folder / runner.SCORES).read_text("utf-8"))
        except (OSError, ValueError):
            raise Unavailable(
                f"The script ended before its last line ({exit_cause(status) or 'no scores'}). The "
                "server log has its error. Export the script without the proof to look into it.",
                code="script_failed",
            ) from None
    validation = [epoch.validation for epoch in history.epochs]
    return {
        **compare(list(history.losses), alone["losses"]),
        "epochs": len(validation),
        "equal_epochs": compare_equal(validation, alone["validation"]),
        "device": history.started.device if history.started else "cpu",
    }


def compare(run: Sequence[float], alone: Sequence[float]) -> Proof:
    """Return how many losses are equal to the last bit, and the first and largest difference.

    >>> compare([1.0, 0.5, 0.25], [1.0, 0.75])
    {'steps': 3, 'equal': 1, 'first_difference': 2, 'largest_difference': 0.25}
    """
    pairs = list(zip(run, alone, strict=False))
    equal = [a == b or (isnan(a) and isnan(b)) for a, b in pairs]
    equal += [False] * abs(len(run) - len(alone))
    differences = [abs(a - b) for (a, b), same in zip(pairs, equal, strict=False) if not same]
    return {
        "steps": max(len(run), len(alone)),
        "equal": sum(equal),
        "first_difference": equal.index(False) + 1 if False in equal else None,
        "largest_difference": max(differences, default=0.0),
    }


def compare_equal(run: Sequence[Any], alone: Sequence[Any]) -> int:
    """Return how many elements are equal."""
    return sum(repr(a) == repr(b) for a, b in zip(run, alone, strict=False))


def finding(proof: Proof) -> Finding:
    """Return the result of the proof in a sentence."""
    steps, equal = proof["steps"], proof["equal"]
    counts = f"{whole(equal)} of {whole(steps)} losses equal"
    if equal == steps and proof["equal_epochs"] == proof["epochs"]:
        text = (
            f"{counts}: alone in a new process, without the lab, the script computed every loss of "
            "the run to the last bit."
        )
        return Finding("script_proved", "ok", text, proof)
    place = f"The first difference is at step {whole(proof['first_difference'] or 0)}"
    if equal == steps:
        equal_epochs = f"{proof['equal_epochs']} of {proof['epochs']} epochs"
        place = f"The validation scores of {equal_epochs} are equal"
    if proof["device"] != "cpu":
        text = (
            f"{counts}, largest difference {short(proof['largest_difference'])}. {place}. A GPU "
            "adds in a changing order, so equal bits are possible on the CPU only. Train with the "
            "device cpu for an exact proof."
        )
        return Finding("script_differs_on_gpu", "info", text, proof)
    text = (
        f"{counts}, largest difference {short(proof['largest_difference'])}. {place}. Another "
        "version of torch, another processor or a change of the number of threads within the run "
        "rounds differently. Train the run again on this machine and compare once more."
    )
    return Finding("script_differs", "warn", text, proof)
