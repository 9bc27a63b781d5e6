"""Train: every training choice with its formula, a plot of the schedule, suggestions, and the cost
of the run.
"""

import streamlit as st

from core.advice.plan import Plan, plan
from core.advice.suggestions import advice
from core.advice.training_checks import LARGEST
from core.base.numbers import short
from core.base.spec import Call, Value, fields
from core.base.text import counted
from core.data.sampling import Sampling
from core.experiment import Experiment
from core.figures import schedule as schedule_figure
from core.jobs import runner
from core.lessons.levels import Level, hidden_settings
from core.losses import Loss
from core.optim.optimizers import Optimizer
from core.optim.schedules import Schedule
from pages.kit import (
    address,
    cost,
    form,
    level,
    live_chart,
    range_test,
    session,
    several,
    sharpness,
    state,
)
from pages.kit.bar import bar
from pages.kit.buttons import unique_keys
from pages.kit.layout import card_title, draft_finding, finding, header
from pages.parts.train import as_code, fork, recipes
from pages.parts.train.fields import WIDE_FIELD, put
from pages.parts.train.folded import folded

SHOWN = 4  # suggestions
OPTIMIZER_FIELD = 132  # least width in px, so that labels fit on one line


def main() -> None:
    """Draw the page."""
    with header("Train", "How the model is trained"):
        range_test_slot, recipes_slot, several_slot = st.empty(), st.empty(), st.empty()
    draft = state.draft()
    left, right = st.columns([7, 5], gap="small")
    with left:
        fork.card(draft)
        draft = settings(draft)
    planned = plan(draft, runner.current().store.home)
    with range_test_slot:
        range_test.offer(draft, not planned.problem)
    with recipes_slot:
        recipes.offer(draft, planned)
    with several_slot:
        several.offer(draft)
    with right:
        advise(draft, planned)  # keeps its place when a range test begins
        range_test.card(draft)
        cost.card(draft, planned, several=bool(state.lists()))
        naming(draft, planned)
        in_torch(draft.optimizer)
    bar(planned)


def settings(draft: Experiment) -> Experiment:
    """Draw the widgets of this level in reading order; return the draft with their values."""
    few = level.current() == Level.FIRST_STEPS
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
        with left:
            optimizer = form.choose(
                Optimizer, draft.optimizer, state.key("optimizer"), label="Optimizer"
            )
        right.latex(stacked(optimizer.formula))
        key, skip = state.key("optimizer"), all_but(optimizer, "learning_rate") if few else ()
        put("optimizer", form.edit(optimizer, key, width=OPTIMIZER_FIELD, skip=skip))
        if note := state.draft().optimizer.note:
            st.caption(note)
    with st.container(border=True):
        left, right = st.columns([5, 4], gap="small", vertical_alignment="bottom")
        with left:
            schedule = form.choose(
                Schedule, draft.schedule, state.key("schedule"), label="Schedule"
            )
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            x_axis = st.segmented_control(
                "X-axis", ["step", "epoch"], default="step", required=True,
                key="schedule_axis", format_func=str.capitalize, persist_state="session",
            )  # fmt: skip
        if not few:
            put("schedule", form.edit(schedule, state.key("schedule"), width=WIDE_FIELD))
        plot_slot = st.container()  # filled last: the curve depends on widgets below it
    with st.container(border=True):
        batches(draft)
        menus(draft, few=few)
    draft = state.draft()
    with plot_slot:
        curve(draft, x_axis)
    with st.container(gap="xsmall"):
        if few:
            name_hidden(state.draft())
        else:
            folded(draft, opened=level.current() == Level.EVERYTHING)
        as_code.offer(state.draft())
    return state.draft()


def all_but(value: Value, name: str) -> tuple[str, ...]:
    """Return the names of all fields of a value but one."""
    return tuple(fact.name for fact in fields(type(value)) if fact.name != name)


def name_hidden(draft: Experiment) -> None:
    """Draw one line that names the settings which First steps does not show."""
    hidden = hidden_settings(draft)
    changed = f" Not at their defaults: {'; '.join(hidden)}." if hidden else ""
    st.caption(
        "Hidden at the level First steps: details of the optimizer and the schedule, sampling, "
        f"regularization, stopping rules, device and seeds.{form.escape(changed)}"
    )


def stacked(formula: str) -> str:
    """Place the parts of a formula below each other, so that they fit into a narrow column."""
    inner = formula.replace(r", \qquad", r" \\")
    if inner == formula:
        return formula
    return rf"\begin{{gathered}}\rule{{0pt}}{{1.1em}}{inner}\end{{gathered}}"  # room for a square


def in_torch(optimizer: Optimizer) -> None:
    """Draw the line of PyTorch that constructs this optimizer."""
    call = optimizer.call()
    rounded = {
        n: float(f"{v:.6g}") if isinstance(v, float) else v for n, v in call.arguments.items()
    }
    with st.container(border=True):
        card_title("Optimizer in PyTorch")
        st.code(Call(call.target, rounded).code("model.parameters()"), wrap_lines=True)


