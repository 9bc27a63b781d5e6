"""The command that adds a file of weights, and the option that starts a training from weights."""

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

    path, store = Path(arguments.file), Store()
    library = WeightsLibrary(store.home)
    stored = library.about(library.add_file(path, path.name))
    facts = stored.facts
    terminal.print(
        f"{path.name}: {counted(len(stored.shapes), 'tensor')}, {whole(stored.parameters)} values"
    )
    if facts.experiment:
        run = f" of run {facts.run}" if facts.run else ""
        inputs = f"inputs {format_shape(facts.shape)}, " if facts.shape else ""
        terminal.print(
            f"Weights{run} “{facts.title}”: {inputs}{counted(len(facts.classes), 'class')}"
        )
    terminal.print(f"SHA-256 {stored.digest}")
    answer = {
        "digest": stored.digest,
        "tensors": {name: list(shape) for name, shape in stored.shapes.items()},
        "facts": facts.model_dump(mode="json"),
    }
    command = f"python -m core train {arguments.into or 'EXPERIMENT'} --from {path}"
    if arguments.into:
        answer |= _compared(load(arguments.into), stored.digest, store, terminal)
        if not answer["fits"]:
            if not answer["usable"]:
                terminal.print("No tensor fits, so a training cannot start from this file.")
                return answer
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
    else:
        terminal.print("All tensors fit the network.")
    return {
        "fits": matching.fits,
        "usable": bool(matching.pairs),
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
