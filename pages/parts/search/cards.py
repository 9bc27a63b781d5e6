"""The cards of a search on disk: the best so far, the importance of the settings, the Pareto front,
parallel coordinates with the brushed ranges, and slices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.base.text import counted
from core.export.trials import importances_csv, trials_csv
from core.figures.search import best_so_far, importance, parallel_coordinates, pareto, slices
from core.figures.search import trial_marks as marks
from core.figures.search.scale import Brush, DimensionScale, scales
from core.studies.search import answer
from core.studies.search.search import GOALS
from pages.kit import live_chart
from pages.kit.layout import STACK, card_title
from pages.kit.screen import phone
from pages.kit.search_log import StoredSearch, name_of
from pages.parts.search import brush, settings_importance

AXES = {"Trials": "trials", "Time": "seconds"}
COLUMNS = 4  # slices in a row
LEAST = 8  # finished trials from which on importance is computed
BAND_HELP = (
    "The grey band is where the best result of random search would be after as many trials: its "
    "10 % to 90 % range, computed from the trials that were drawn at random (Dodge et al. 2019). A "
    "strategy that learns leaves it below."
)
IMPORTANCE_HELP = (
    "How much of the difference between good and other trials each setting explains "
    "(PED-ANOVA, Watanabe, Bansal & Hutter 2023). A setting without importance can keep any value "
    "of its range."
)
BRUSH_HELP = (
    "Each line is a trial; the best quarter is drawn thicker, in the colour of the star. Draw a "
    "box over an axis, or use the fields below, to light up the trials within a range."
)
FRONT_HELP = (
    "The trials of the front are those that no other trial beats in both goals. Which of them is "
    "best is your choice: how much error is a parameter or a second worth?"
)


@dataclass(frozen=True)
class SearchScene:
    """What the cards of one search share: its axes, the brushed ranges, the text of each trial
    beside the pointer, and the trials as CSV.
    """

    stored: StoredSearch
    scales: list[DimensionScale]
    brushes: Mapping[str, Brush]
    texts: dict[int, str]
    csv: str

    @property
    def share(self) -> bool:
        """Whether the goal is a fraction, which is written as a percentage."""
        return self.stored.search.goal == "validation_error"

    @property
    def title(self) -> str:
        """The name of the goal in charts."""
        return GOALS[self.stored.search.goal].lower()

    @property
    def name(self) -> str:
        return name_of(self.stored.search)


def make_scene(stored: StoredSearch) -> SearchScene:
    """Collect what the cards of a search share."""
    axes, share = scales(stored.search), stored.search.goal == "validation_error"
    titles = {scale.path: scale for scale in axes}

    def write(path: str, value: object) -> str:
        scale = titles.get(path)
        return f"{scale.title}: {scale.write(value)}" if scale else f"{path}: {value}"

    texts = {
        trial.number: marks.describe_trial(trial, write, share=share) for trial in stored.trials
    }
    return SearchScene(
        stored, axes, brush.brushes(stored.id), texts, trials_csv(stored.search, stored.trials)
    )


def show_cards(scene: SearchScene) -> None:
    """Draw the cards that the search has."""
    ended = marks.results(scene.stored.trials)
    left, right = st.columns([8, 5], gap="small")
    with left.container(border=True, height="stretch", gap="xsmall"):
        best_card(scene)
    with right.container(border=True, height="stretch", gap="xsmall"):
        if scene.stored.search.against:
            front_card(scene)
        else:
            importance_card(scene)
    if not ended or not scene.scales:
        return
    with st.container(border=True, gap="xsmall"):
        parallel_card(scene)
    with st.container(border=True, gap="xsmall"):
        slices_card(scene)
    if scene.stored.search.against:
        with st.container(border=True, gap="xsmall"):
            importance_card(scene)


def best_card(scene: SearchScene) -> None:
    """The best result so far against trials or time."""
    with card_title("Best so far", help=BAND_HELP):
        chosen = st.segmented_control(
            "X-axis", list(AXES), default="Trials", required=True, label_visibility="collapsed",
            key="search_axis", persist_state="session",
        )  # fmt: skip
    stored, against = scene.stored, AXES[chosen]
    search = stored.search
    data = best_so_far.rows(
        stored.trials, against,
        band=random_band(scene) if against == "trials" else (),
        reach=search.trials if against == "trials" else search.seconds,
        texts=scene.texts,
    )  # fmt: skip
    live_chart.drawn(
        lambda mode: best_so_far.figure(data, mode, title=scene.title, share=scene.share),
        key="search best", height=best_so_far.HEIGHT, name=f"{scene.name}-best",
        alt=f"Best {scene.title} so far", subject=scene.name, csv=scene.csv,
    )  # fmt: skip
    lost = sum(not marks.is_finite(t.value) for t in stored.trials if t.is_finished)
    if lost:
        st.caption(
            f":material/warning: {counted(lost, 'trial')} without a result: the loss overflowed or "
            "the trial failed. The table shows which."
        )


def random_band(scene: SearchScene) -> list[tuple[float, float, float, float]]:
    """Return where the best of n random trials would be, for each n."""
    stored = scene.stored
    values = answer.random_part(stored.search, stored.trials)
    band = answer.random_band(values, stored.search.trials)
    if not band:
        return []
    lines = zip(band.low, band.middle, band.high, strict=True)
    return [(n, *line) for n, line in enumerate(lines, 1)]


def importance_card(scene: SearchScene) -> None:
    """The importance of each setting, once there are enough trials."""
    card_title("Importance of the settings", help=IMPORTANCE_HELP)
    done = [t for t in marks.results(scene.stored.trials) if t.state == "done"]
    if not scene.scales:
        st.markdown("All trials have the same settings and differ in their seeds alone.")
        return
    if len(done) < LEAST:
        st.markdown(
            f"Appears after {counted(LEAST, 'finished trial')}: with fewer, chance decides."
        )
        return
    found = settings_importance.find(scene.stored, len(done))
    if not found:
        return
    bars = importance.rows(found, scene.scales)
    live_chart.drawn(
        partial(importance.figure, bars), key="search importance", name=f"{scene.name}-importance",
        height=importance.chart_height(len(bars)), alt="Importance of each setting",
        subject=scene.name, csv=importances_csv(dict(bars)),
    )  # fmt: skip


def front_card(scene: SearchScene) -> None:
    """The Pareto front of two goals."""
    stored = scene.stored
    card_title("Pareto front", help=FRONT_HELP)
    data = pareto.rows(
        stored.trials, answer.pareto(stored.trials), stored.search.against, scene.texts
    )
    live_chart.drawn(
        lambda mode: pareto.figure(data, mode, title=scene.title, share=scene.share),
        key="search front", height=pareto.HEIGHT, name=f"{scene.name}-front",
        alt=f"{scene.title.capitalize()} against {pareto.TITLES[data.goal]}", subject=scene.name,
        csv=scene.csv,
    )  # fmt: skip


def parallel_card(scene: SearchScene) -> None:
    """All trials as lines, and the fields of the brushed ranges."""
    stored = scene.stored
    data = parallel_coordinates.rows(
        stored.trials, scene.scales, scene.brushes, title=scene.title, share=scene.share,
        texts=scene.texts,
    )  # fmt: skip
    with card_title("All trials", help=BRUSH_HELP), st.container(**STACK, gap="small"):
        total = counted(len(data.lines), "trial")
        st.caption(f"{data.lit} of {total} in the ranges" if scene.brushes else total)
        st.button(
            "Clear ranges", key="search_clear", icon=":material/filter_alt_off:", type="tertiary",
            disabled=not scene.brushes, on_click=brush.clear, args=(stored.id,),
        )  # fmt: skip
    live_chart.drawn(
        partial(parallel_coordinates.figure, data), key="search parallel",
        height=parallel_coordinates.HEIGHT, name=f"{scene.name}-trials",
        alt="Settings and result of each trial", subject=scene.name,
        csv=scene.csv,
        on_brush=partial(brush.box, stored.id, scene.scales),
    )  # fmt: skip
    with st.container(key="fold-ranges"), st.expander("Ranges"):
        brush.fields(stored.id, scene.scales)


def slices_card(scene: SearchScene) -> None:
    """The result against each setting."""
    card_title("Result by setting")
    columns = 2 if phone() else min(COLUMNS, len(scene.scales))
    data = slices.rows(scene.stored.trials, scene.scales, scene.brushes, scene.texts)
    live_chart.drawn(
        lambda mode: slices.figure(
            data, mode, title=scene.title, share=scene.share, columns=columns
        ),
        key="search slices", height=slices.chart_height(len(data), columns),
        name=f"{scene.name}-slices", alt=f"{scene.title.capitalize()} against each setting",
        subject=scene.name, csv=scene.csv,
    )  # fmt: skip
