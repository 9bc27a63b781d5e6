"""Predict: finished runs answer for a drawing, images, a photo, a spreadsheet or the test set."""

from collections.abc import Callable

import streamlit as st

from core.analysis.catalogue import Familiarity
from core.base.encoding import encode
from core.base.errors import LabError, NotFound
from core.experiment import shipped
from core.jobs import runner
from pages.kit import address, analyses
from pages.kit.bar import bar, start
from pages.kit.buttons import button
from pages.kit.finished_runs import finished_runs
from pages.kit.form import escape
from pages.kit.layout import describe_error, finding, header, run_name
from pages.parts.predict import chosen as chosen_runs
from pages.parts.predict.chosen import Chosen
from pages.parts.predict.draw import draw
from pages.parts.predict.files import images, spreadsheet
from pages.parts.predict.photo import photo
from pages.parts.predict.test_set import test_set

Mode = Callable[[list[Chosen]], None]
FOR_IMAGES: dict[str, Mode] = {"Draw": draw, "Images": images, "Photo": photo}
FOR_ALL: dict[str, Mode] = {"Spreadsheet": spreadsheet, "Test set": test_set}


def main() -> None:
    """The whole page."""
    names = finished_runs()
    with header("Predict", "Answers of a trained model for new inputs"):
        pass
    asked = address.run()
    if asked and asked not in names:
        explain(asked, others=bool(names))
    if names:
        predict(names)
    else:
        empty()
    bar(shown="")


def predict(names: dict[str, str]) -> None:
    """The choice of runs and of the kind of input, and the answers."""
    left, right = st.columns([5, 7], gap="small", vertical_alignment="bottom")
    with left:
        chosen = chosen_runs.choose(names)
    if not chosen:
        st.caption("Choose a run.")
        return
    modes = (FOR_IMAGES if chosen[0].predictor.is_image else {}) | FOR_ALL
    with right:
        mode = st.segmented_control(
            "Input", list(modes), default=next(iter(modes)), required=True,
            key=f"predict_input {chosen[0].predictor.is_image}", persist_state="session",
            wrap=True,
        )  # fmt: skip
    modes[mode](chosen)
    for one in chosen:  # until then, answers have no nearest training samples
        if not one.predictor.is_compared:
            analyses.result(one.run, Familiarity())


def explain(run: str, *, others: bool) -> None:
    """Why the run in the address cannot answer, with the way to it, or to `others` below."""
    lab = runner.current()
    try:
        state, name = lab.status(run), run_name(run)
    except NotFound:
        below = "The run that is selected below answers" if others else "Train a model first"
        finding("bad", f"Run not found: it was deleted, or it belongs to another lab. {below}.")
        return
    except LabError as error:
        finding("bad", escape(describe_error(error)))
        return
    if state.is_live:
        text = f"**{escape(name)}** is {state.label.lower()}. It can answer when it has ended."
    else:
        text = (
            f"**{escape(name)}** cannot answer: its training did not finish "
            f"({state.label.lower()}), so it has no weights. Choose another run, or train it again."
        )
    if finding("info" if state.is_live else "warn", text, "Open this run", "predict_open"):
        st.switch_page("watch.py", query_params=address.parameters(run=run))


def empty() -> None:
    """The card of a lab without a finished run."""
    with st.container(border=True):
        st.markdown(
            "No finished run yet. Train a model first; then draw a digit, upload your own images "
            "or a spreadsheet, and see its answers here."
        )
        if button("Train on digits", icon=":material/play_arrow:", type="primary"):
            start(encode(shipped()["digits"]))


main()
