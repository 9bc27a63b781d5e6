"""The command that adds a file of weights, and the option that starts a training from weights."""

import shlex
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.base.encoding import change
from core.base.errors import BadInput, NotFound
from core.base.numbers import whole
from core.base.text import aligned, counted, format_shape
from core.commands.terminal import Terminal
from core.experiment import Experiment, load
from core.runs.store import Store


def load_weights(arguments: Namespace, terminal: Terminal) -> dict[str, Any]:
    """Check a file of weights and store it, and compare it with the network of an experiment."""
    from core.weights.library import WeightsLibrary

    experiment = load(arguments.into) if arguments.into else None
    path, store = Path(arguments.file), Store()
    library = WeightsLibrary(store.home)
    stored = library.about(library.add_file(path, path.name))
    facts = stored.facts
    terminal.print(
        f"{path.name}: {counted(len(stored.shapes), 'tensor')}, {whole(stored.parameters)} values"
    )
    if facts.experiment:
        run = f" of run {facts.run}" if facts.run else ""
        title = f" “{facts.title}”" if facts.title else ""
        inputs = f"inputs {format_shape(facts.shape)}, " if facts.shape else ""
        outputs = counted(len(facts.classes), "class") if facts.classes else "one value"
        terminal.print(f"Weights{run}{title}: {inputs}{outputs}")
    terminal.print(f"SHA-256 {stored.digest}")
    answer = {
        "digest": stored.digest,
        "tensors": {name: list(shape) for name, shape in stored.shapes.items()},
        "facts": facts.model_dump(mode="json"),
    }
    into = shlex.quote(arguments.into) if arguments.into else "EXPERIMENT"
    command = f"python -m core train {into} --from {shlex.quote(str(path))}"
    if experiment:
        answer |= _compared(experiment, stored.digest, store, terminal)
        if not answer["fits"]:
            if not answer["usable"]:
                terminal.print(
                    "No layer has all of its tensors in the file, so a training cannot start from "
                    "it. Use an experiment with the network of the file, or rename its tensors to "
                    "the names of the network."
                )
                return answer
            terminal.print("Layers without fitting tensors are drawn anew.")
            names = ",".join(f'"{name}"' for name in answer["new_layers"])
            command += f" --set 'start.new_layers=[{names}]'"
    terminal.print(f"Start from it with: {command}")
    return answer


def _compared(
    experiment: Experiment, digest: str, store: Store, terminal: Terminal
) -> dict[str, Any]:
    """Print what does not fit the network of the experiment, and the way out."""
    from core.network.build import state_shapes
    from core.runs.start_from import start_from
    from core.weights.library import WeightsLibrary
    from core.weights.matching import match

    stored, facts = WeightsLibrary(store.home).about(digest), experiment.data.facts(store.home)
    want = state_shapes(experiment.network, facts.shape, facts.outputs)
    matching = match(want, stored.shapes, start_from(stored))
    table = [("tensor", "problem", "file", "network")]
    table += [(row.name, row.problem, _cell(row.have), _cell(row.want)) for row in matching.rows]
    if matching.rows:
        terminal.print(*aligned(table))
        count = len(matching.pairs)
        fit = "tensor of the network fits" if count == 1 else "tensors of the network fit"
        terminal.print(f"{whole(count)} of {whole(len(want))} {fit}.")
    else:
        terminal.print(f"All tensors fit the network. {matching.renamed_text}".strip())
    return {
        "fits": matching.fits,
        "usable": matching.is_usable,
        "mismatches": [asdict(row) for row in matching.rows],
        "new_layers": list(matching.layers),
    }


def _cell(shape: tuple[int, ...] | None) -> str:
    return "–" if shape is None else format_shape(shape) or "one number"


def with_start(experiment: Experiment, source: str | None, store: Store) -> Experiment:
    """Return the experiment as it starts from a run, a file of weights, or the SHA-256 of stored
    weights; unchanged without a source.
    """
    if source is None:
        return experiment
    from core.runs.start_from import start_from, start_from_run
    from core.weights.library import WeightsLibrary

    library, path = WeightsLibrary(store.home), Path(source)
    if path.is_file():
        start = start_from(library.about(library.add_file(path, path.name)))
    else:
        try:
            start = start_from(library.about(source))
        except NotFound:
            start = start_from_run(store, _find_run(store, source))
    return change(experiment, "start", start.model_dump(mode="json"))


def _find_run(store: Store, source: str) -> str:
    try:
        return store.find(source)
    except NotFound as error:
        raise BadInput(
            f"--from {source[:80]} is neither a file of weights nor a run. {error}",
            code="start_not_found",
        ) from None
