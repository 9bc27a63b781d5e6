"""The table of all trials, and what can be done with one of them."""

from typing import Any

import streamlit as st

from core.base.numbers import MISSING, duration, whole
from core.figures.search.trial_marks import describe_result
from core.jobs import runner
from core.runs.state import RunState
from core.studies.search.records import SearchTrial
from core.studies.search.search import COSTS
from pages.kit import person
from pages.kit.buttons import button
from pages.kit.job_controls import give_command
from pages.kit.layout import STACK, card_title
from pages.kit.tables import show_table, styled
from pages.parts.search import results
from pages.parts.search.cards import SearchScene

SHOWN, ROW = 10, 35  # rows before scrolling, and px of one
STATES = {  # of a trial, as the states of runs
    "running": RunState.RUNNING,
    "done": RunState.DONE,
    "failed": RunState.FAILED,
    "stopped": RunState.STOPPED,
}
PRUNED = "◇ Pruned"
STOP_HELP = "Ends this trial now. It counts as pruned, and the search goes on."
OPEN_HELP = "Keeps this trial as one of your runs and shows it on Watch."


def card(scene: SearchScene) -> None:
    """Draw the table, the running trials first, then the best; below it, what can be done."""
    stored = scene.stored
    with st.container(border=True, gap="small"):
        card_title("Table of trials")
        ordered = sorted(stored.trials, key=in_table)
        table = styled([cells(scene, trial) for trial in ordered], formats(scene))
        show_table(
            table, height=ROW * (min(len(ordered), SHOWN) + 1) + 2, key="search_table",
            alt="All trials, one per row",
        )  # fmt: skip
        actions(scene, ordered)


def in_table(trial: SearchTrial) -> tuple:
    """Return the place of a trial in the table."""
    is_ranked = trial.state == "done" and trial.value is not None
    order = 0 if trial.state == "running" else 1 if is_ranked else 2
    return order, trial.value if is_ranked else 0.0, trial.number


def cells(scene: SearchScene, trial: SearchTrial) -> dict[str, Any]:
    """Return one trial as a row."""
    against = scene.stored.search.against
    final = {"Seed": trial.seed if trial.stage == "finalist" else None}
    has_finalists = any(each.stage == "finalist" for each in scene.stored.trials)
    has_messages = any(each.state == "failed" for each in scene.stored.trials)
    return {
        "Trial": trial.number + 1,
        "State": describe_state(trial),
        scene.title.capitalize(): trial.value,
        **({COSTS[against]: trial.second} if against else {}),
        **{scale.title: write(scale, trial) for scale in scene.scales},
        **(final if has_finalists else {}),
        "Epochs": trial.epochs,
        "Time": trial.seconds,
        "Parameters": trial.parameters,
        **({"Message": trial.message} if has_messages else {}),
    }


def write(scale: Any, trial: SearchTrial) -> str:
    """Return the value of a setting as text; a dash for a trial without it."""
    return scale.write(trial.values[scale.path]) if scale.path in trial.values else MISSING


def formats(scene: SearchScene) -> dict[str, Any]:
    """Return how the columns of numbers are written."""
    against = scene.stored.search.against
    cost = duration if against == "seconds" else whole
    return {
        scene.title.capitalize(): lambda value: describe_result(value, share=scene.share),
        "Time": duration,
        "Parameters": whole,
        "Trial": whole,
        **({COSTS[against]: cost} if against else {}),
        **({"Seed": whole} if any(t.stage == "finalist" for t in scene.stored.trials) else {}),
    }


def describe_state(trial: SearchTrial) -> str:
    """Return the state of a trial with its symbol."""
    if trial.state == "pruned":
        return PRUNED
    state = STATES[trial.state]
    return f"{state.symbol} {'Finalist' if trial.stage == 'finalist' else state.label}"


def actions(scene: SearchScene, ordered: list[SearchTrial]) -> None:
    """Draw the menu of the trials, and the buttons for the chosen one."""
    stored = scene.stored
    by_number = {trial.number: trial for trial in ordered}
    with st.container(**STACK, gap="small"):
        number = st.selectbox(
            "Trial", list(by_number), label_visibility="collapsed", width=260,
            format_func=lambda number: name_trial(by_number[number]),
            key=f"search_trial {stored.id}",
        )  # fmt: skip
        trial = by_number.get(number)
        if trial is None:
            return
        is_running = trial.state == "running" and stored.live
        look = {"disabled": is_running, "help": OPEN_HELP, "icon": ":material/monitoring:"}
        if button("Open trial", key="search_open", **look):
            results.open_trial(stored, trial.number)
        look = {"help": results.USE_HELP, "icon": ":material/edit_note:"}
        if button("Use its settings", key="search_use_trial", **look):
            results.use(stored, trial.number)
        why = person.barred(stored.id)
        st.button(
            "Stop trial", key="search_stop_trial", icon=":material/stop:",
            disabled=not is_running or bool(why), help=why or STOP_HELP,
            on_click=give_command, args=(stop_trial(trial.number), stored.id),
        )  # fmt: skip


def stop_trial(number: int) -> Any:
    """Return the command that ends one trial of a search."""

    def stop(search_id: str, /, *, by: str) -> None:
        runner.current().prune_trial(search_id, number, by=by)

    return stop


def name_trial(trial: SearchTrial) -> str:
    """Return a trial in the menu: "Trial 9". The label must not change while the trial is trained:
    the menu sends it, and a former one would be an unknown option.
    """
    seed = f" · seed {trial.seed}" if trial.stage == "finalist" else ""
    return f"Trial {whole(trial.number + 1)}{seed}"
