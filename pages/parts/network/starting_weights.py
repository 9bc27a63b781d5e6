"""Starting weights: the menu that chooses them, the card that shows whether they fit, and for each
layer whether it is loaded, frozen or new.
"""

import streamlit as st

from core.advice.suggestions import apply_action
from core.base.errors import LabError
from core.base.finding import Finding
from core.base.layer_paths import covers
from core.base.numbers import short
from core.base.spec import fields
from core.base.text import clip, format_shape
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import LayerFacts
from core.runs.start_from import start_from, start_from_run
from core.weights.library import WeightsLibrary
from core.weights.matching import Matching, Source
from core.weights.start import FromScratch, FromWeights, Start
from pages.kit import form, session, state
from pages.kit.buttons import button
from pages.kit.finished_runs import finished_runs
from pages.kit.layout import card_title, finding, when
from pages.kit.tables import show_table
from pages.kit.uploads import release

TYPES = ["safetensors", "pth", "pt", "bin", "ckpt"]
REFUSED = "refused weights"  # the file and the reason, so that it is not read at every rerun
TRAINED, FROZEN, NEW = "Trained", "Frozen", "New weights"
FIELDS = ("depth_factor", "unfreeze_every")
RATE, HIGHEST = "Learning rate ×", 100
NAME = 22  # characters of the run in a row
SOURCES = {
    Source.ALL: "from",
    Source.PART: "partly in",
    Source.MISSING: "not in",
    Source.WRONG_SHAPE: "other shape in",
}


def start_menu(draft: Experiment) -> None:
    """Draw the menu: from scratch, from a finished run, or from a file."""
    with st.popover(
        "Start from",
        icon=":material/model_training:",
        key=state.key("start menu", "start"),
        help="Which weights the training starts from",
    ):
        if draft.start.weights_digest and button("From scratch", key="start scratch"):
            set_start(FromScratch(), "Start from scratch")
            st.rerun()
        _runs()
        _stored(draft.start)
        _upload()


def _runs() -> None:
    names = finished_runs()
    if not names:
        st.caption("No run has finished yet. Its weights could be used here.")
        return
    run = st.selectbox(
        "A finished run",
        list(names),
        format_func=lambda run: f"{names[run]} · {when(run):%d %b %H:%M}",
        key="start run",
    )
    if button("Start from this run", key="start from run", disabled=run is None):
        try:
            set_start(start_from_run(runner.current().store, run), f"Start from “{names[run]}”")
        except LabError as error:
            finding("bad", form.escape(str(error)))
        else:
            st.rerun()


def _stored(start: Start) -> None:
    """Offer files that were uploaded before."""
    library = WeightsLibrary(runner.current().store.home)
    files = {
        each.digest: each
        for each in library.list()
        if not each.facts.run and each.digest != start.weights_digest
    }
    if not files:
        return
    digest = st.selectbox(
        "An uploaded file",
        list(files),
        format_func=lambda digest: f"{clip(files[digest].facts.title)} · {digest[:8]}",
        key="start stored",
    )
    if button("Start from this file", key="start from stored", disabled=digest is None):
        set_start(start_from(files[digest]), f"Start from “{files[digest].facts.title}”")
        st.rerun()


def _upload() -> None:
    upload = st.file_uploader(
        "A file of weights",
        type=TYPES,
        key=state.key("start upload", "start"),
        help="A .safetensors or .pth file of this lab, or the state_dict of another tool. Code in "
        "a file is never executed.",
    )
    if upload is None:
        return
    refused = session.get_ui(REFUSED)
    if refused.startswith(f"{upload.file_id} "):
        finding("bad", form.escape(refused.partition(" ")[2]))
        return
    library = WeightsLibrary(runner.current().store.home)
    try:
        with st.spinner("Checking the file …"):
            stored = library.about(library.add_file(upload.getvalue(), upload.name))
    except LabError as error:
        session.set_ui(REFUSED, f"{upload.file_id} {error}")
        finding("bad", form.escape(str(error)))
        return
    release([upload])
    set_start(start_from(stored), f"Start from “{clip(upload.name)}”")
    st.rerun()


def set_start(start: Start, name: str) -> None:
    """Give the draft these starting weights; `name` is what Undo calls the change."""
    state.edit("start", start.model_dump(mode="json"), redraw=True, name=name)


# --- the card


def starting_card(
    draft: Experiment,
    traced: tuple[LayerFacts, ...],
    found: Finding | None,
    matching: Matching | None,
) -> None:
    """Draw where the weights are from, whether they fit (`found` and `matching`), and how layers
    are trained; nothing for a start from scratch.
    """
    start = draft.start
    if not isinstance(start, FromWeights):
        return
    with st.container(border=True, gap="small"):
        with card_title("Starting weights", form.explain(FromWeights)):
            st.caption(form.escape(clip(start.origin)), width="content")
        if found:
            label = found.action.label if found.action else None
            text = form.escape(found.text)
            if finding(found.level, text, label, "start finding", below=True):
                state.rebuild(apply_action(draft, found.action), label or "")
                st.rerun()
            if matching and found.level == "bad":
                mismatches(matching)
        names = [fact.path for fact in traced if fact.parameters]
        with st.container(horizontal=True, gap="small"):
            lower = [name for name in names[:-1] if name not in start.new_layers]
            _freeze("Freeze all but the last layer", lower, start)
            _freeze("Unfreeze all layers", [], start)
        skip = tuple(fact.name for fact in fields(FromWeights) if fact.name not in FIELDS)
        key = state.key("start fields", "start")
        changed = form.edit(start, key, width=150, skip=skip, store=store_fields)
        if changed != start:
            store_fields(changed)
            st.rerun()


