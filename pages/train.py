"""Train: how shall it learn? Every choice with its formula, the schedule drawn before training,
advice, and the cost.
"""

import streamlit as st

from core.advice.plan import Plan, plan
from core.advice.suggestions import advice
from core.advice.training_checks import LARGEST
from core.base.device import devices
from core.base.numbers import whole
from core.base.spec import Call
from core.base.text import counted
from core.data.sampling import Sampling
from core.experiment import Experiment
from core.figures import schedule as schedule_figure
from core.jobs import runner
from core.losses import Loss
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from pages.kit import cost, form, range_test, sharpness, state
from pages.kit.layout import bar, card_title, finding, header
from pages.parts.train import recipes


def main() -> None:
    """The whole page."""
    with header("Train", "How the model is trained"):
        asked, offered = st.empty(), st.empty()
    draft = state.draft()
    left, right = st.columns([7, 5], gap="small")
    with left:
        draft = settings(draft)
    planned = plan(draft, runner.current().store.home)
    with asked:
        range_test.offer(draft, not planned.problem)
    with offered:
        recipes.offer(draft, planned)
    with right:
        range_test.card(draft)
        advise(draft, planned)
        cost.card(draft, planned)
        naming(draft)
        in_torch(draft.optimizer)
    bar(planned)


def settings(draft: Experiment) -> Experiment:
    """The widgets, in reading order; the draft as they say it."""
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
        with left:
            optimizer = form.choose(
                Optimizer, draft.optimizer, state.key("optimizer"), label="Optimizer"
            )
        right.latex(stacked(optimizer.formula))
        put("optimizer", form.edit(optimizer, state.key("optimizer"), width=96))
        if note := state.draft().optimizer.note:
            st.caption(note)
    with st.container(border=True):
        left, right = st.columns([5, 4], gap="small", vertical_alignment="bottom")
        with left:
            schedule = form.choose(
                Schedule, draft.schedule, state.key("schedule"), label="Schedule"
            )
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            against = st.segmented_control(
                "X-axis", ["step", "epoch"], default="step", required=True,
                key="schedule_axis", format_func=str.capitalize, persist_state="session",
            )  # fmt: skip
        put("schedule", form.edit(schedule, state.key("schedule"), width=118))
        drawn = st.container()  # filled last: the curve depends on widgets below it
    with st.container(border=True):
        batches(draft)
        menus(draft)
    draft = state.draft()
    with drawn:
        curve(draft, against)
    with st.container(gap="xsmall"):
        folded(draft)
    return state.draft()


def stacked(formula: str) -> str:
    """Steps that stand side by side, one below the other: so they fit their column."""
    inner = formula.replace(r", \qquad", r" \\")
    if inner == formula:
        return formula
    return rf"\begin{{gathered}}\rule{{0pt}}{{1.1em}}{inner}\end{{gathered}}"  # room for a square


def in_torch(optimizer: Optimizer) -> None:
    """The line of PyTorch that makes this optimizer."""
    call = optimizer.call()
    rounded = {
        n: float(f"{v:.6g}") if isinstance(v, float) else v for n, v in call.arguments.items()
    }
    with st.container(border=True):
        with card_title("Optimizer in PyTorch"):
            pass
        st.code(Call(call.target, rounded).code("model.parameters()"), wrap_lines=True)


def readable(value: object) -> object:
    """0.04999999999999999 is 0.05."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def batches(draft: Experiment) -> None:
    """Epochs, and how many pictures give a gradient: one, some or all."""
    train = plan(draft, runner.current().store.home).train
    every = min(train, LARGEST) or draft.batch_size
    kinds = {"Single sample (SGD)": 1, "Mini-batch": 32, "Full batch": every}
    size = draft.batch_size
    now = (
        "Single sample (SGD)" if size == 1 else "Full batch" if 1 < train <= size else "Mini-batch"
    )
    help = (
        "Full batch: gradient descent, one step per epoch. Single sample: stochastic gradient "
        "descent in its plain form. Mini-batch: between the two."
    )
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        chosen = st.segmented_control(
            "Batch", list(kinds), default=now, required=True, help=help,
            key=state.key("gradient from"),
        )  # fmt: skip
        others = {"name", "about", "device", "precision", "epochs", "batch_size"}
        skip = others - {"epochs", "batch_size"} if now == "Mini-batch" else others - {"epochs"}
        counts = form.edit(draft, state.key("run"), width=130, skip=tuple(skip))
    put("epochs", counts.epochs)
    if chosen != now:
        state.edit("batch_size", kinds[chosen], redraw=True)
        st.rerun()
    put("batch_size", counts.batch_size)


def menus(draft: Experiment) -> None:
    """Sampling, loss and the fields of both, side by side."""
    *places, rest = st.columns(3, gap="small")
    families = {"sampling": (Sampling, "Sampling"), "loss": (Loss, "Loss")}
    for place, (path, (family, label)) in zip(places, families.items(), strict=True):
        key = state.key(path)
        with place:
            value = form.choose(family, getattr(draft, path), key, label=label, segments=False)
        with rest:
            put(path, form.edit(value, key, width=110))


def put(path: str, value: object) -> None:
    """Writes one field of the draft when its widget says something new."""
    if getattr(state.draft(), path) != value:
        state.edit(path, value.model_dump(mode="json") if hasattr(value, "model_dump") else value)


def put_all(path: str, values: tuple) -> None:
    """Writes all of a row's choices; the row, drawn anew, says them."""
    if getattr(state.draft(), path) != values:
        state.edit(path, [value.model_dump(mode="json") for value in values])
        st.rerun()


