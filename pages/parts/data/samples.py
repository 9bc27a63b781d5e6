"""The samples in the step "Check" of the Data page: images by class, points, the first rows of a
table, or the samples of a finding.
"""

import pandas as pd
import streamlit as st

from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import counted
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.samples import Samples
from core.experiment import Experiment
from core.figures.images import side_by_side
from core.jobs import runner
from pages.kit import form, session
from pages.kit.buttons import button
from pages.kit.layout import card_title
from pages.kit.screen import theme_mode
from pages.kit.tables import as_stored, show_table
from pages.parts.data import selected
from pages.parts.data.upload import read_again

SHOWN_FINDING = "shown finding"  # in the session: the finding whose samples are shown
EACH = 8  # images per row of evidence
HEAD = 7  # rows of a table that are shown
NO_BAR = {"displayModeBar": False, "staticPlot": True}


def show_samples(draft: Experiment, data: Samples) -> None:
    """Draw the samples: images by class, points, or the first rows of a table."""
    if selected_finding := find_shown(draft):
        show_evidence(selected_finding, data)
    elif len(data.shape) == 3:
        show_images(draft, data)
    else:
        show_rows(draft, data)


def find_shown(draft: Experiment) -> Finding | None:
    """Return the finding whose samples are to be shown, if it belongs to this dataset."""
    digest, _, code = session.get_ui(SHOWN_FINDING).partition(" ")
    if not code or digest != getattr(draft.data, "digest", ""):
        return None
    about = Library(runner.current().store.home).about(digest)
    return next((f for f in about.findings if f.code == code and f.rows), None)


def show_evidence(found: Finding, data: Samples) -> None:
    """Draw the samples of a finding with their labels."""
    with card_title("Samples of this finding"):
        st.button(
            "Show all samples",
            icon=":material/arrow_back:",
            on_click=session.set_ui,
            args=(SHOWN_FINDING, ""),
        )
    st.markdown(f":small[{form.escape(found.text)}]")
    chosen = [row for row in found.rows if row < len(data)][: 3 * EACH]
    names = [
        data.classes[data.targets[r]] if data.classes else str(data.targets[r]) for r in chosen
    ]
    if len(data.shape) != 3:
        show_table(as_stored(pd.DataFrame(data.inputs[chosen]).assign(target=names, row=chosen)))
        return
    for start in range(0, len(chosen), EACH):
        part = chosen[start : start + EACH]
        figure = side_by_side(
            [("", data.inputs[part])], names[start : start + EACH], mode=theme_mode()
        )
        alt = "Images with their labels"
        st.plotly_chart(figure, theme=None, config=NO_BAR, key=f"found {start}", alt=alt)


def show_images(draft: Experiment, data: Samples) -> None:
    """Draw some images of every class, with the number of images."""
    with card_title("Images by class" if data.classes else "Images"):
        if isinstance(draft.data, Spreadsheets):
            about = Library(runner.current().store.home).about(draft.data.digest)
            transposed = st.toggle(
                "Transpose images",
                about.reading.transpose,
                help="Swap rows and columns of every image.",
                key=f"transpose {about.digest}",
            )
            if transposed != about.reading.transpose:
                read_again(about, {"transpose": transposed})
        if button("Show other images", icon=":material/shuffle:"):
            session.set_ui("drawn", str(int(session.get_ui("drawn") or 0) + 1))
    figure = selected.wall(
        draft.data.model_dump_json(), int(session.get_ui("drawn") or 0), theme_mode()
    )
    alt = (
        f"{selected.IMAGES_EACH} images of each of {len(data.classes)} classes, with the number of "
        "images per class"
    )
    st.plotly_chart(figure, theme=None, config=NO_BAR, alt=alt, key="wall")
    if len(data.classes) > selected.ROWS:
        st.caption(f"The first {selected.ROWS} of {whole(len(data.classes))} classes are shown.")
    note_test_set(data)


def show_rows(draft: Experiment, data: Samples) -> None:
    """Draw points for rows of one or two numbers, else the first rows and the class balance."""
    choice, mode = draft.data.model_dump_json(), theme_mode()
    if len(data.shape) == 1 and data.shape[0] <= 2:
        card_title("Points")
        figure = selected.plane(choice, mode)
        st.plotly_chart(
            figure, theme=None, config={"displayModeBar": False}, key="plane", alt="The points"
        )
        return
    card_title("First rows")
    names = data.columns or tuple(f"x{i + 1}" for i in range(data.shape[0]))
    table = pd.DataFrame(data.inputs[:HEAD], columns=list(names))
    targets = data.targets[:HEAD].tolist()
    title = selected.target_title(choice) or "target"
    table.insert(0, title, [data.classes[t] if data.classes else t for t in targets])
    show_table(as_stored(table), height="content")
    st.plotly_chart(
        selected.balance(choice, mode),
        theme=None,
        config=NO_BAR,
        key="balance",
        alt="Number of rows per class" if data.classes else "Distribution of the values",
    )
    note_test_set(data)


def note_test_set(data: Samples) -> None:
    """State that the samples and counts above leave out the test set, where there is one."""
    if data.has_test:
        tests = counted(len(data.test_targets), "sample")
        st.caption(f"Training and validation samples. The test set has {tests} more.")
