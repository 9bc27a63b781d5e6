"""The replay certificate of a run: trained again, it gives the same losses, scores and weights."""

import time
from typing import Any, ClassVar, Literal

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.trained import TrainedRun
from core.base.encoding import from_json_text, to_json_text
from core.base.finding import Finding
from core.base.numbers import short, whole
from core.base.spec import ranged
from core.base.text import counted, join_words
from core.runs.verification import Verification, verify

NAMES = {
    "lab": "Descent Lab",
    "torch": "torch",
    "python": "Python",
    "instructions": "instruction set",
    "device": "device",
    "threads": "number of threads",
}
FEW_LAYERS = 3  # that are named
DIGITS = 9  # that tell any two numbers of single precision apart


class ReplayCertificate(Analysis):
    """Trains the run again and compares every loss, the scores of every epoch and the hashes of the
    weights, which are written every 50 steps, with its log: to the last bit. The first difference
    is reported with its step, its layers, and what differs between then and now: versions, device,
    instruction set of the processor or number of threads.
    """

    kind: Literal["replay"] = "replay"
    label: ClassVar[str] = "Replay certificate"
    source: ClassVar[str] = "Pineau et al. 2021 (reproducibility in machine learning)"
    technique: ClassVar[str] = "V6"
    epoch: int = ranged(
        0, 0, 100_000,
        help="Begin at the kept checkpoint nearest to the end of this epoch; 0 is the start.",
    )  # fmt: skip

    def answer(self, trained: TrainedRun) -> Answering:
        found = yield from verify(trained.store, trained.run, self.epoch)
        return stamped(found)

    def lines(self, result: Result) -> list[str]:
        return [conclude(result).text]


def stamped(found: Verification) -> Result:
    """Return the result of a verification that ends now, as plain JSON data."""
    return from_json_text(to_json_text(found.data() | {"time": time.time()}))


def conclude(result: Result) -> Finding:
    """Return the answer in a few sentences."""
    if result["difference"]:
        return _describe_difference(result)
    parts = [counted(result["losses"], "loss")]
    parts += [counted(result["epochs"], "epoch")] * bool(result["epochs"])
    if result["hashes"]:
        parts.append(counted(result["hashes"], "hash") + " of the weights")
    begin = f" from epoch {whole(result['first_epoch'])}" if result["first_epoch"] else ""
    text = (
        f"Identical{begin} to step {whole(result['last_step'])}: {join_words(parts)} are equal to "
        "the last bit."
    )
    changed = _describe_circumstances(result)
    text += f" This holds although the run was trained with {changed}." if changed else ""
    if result["hashes"]:
        return Finding("replay_identical", "ok", text, result)
    text += (
        " An earlier version trained this run and wrote no hashes of its weights, so only losses "
        "and scores were compared."
    )
    return Finding("replay_identical_losses", "ok", text, result)


def describe_environment(here: dict[str, str]) -> str:
    """Return versions, device and threads in a few words.

    >>> describe_environment({"torch": "2.13", "device": "cpu", "threads": "1"})
    'torch 2.13, device cpu, 1 thread'
    """
    named = {name: here[name] for name in NAMES if name in here and name != "threads"}
    words = [f"{NAMES[name]} {value}" for name, value in named.items()]
    return ", ".join([*words, counted(int(here["threads"]), "thread")])


def _describe_difference(result: Result) -> Finding:
    found = result["difference"]
    text = f"Differs from step {whole(found['step'])}: {_observe(found, result['layers'])}."
    changed = _describe_circumstances(result)
    on_gpu = result["here"].get("device", "cpu") != "cpu"
    level = "bad"
    if found["hashed"] and not found["layers"]:
        reason = (
            "The training was the same, so this number of the log was changed afterwards. Restore "
            "events.jsonl of the run from a backup or an archive."
        )
    elif changed:
        level = "warn"
        reason = (
            f"The run was trained with {changed}, which can round differently. Verify it in the "
            "same environment for an exact answer."
        )
    elif on_gpu:
        level = "warn"
        reason = (
            "A GPU adds in a changing order, so equal bits are certain on the CPU only. Train with "
            "the device cpu for an exact certificate."
        )
    else:
        reason = (
            "Versions, device and number of threads are those of the run, so its log, its data or "
            "the code was changed. Clone the run on the Runs page to train it again as it is now."
        )
    return Finding("replay_differs", level, f"{text} {reason}", result)


def _observe(found: dict[str, Any], layers: int) -> str:
    names = list(found["layers"])
    some = join_words(names) if len(names) <= FEW_LAYERS else f"{len(names)} of {layers} layers"
    some = "all layers" if len(names) >= max(layers, 2) else some
    noun = "layer " if len(names) == 1 else "" if len(names) > FEW_LAYERS else "layers "
    weights = f"the weights of {noun * (some != 'all layers')}{some} differ"
    match found["what"]:
        case "loss":
            replayed, logged = (short(found[name], DIGITS) for name in ("replayed", "logged"))
            text = f"loss {replayed} instead of {logged}"
            if not found["hashed"]:
                return text
            if not names:
                return f"{text}, although the weights after step {whole(found['hashed'])} are equal"
            return f"{text}; after step {whole(found['hashed'])}, {weights}"
        case "weights":
            return weights
        case _:
            return "the scores of this epoch differ, although its losses are equal"


def _describe_circumstances(result: Result) -> str:
    """Return what was different when the run was trained; empty for nothing."""
    then, now = result["run"], result["here"]
    differing = [name for name in NAMES if name in now and then.get(name) != now[name]]
    return join_words(
        [f"another {NAMES[name]} ({then[name]}; here {now[name]})" for name in differing]
    )