def curve(draft: Experiment, against: str) -> None:
    """The learning rate of the whole run."""
    planned = plan(draft, runner.current().store.home)
    steps, epoch_steps = planned.steps or 100 * draft.epochs, planned.epoch_steps or 100
    at, rates = schedule_figure.rows(
        draft.schedule, draft.optimizer.learning_rate, steps=steps, epoch_steps=epoch_steps
    )
    mode = "dark" if st.context.theme.type == "dark" else "light"
    figure = schedule_figure.figure(at, rates, epoch_steps=epoch_steps, mode=mode, against=against)
    words = (
        f"Learning rate against step: {draft.schedule.label}, from {rates[0]:g} to {rates[-1]:.3g}"
    )
    st.plotly_chart(
        figure, theme=None, config={"displayModeBar": False}, alt=words, key="schedule_curve"
    )


def folded(draft: Experiment) -> None:
    """Rare settings, in rows that say their present value."""
    regularizers = ", ".join(r.summary for r in draft.regularizers) or "none"
    with row("Regularization", regularizers, "shield"):
        put_all(
            "regularizers", form.several(Regularizer, draft.regularizers, state.key("regularizers"))
        )
    stopping = (
        ", ".join(rule.description for rule in draft.stopping)
        or f"after {whole(draft.epochs)} epochs"
    )
    with row("Stopping", stopping, "flag"):
        put_all("stopping", form.several(StoppingRule, draft.stopping, state.key("stopping")))
    seeds = set(draft.seeds.model_dump().values())
    told = f"seed {seeds.pop()}" if len(seeds) == 1 else "seeds differ"
    said = f"{draft.device} · {draft.precision} · {told}"
    with row("Device, precision and seeds", said, "memory"):
        names = {"auto": "Automatic", **dict(devices())}
        known = list(names) if draft.device in names else [*names, draft.device]
        device = st.selectbox(
            "Device",
            known,
            index=known.index(draft.device),
            format_func=lambda d: names.get(d, d),
            key=state.key("device"),
        )
        put("device", device)
        others = ("name", "about", "device", "epochs", "batch_size")
        put("precision", form.edit(draft, state.key("precision"), skip=others).precision)
        put("seeds", form.edit(draft.seeds, state.key("seeds")))


def row(name: str, value: str, icon: str) -> st.delta_generator.DeltaGenerator:
    """A folded row that says its present value."""
    words = f"**{name}** :gray[{form.escape(value)}]"
    return st.expander(words, icon=f":material/{icon}:", key=f"fold {name}")


def advise(draft: Experiment, planned: Plan) -> None:
    """What is doubtful about the combination, each with what to change."""
    need, free = cost.room(draft, planned)
    sizes = dict(pictures=planned.train, parameters=planned.parameters)
    memory = dict(need=need, free=free)
    found = advice(draft, **sizes, **memory, curvature=sharpness.known(draft))[:4]
    urgent = sum(a.level == "warn" for a in found)
    with st.container(border=True):
        with card_title("Advice on this combination"):
            if urgent:
                st.badge(f"{urgent} to act on", color="yellow")
        if planned.problem:
            finding("bad", form.escape(planned.problem))
            words, icon = "Open the network", ":material/layers:"
            st.page_link("network.py", label=words, icon=icon, query_params=state.address())
        for one in found:
            if one.level == "ok" and planned.problem:
                continue  # nothing is sound that cannot start
            if finding(one.level, one.text, one.action or None, f"advice {one.path}"):
                state.edit(one.path, one.value, redraw=True)
                st.rerun()


def naming(draft: Experiment) -> None:
    """The run's name, and what will happen on Start."""
    with st.container(border=True):
        name = st.text_input(
            "Name of the run",
            draft.name,
            max_chars=60,
            key=state.key("name"),
            placeholder=draft.data.summary,
        )
        put("name", " ".join(name.split()))
        before = runner.current().before(draft.device)
        ahead = f"{counted(before, 'run')} ahead in the queue."
        st.caption(ahead if before else "Starts immediately.")
        with st.popover("Share", icon=":material/link:"):
            st.caption(
                "Whoever opens this address finds these settings as their draft. The data is not "
                "in it: spreadsheets must be in that lab too."
            )
            st.code(state.link(), language=None, wrap_lines=True)


main()