def mismatches(matching: Matching) -> None:
    """Draw the table of what does not fit."""
    rows = [
        {
            "Tensor": row.name,
            "Problem": row.problem.capitalize(),
            "Weights": "–" if row.have is None else format_shape(row.have) or "1",
            "Network": "–" if row.want is None else format_shape(row.want) or "1",
        }
        for row in matching.rows
    ]
    show_table(rows, height=min(38 + 35 * len(rows), 260))


def _freeze(label: str, frozen: list[str], start: FromWeights) -> None:
    st.button(
        label,
        key=label,
        type="tertiary",
        disabled=sorted(frozen) == sorted(start.frozen),
        on_click=change_start,
        args=(label,),
        kwargs={"frozen": frozen},
    )


def store_fields(new: FromWeights) -> None:
    """Write the fields of the start that a widget has changed."""
    change_start(
        "Change the starting weights",
        depth_factor=new.depth_factor,
        unfreeze_every=new.unfreeze_every,
    )


def change_start(name: str, **changes: object) -> None:
    """Change fields of the draft's start, if it still starts from weights."""
    start = state.draft().start
    if isinstance(start, FromWeights):
        data = start.model_dump(mode="json") | changes
        state.edit("start", data, redraw=True, name=name)


# --- single layers


def row_text(start: Start, fact: LayerFacts, matching: Matching | None) -> str:
    """Return what a layer's row says about its weights; empty from scratch. Without a matching,
    because the weights or the shapes of the network are missing, nothing is known of their source.
    """
    if not isinstance(start, FromWeights) or not fact.parameters:
        return ""
    if start.is_new(fact.path):
        return "new weights"
    title = start.title if len(start.title) <= NAME else start.title[: NAME - 1] + "…"
    words = SOURCES[matching.source(fact.path)] if matching else ""
    origin = f"{words} {'run' if start.run else 'file'} {title}" if words else ""
    return " · ".join(filter(None, (origin, "frozen" if start.is_frozen(fact.path) else "")))


def layer_controls(start: Start, fact: LayerFacts) -> None:
    """Draw how the open layer starts and learns; nothing from scratch or without weights."""
    if not isinstance(start, FromWeights) or not fact.parameters:
        return
    path = fact.path
    inherited = any(covers((p,), path) and p != path for p in (*start.frozen, *start.new_layers))
    now = NEW if start.is_new(path) else FROZEN if start.is_frozen(path) else TRAINED
    key = state.key(f"start of {path}", "start")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.segmented_control(
            "Weights",
            [TRAINED, FROZEN, NEW],
            default=now,
            required=True,
            disabled=inherited,
            key=key,
            help="Trained: starts from the loaded weights. Frozen: keeps them. New weights: drawn "
            "by the initializer. A block sets all layers inside it.",
            on_change=store_layer_start,
            args=(path, key),
        )
        rate_key = state.key(f"rate of {path}", "start")
        factor = st.number_input(  # without limits: the browser would keep a value beyond them
            RATE,
            value=dict(start.rates).get(path),
            format="%g",
            placeholder="by depth",
            disabled=now == FROZEN,
            width=130,
            key=rate_key,
            help="Factor of the learning rate of this layer. Empty: it follows the depth factor.",
            on_change=store_rate,
            args=(path, rate_key),
        )
    if factor is not None and not is_factor(factor):
        limits = f"above 0, up to {HIGHEST}"
        sentence = f"{RATE} of {path} is {short(factor, 4)}. Choose a value {limits}."
        session.refuse(rate_key, sentence)
        used = dict(start.rates).get(path)
        kept = form.describe_kept("by depth" if used is None else short(used, 4))
        st.markdown(f":red[:material/error: {form.escape(f'{sentence} {kept}')}]")


def is_factor(factor: float) -> bool:
    """Whether a layer can have this factor of the learning rate."""
    return 0 < factor <= HIGHEST


def store_layer_start(path: str, key: str) -> None:
    """Write whether a layer is trained, frozen or new."""
    start, how = state.draft().start, session.widget_value(key)
    if not isinstance(start, FromWeights) or how is None:
        return
    frozen = [name for name in start.frozen if name != path] + [path] * (how == FROZEN)
    new = [name for name in start.new_layers if name != path] + [path] * (how == NEW)
    change_start(f"{path}: {how.lower()}", frozen=frozen, new_layers=new)


def store_rate(path: str, key: str) -> None:
    """Write the factor of a layer's learning rate; an empty entry removes it."""
    start, factor = state.draft().start, session.widget_value(key)
    if not isinstance(start, FromWeights):
        return
    if factor is not None and not is_factor(factor):
        return  # the page explains it
    rates = [[name, value] for name, value in start.rates if name != path]
    rates += [[path, factor]] if factor else []
    change_start(f"Learning rate of {path}", rates=rates)
