"""The tab Mistakes of a finished run: where the network is wrong, how often, and how sure it is."""

from functools import partial
from typing import Any

import streamlit as st

from core.analysis.catalogue import Calibration, Confusion, Thresholds
from core.analysis.mistakes import calibration, thresholds
from core.analysis.mistakes.confusion import (
    SCORES,
    confused_pairs,
    describe_other_pairs,
    describe_score,
)
from core.base.encoding import decode
from core.base.numbers import MISSING, percent, short
from core.base.text import clip, counted
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.evaluation import (
    calibration_csv,
    class_scores_csv,
    confusion_csv,
    curve_csv,
)
from core.figures import calibration as calibration_figure
from core.figures import confusion as figures
from core.figures import thresholds as threshold_figures
from core.jobs import runner
from core.runs.measured import describe_rate
from pages.kit import analyses, live_chart, score_form
from pages.kit.downloads import csv_button
from pages.kit.form import escape
from pages.kit.layout import card_title, run_name
from pages.kit.tables import show_table, styled
from pages.parts.watch import gallery, residuals, suspicious
from pages.parts.watch.run_data import PARTS, choose_part, has_data

PAIRS, ROWS = 8, 12  # confused pairs that are listed, and classes that are shown without scrolling
MATRIX_HELP = (
    "Rows are true classes, columns are predicted ones; correct predictions are on the diagonal. "
    "Click a cell to see its samples. The colour is the fraction of the true class, stretched so "
    "that rare confusions are visible."
)
SCORES_HELP = (
    "Precision is the fraction of a class's predictions that are right, recall the fraction of its "
    "samples that are found, F1 = 2 · precision · recall / (precision + recall). Ranges are 95 % "
    "intervals (Wilson 1927). The macro average weighs all classes equally, the weighted average "
    "by their samples. A class without samples is left out of both."
)
CALIBRATION_HELP = (
    "A calibrated network is right in 80 % of the cases in which its confidence is 80 %. The "
    "expected calibration error (ECE) is the mean distance from that, over 15 bins of equal width "
    "or of equal numbers of samples (Naeini et al. 2015; Guo et al. 2017). With few samples it is "
    "not 0 by chance alone; that part is stated beside it. The temperature divides the logits: it "
    "changes confidences and no prediction. It is fitted on the validation set."
)
THRESHOLD_HELP = (
    "Every threshold on the probability of the positive class gives one point. The area under the "
    "ROC curve is the probability that a positive sample scores higher than a negative one, with "
    "its 95 % interval (DeLong et al. 1988). Average precision is the area under the "
    "precision-recall curve; guessing has the fraction of positive samples (dotted)."
)


def tab(run: str) -> None:
    """Draw the tab."""
    store = runner.current().store
    experiment = decode(Experiment, store.experiment(run))
    if not has_data(experiment):
        return
    facts = experiment.data.facts(store.home)
    part = choose_part(run)
    if not facts.classes:
        residuals.card(run, part)
        return
    is_table = len(facts.shape) == 1  # the rows of its mistakes are wide
    left, right = st.columns([6, 7], gap="small")
    with left.container(border=True):
        confusion = analyses.result(run, Confusion(part=part))
        if confusion:
            matrix(run, part, confusion)
    with right.container(border=True, height="stretch"):
        if is_table:
            reliability(run, part, beside=False)
        else:
            gallery.card(run, experiment, part)
    if is_table:
        with st.container(border=True):
            gallery.card(run, experiment, part)
    if confusion:
        with st.container(border=True):
            class_scores(run, confusion)
    if not is_table:
        with st.container(border=True):
            reliability(run, part, beside=True)
    if len(facts.classes) == 2:
        with st.container(border=True):
            threshold_curves(run, part, facts)
    suspicious.card(run)


def matrix(run: str, part: str, found: dict[str, Any]) -> None:
    """The score, the confusion matrix, and the classes that are confused most."""
    names = found["names"]
    with card_title("Confusion matrix", help=MATRIX_HELP):
        unit = st.segmented_control(
            "Cells", ["Counts", "Row shares"], default="Counts", required=True,
            label_visibility="collapsed", key="mistakes unit", persist_state="session",
        )  # fmt: skip
    score = describe_score(found, score_form.form())
    samples = counted(found["samples"], f"{PARTS[part].lower()} sample")
    st.markdown(escape(f"{score} on {samples}"))
    classes = list(range(len(names)))
    if len(names) > figures.MOST:
        every = st.segmented_control(
            "Classes", ["Most confused", "All"], default="Most confused", required=True,
            label_visibility="collapsed", key="mistakes classes",
        )  # fmt: skip
        if every != "All":
            classes = figures.shown_classes(found["counts"])

    def click(index: list[int]) -> None:
        gallery.choose(run, part, *(classes[i] for i in index))

    live_chart.drawn(
        lambda mode: figures.figure(
            found["counts"], names, mode, classes=classes, fractions=unit == "Row shares"
        ),
        key=f"chart_confusion_{part}", height=figures.height(len(classes)),
        alt=f"Confusion matrix of the {PARTS[part].lower()} set",
        name=f"{run_name(run)} confusion", subject=run_name(run), csv=confusion_csv(found),
        on_click=click,
    )  # fmt: skip
    if pairs := confused_pairs(found["counts"], PAIRS):
        rows = [
            {
                "True": clip(names[i]),
                "Predicted": clip(names[j]),
                "Count": count,
                "Of the true class": describe_rate(share),
            }
            for i, j, count, share in pairs
        ]
        st.markdown("**Most confused classes**")
        show_table(rows, alt="The pairs of classes that are confused most")
        if others := describe_other_pairs(found["counts"], PAIRS):
            st.caption(others)