def batches(draft: Experiment) -> None:
    """Draw epochs and batch size: a single sample, a mini-batch or the full batch."""
    train = plan(draft, runner.current().store.home).train
    every = min(train, LARGEST) or draft.batch_size
    kinds = {"Single sample (SGD)": 1, "Mini-batch": 32, "Full batch": every}
    size = draft.batch_size
    now = (
        "Single sample (SGD)" if size == 1 else "Full batch" if 1 < train <= size else "Mini-batch"
    )
    help = (
        "How many samples each step computes the gradient from. Single sample: classic stochastic "
        "gradient descent. Full batch: gradient descent with one step per epoch. Mini-batch: "
        "between the two."
    )
    key = state.key_of_summary("batch kind", now)
    st.segmented_control(
        "Batch", list(kinds), default=now, required=True, help=help, key=key,
        on_change=choose_batch, args=(kinds, key),
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    with left:
        epochs = form.edit_field(draft, "epochs", state.key("epochs"), width=WIDE_FIELD)
    if now == "Mini-batch":
        with right:
            size = form.edit_field(draft, "batch_size", state.key("batch_size"), width=WIDE_FIELD)
    put("epochs", epochs)
    put("batch_size", size)


def choose_batch(kinds: dict[str, int], key: str) -> None:
    """Give the draft the batch size of the kind that was chosen."""
    if (kind := session.widget_value(key)) in kinds:
        state.edit("batch_size", kinds[kind], redraw=True)


def menus(draft: Experiment, *, few: bool = False) -> None:
    """Draw sampling, loss and the fields of both side by side; only the loss where `few` settings
    are shown.
    """
    if few:
        key = state.key("loss")
        put("loss", form.choose(Loss, draft.loss, key, label="Loss", segments=False))
        return
    *places, rest = st.columns(3, gap="small")
    families = {"sampling": (Sampling, "Sampling"), "loss": (Loss, "Loss")}
    for place, (path, (family, label)) in zip(places, families.items(), strict=True):
        key = state.key(path)
        with place:
            value = form.choose(family, getattr(draft, path), key, label=label, segments=False)
        with rest:
            put(path, form.edit(value, key, width=110))


def curve(draft: Experiment, x_axis: str) -> None:
    """Draw the learning rate over the whole run; of a fork, from its first step on."""
    planned = plan(draft, runner.current().store.home)
    epoch_steps = planned.epoch_steps or 100
    at, rates = schedule_figure.fork_rows(draft, epoch_steps=epoch_steps)
    ends = f"from {short(rates[0], 3)} to {short(rates[-1], 3)}"
    description = f"Learning rate by {x_axis}: {draft.schedule.label}, {ends}"
    live_chart.drawn(
        lambda mode: schedule_figure.figure(
            at, rates, epoch_steps=epoch_steps, mode=mode, x_axis=x_axis
        ),
        key="schedule_curve",
        height=schedule_figure.HEIGHT,
        alt=description,
        name=f"{draft.name} learning rate",
        subject=draft.name,
    )


def advise(draft: Experiment, planned: Plan) -> None:
    """Draw the suggestions about this combination, each with the change that helps."""
    need, free = cost.memory_need(draft, planned)
    findings = advice(
        draft,
        samples=planned.train,
        validation=planned.validation,
        parameters=planned.parameters,
        need=need,
        free=free,
        curvature=sharpness.measured_curvature(draft),
    )[:SHOWN]
    warnings = sum(finding.level == "warn" for finding in findings)
    with st.container(border=True):
        with card_title("Suggestions"):
            if warnings:
                st.badge(counted(warnings, "warning"), color="yellow")
        in_fork_card = planned.code.startswith("fork_changes_")  # with a button that restores it
        if planned.problem and not in_fork_card:
            finding("bad", form.escape(planned.problem))
        elif planned.problem and all(suggestion.level == "ok" for suggestion in findings):
            st.caption("Suggestions follow when this fork can start.")
        if planned.problem and not planned.code.startswith("fork_"):
            st.page_link(
                "network.py",
                label="Open Network",
                icon=":material/layers:",
                query_params=address.parameters(),
            )
        keys = unique_keys(f"advice {suggestion.code}" for suggestion in findings)
        for key, suggestion in zip(keys, findings, strict=True):
            if suggestion.level == "ok" and planned.problem:
                continue  # "no problem found" would contradict the problem above
            draft_finding(suggestion, key)


def store_name(key: str) -> None:
    """Give the draft the name that was typed."""
    put("name", " ".join((session.widget_value(key) or "").split()))


def naming(draft: Experiment, planned: Plan) -> None:
    """Draw the name of the run, its position in the queue, and the link to share it."""
    with st.container(border=True):
        key = state.key("name")
        name = st.text_input(
            "Run name",
            draft.name,
            max_chars=60,
            key=key,
            placeholder=draft.data.summary,
            on_change=store_name,
            args=(key,),
        )
        put("name", " ".join(name.split()))
        ahead = runner.current().before(draft.device)
        queue = f"{counted(ahead, 'run')} ahead in the queue." if ahead else "Starts immediately."
        blocked = planned.problem or session.first_refusal()
        st.caption("Cannot start yet." if blocked else queue)
        with st.popover("Share", icon=":material/link:"):
            needed, noun = "uploaded spreadsheets", "data"
            if draft.start.weights_digest:
                needed, noun = f"{needed} and the starting weights", "data or the starting weights"
            st.caption(
                "Opening this link loads these settings as a draft. The link does not contain the "
                f"{noun}: {needed} must exist in the other lab as well."
            )
            st.code(address.link(), language=None, wrap_lines=True)


main()
