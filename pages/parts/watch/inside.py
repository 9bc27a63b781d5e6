"""The tab Inside of a finished run: what its layers have learned."""

import numpy as np
import streamlit as st

from core.analysis.catalogue import Embedding, FirstLayer
from core.base.encoding import decode
from core.base.numbers import percent_parts, whole
from core.base.text import format_shape
from core.experiment import Experiment
from core.figures import embedding as embeddings
from core.figures import tiles
from core.jobs import runner
from pages.kit import analyses, feed
from pages.kit.form import escape
from pages.kit.layout import card_title
from pages.parts.watch import over_time, sample
from pages.parts.watch.inspected import Inspected
from pages.parts.watch.run_data import PARTS, choose_part, has_data

MOST_BYTES = 200e6  # of images that are shown beside the pointer


def tab(run: str) -> None:
    """Draw the tab."""
    with feed.tail(run).read() as history:
        sizes = dict(history.started.sizes) if history.started else {}
    store = runner.current().store
    experiment = decode(Experiment, store.experiment(run))
    if not has_data(experiment):
        over_time.cards(run)
        return
    shown = Inspected(run, choose_part(run))
    left, right = st.columns([5, 7], gap="small")
    with left.container(border=True, height="stretch"):
        first_layer(shown)
    with right.container(border=True, height="stretch"):
        found = embedding(shown)
    sample.cards(shown, sizes.get(shown.part, 1), found["mistakes"] if found else [])
    over_time.cards(run)


def first_layer(shown: Inspected) -> None:
    """The weights of the first layer as images, or as a map of units and columns."""
    help = (
        "The weights of each channel or unit, coloured from negative to positive; for colour "
        "images as colours. A channel responds most to inputs that look like its filter."
    )
    card_title("First layer", help=help)
    if not (found := analyses.result(shown.run, FirstLayer())):
        return
    filters = np.array(found["filters"])
    named = [(f"{i}", f.sum(0) if f.ndim == 3 else f) for i, f in enumerate(filters)]
    alt = f"Weights of the first layer, {found['layer']}"
    if filters.ndim == 4:
        height = tiles.filters_height(len(filters))

        def draw(mode: str):
            return tiles.filters(filters, mode)
    else:
        height = tiles.rows_height(len(filters))

        def draw(mode: str):
            return tiles.weights_by_column(filters, found["columns"], mode)

    shown.draw(draw, "filters", height, alt, tiles.csv(named))
    some = f"The first {len(filters)} of " if len(filters) < found["count"] else ""
    what = "filters" if filters.ndim == 4 else "units"
    weights = "weight" if found["shape"] == [1] else "weights"
    st.caption(
        f"{some}{whole(found['count'])} {what} with {format_shape(found['shape'])} {weights} in "
        f"layer {escape(found['layer'])}"
    )


def embedding(shown: Inspected) -> dict | None:
    """The last hidden layer in two dimensions; return its result."""
    help = (
        "The input of the output layer for each sample, projected on its two principal components: "
        "the two directions of largest variance. Classes that the network separates well form "
        "separate groups. A ring marks a wrong prediction. Click a point to see its sample below."
    )
    card_title("Embedding of the last hidden layer", help=help)
    if not (found := shown.result(Embedding(part=shown.part))):
        return None
    alt = f"Embedding of the last hidden layer, {PARTS[shown.part].lower()} set"
    shown.draw(
        lambda mode: embeddings.figure(found, mode), f"embedding_{shown.part}", embeddings.HEIGHT,
        alt, embeddings.csv(found), images=hover_images(shown, found),
        on_click=lambda index: sample.choose(shown, found["rows"][index[0]]),
    )  # fmt: skip
    both = f"Both components explain {percent_parts(found['explained'])[1]} of the variance"
    count, drawn = found["samples"], len(found["rows"])
    some = f"; {whole(drawn)} of {whole(count)} samples are drawn" if drawn < count else ""
    wrong = f"{whole(found['wrong'])} of {whole(count)} wrong" if "wrong" in found else ""
    st.caption(" · ".join(filter(None, [f"{both} of {found['width']} units{some}", wrong])))
    return found


def hover_images(shown: Inspected, found: dict) -> dict | None:
    """Return the images of all points, if the samples are images and few or small enough to be read
    while the page is drawn.
    """
    samples = shown.samples
    if samples is None or len(samples.shape) != 3:
        return None
    if len(found["rows"]) * samples.inputs[0].nbytes > MOST_BYTES:
        return None
    return _sprite(shown, found, shown.run, shown.part, len(found["rows"]))


@st.cache_data(max_entries=8, show_spinner=False)
def _sprite(_shown: Inspected, _found: dict, run: str, part: str, count: int) -> dict:
    """The arguments without an underscore identify the images."""
    return embeddings.sprite(_shown.rows(_found["dataset_rows"])[0])