def class_scores(run: str, found: dict[str, Any]) -> None:
    """Precision, recall and F1 of each class."""
    with card_title("Scores by class", help=SCORES_HELP):
        csv_button(run, "classes", lambda: class_scores_csv(found))
    titles = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
    rows = []
    for name, scores in zip(found["names"], found["classes"], strict=True):
        row = {"Class": clip(name), "Samples": scores["support"]}
        for score in SCORES:
            row[titles[score]] = scores[score][0] if scores[score] else None
            row[f"{titles[score]} range"] = interval(scores[score])
        rows.append(row)
    formats = dict.fromkeys(titles.values(), percent)
    show_table(
        styled(rows, formats),
        height="content" if len(rows) <= ROWS else 420,
        alt="Precision, recall and F1 of each class",
    )
    texts = [
        f"{average.capitalize()} average: precision {percent(scores['precision'])}, recall "
        f"{percent(scores['recall'])}, F1 {percent(scores['f1'])}"
        for average, scores in found["averages"].items()
    ]
    st.caption("  \n".join(map(escape, texts)))


def interval(rate: list[float] | None) -> str:
    """Return the ends of an interval as text."""
    return f"{percent(rate[1])} to {percent(rate[2])}" if rate else MISSING


def reliability(run: str, part: str, *, beside: bool) -> None:
    """The calibration curve, and `beside` or below it its errors and the temperature."""
    with card_title("Calibration", help=CALIBRATION_HELP):
        kind = st.segmented_control(
            "Bins", {"width": "Equal width", "mass": "Equal mass"}, default="width", required=True,
            format_func={"width": "Equal width", "mass": "Equal mass"}.get,
            label_visibility="collapsed", key="mistakes bins", persist_state="session",
        )  # fmt: skip
    found = analyses.result(run, Calibration(part=part))
    if not found:
        return
    before, after = found["before"], found["after"]
    bins = before[kind]["bins"], after[kind]["bins"] if after else []
    left, right = st.container(), st.container()
    if beside:
        left, right = st.columns([6, 7], gap="medium", vertical_alignment="center")
    with left:
        live_chart.drawn(
            partial(calibration_figure.figure, *bins),
            key=f"chart_calibration_{part}", height=calibration_figure.HEIGHT,
            alt=f"Accuracy against confidence on the {PARTS[part].lower()} set",
            name=f"{run_name(run)} calibration", subject=run_name(run),
            csv=calibration_csv(found, kind),
        )  # fmt: skip
    with right:
        st.markdown(escape(calibration.describe(found)))
        states = {"As trained": before} | ({"With temperature": after} if after else {})
        show_table(
            [
                {
                    "Network": name,
                    "NLL": short(state["nll"], 3),
                    "ECE": percent(state[kind]["error"]),
                    "ECE by chance": percent(state[kind]["expected"]),
                }
                for name, state in states.items()
            ],
            alt="Negative log-likelihood and calibration error",
        )
        st.caption("NLL is the mean negative log-likelihood, the cross-entropy of these samples.")


def threshold_curves(run: str, part: str, facts: Facts) -> None:
    """ROC and precision-recall curves for the chosen positive class."""
    with card_title("ROC and precision-recall curves", help=THRESHOLD_HELP):
        positive = st.selectbox(
            "Positive class", [1, 0], format_func=lambda c: clip(facts.classes[c]), width=200,
            key=f"mistakes positive {run}",
        )  # fmt: skip
    found = analyses.result(run, Thresholds(part=part))
    if not found:
        return
    curves = found["positive"][positive]
    st.markdown(escape(thresholds.describe(found, positive)))
    if not curves["roc"]:
        return
    share = curves["positives"] / found["samples"]
    drawings = {
        "ROC curve": (
            partial(threshold_figures.roc, curves["roc"]),
            curve_csv(curves["roc"], "false_positive_rate", "recall"),
        ),
        "Precision-recall curve": (
            partial(threshold_figures.precision_recall, curves["pr"], positives=share),
            curve_csv(curves["pr"], "recall", "precision"),
        ),
    }
    columns = st.columns(2, gap="medium")
    for column, (name, (draw, csv)) in zip(columns, drawings.items(), strict=True):
        with column:
            live_chart.drawn(
                draw, key=f"chart_{name}_{part}_{positive}", height=threshold_figures.HEIGHT,
                alt=f"{name}, positive class {clip(facts.classes[positive])}",
                name=f"{run_name(run)} {name}", subject=run_name(run), csv=csv,
            )  # fmt: skip
