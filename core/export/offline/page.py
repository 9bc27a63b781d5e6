"""The offline page of a finished run, as text."""

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from string import Template
from typing import Any

import numpy as np
from rjsmin import jsmin

from core.analysis.trained import TrainedRun
from core.base.numbers import whole
from core.base.text import counted, format_shape
from core.data.spreadsheet.cells import MISSING, MISSING_NUMBERS
from core.export.offline.familiarity import Representatives, represent
from core.export.offline.fields import make_fields
from core.export.offline.plan import ASSETS, NetworkPlan
from core.export.offline.reference import LARGEST_ANSWERS, ROWS, choose_samples
from core.export.portable import PortableNetwork, sample_rows
from core.predict.image_form import ImageForm
from core.predict.strokes import PEN
from core.predict.table_inputs import Origin

SHARED = ("text.js", "network.js", "check.js", "page.js")
FOR_IMAGES = ("images.js", "ink.js", "planes.js", "paper.js", "../drawing.js")
FOR_TABLES = ("table.js",)
MEASURED = 4096  # training rows from which the form takes its usual values
COMMENT = re.compile(r"^/\*.*\*/$")


@dataclass(frozen=True)
class OfflinePage:
    """The text of the page, the size of the weights in it in bytes, and how many of its reference
    samples are samples of the run. `known` represents the training samples, if they fit.
    """

    text: str
    weights: int
    rows: int
    real: int
    known: Representatives | None = None

    @property
    def limit(self) -> int:
        """The size in bytes that the page is made for."""
        return largest_size(self.weights)


def largest_size(weights: int) -> int:
    """Return the size that a page with this many bytes of weights is made for."""
    return weights * 3 // 2 + 60_000


def make_page(trained: TrainedRun, network: PortableNetwork) -> OfflinePage:
    """Return the page of a run."""
    inputs, rows = trained.data.inputs, trained.setup.rows.train
    if network.has_images:
        stretched = Origin.of(trained).has_stretched_images
        facts = image_facts(ImageForm.measure(inputs, rows, stretched=stretched))
    else:
        facts = table_facts(network, inputs[rows[:: max(1, len(rows) // MEASURED)]])
    return write_page(
        network, sample_rows(trained, ROWS), facts, lambda room: represent(trained, room)
    )


def write_page(
    network: PortableNetwork,
    rows: np.ndarray,
    facts: dict[str, Any],
    represented: Callable[[int], Representatives | None] = lambda room: None,
) -> OfflinePage:
    """Return the page with raw inputs `rows` (n, …) as reference samples, as far as they fit.
    `facts` are those of `image_facts` or `table_facts`. `represented` returns representatives of
    the training samples, which get half of the room beside the network; it is given in numbers.
    """
    module = network.module
    weights = {name: value.numpy() for name, value in network.weights.items()}
    plan = NetworkPlan(
        network.experiment.network, network.shape, len(network.classes) or 1, weights
    )
    target = module.target and dict(zip(("mean", "std"), module.target, strict=True))
    model = {
        "name": network.name,
        "facts": _describe(network),
        "shape": network.shape,
        "classes": network.classes,
        "target": target and {**target, "name": network.target or "value"},
        "layers": plan.layers,
        "multiply": plan.add(module.multiply.numpy()),
        "add": plan.add(module.add.numpy()),
        "fills": None if module.fills is None else plan.add(module.fills.numpy()),
        **facts,
    }

    def text(reference: dict[str, Any]) -> str:
        floats = base64.b64encode(plan.floats).decode()
        return _fill(network, model | {"reference": reference}, floats)

    def room() -> int:
        """Return how many characters are left for samples of the run."""
        return largest_size(network.bytes) - len(text({}).encode()) - LARGEST_ANSWERS

    known = represented(room() // 2 * 3 // 16)  # a number has 4 bytes: 16/3 characters
    if known:
        model["familiar"] = known.plain() | {"centres": plan.add(known.centres)}
    samples = choose_samples(rows, room())
    content = text(samples.plain(network))
    return OfflinePage(content, network.bytes, len(samples.inputs), samples.real, known)


def _fill(network: PortableNetwork, model: dict[str, Any], floats: str) -> str:
    """Fill the template. The JSON within it has no tag that could end its element."""
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")
    parts = SHARED + (FOR_IMAGES if network.has_images else FOR_TABLES)
    script = "".join(_source(name) for name in sorted(parts, key=lambda name: name == "page.js"))
    return Template((ASSETS / "page.html").read_text("utf-8")).substitute(
        title=html.escape(network.name),
        style=_source("page.css"),
        model=text,
        weights=floats,
        script=script,
    )


def _source(name: str) -> str:
    """Return a file of assets/offline without comments and indentation, for the sake of size."""
    content = (ASSETS / name).read_text("utf-8")
    if name.endswith(".js"):
        return jsmin(content) + "\n"
    lines = map(str.strip, content.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not COMMENT.match(line))


def _describe(network: PortableNetwork) -> str:
    """Return a line of facts for the head of the page."""
    if network.has_images:
        form = f"images of {format_shape(network.shape[1:])} pixels"
    else:
        form = counted(network.shape[0], "input")
    if network.classes:
        form = f"{form} · {counted(len(network.classes), 'class')}"
    parameters = sum(value.numel() for value in network.module.network.parameters())
    data = network.experiment.data.summary
    return f"Trained on {data} · {form} · {whole(parameters)} parameters"


def image_facts(form: ImageForm) -> dict[str, Any]:
    """Return how images are made like those of the training set, and the width of the pen, 0 if
    there is no drawing pad.
    """
    ink = {"ink": asdict(form.ink), "pen": PEN} if form.ink else {"ink": None, "pen": 0}
    return {**ink, "stretched": form.stretched}


def table_facts(network: PortableNetwork, inputs: np.ndarray) -> dict[str, Any]:
    """Return the fields of the form, from training rows (n, F), and the words for gaps."""
    return {
        "fields": make_fields(network.encodings, network.columns, inputs),
        "missing": sorted(MISSING),
        "missingNumbers": sorted(MISSING_NUMBERS),
    }
