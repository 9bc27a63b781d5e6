"""The editor of lessons: JSON with a live check, preview, download and link."""

import json

import streamlit as st

from core.base.errors import BadExperiment, LabError
from core.base.spec import Value
from core.base.text import counted, file_name
from core.lessons.lesson import Lesson
from core.lessons.library import read_lesson, shipped_lessons
from core.lessons.measures import MEASURES
from core.lessons.questions import SketchQuestion
from core.lessons.sketch import CurveFeature
from pages.kit import lesson as lessons
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.uploads import release

LARGEST = 1  # MB of an uploaded lesson
SKETCH = SketchQuestion(
    kind="sketch", text="Sketch the validation loss over the epochs.", curve="validation_loss",
    low=0, high=3, features=(CurveFeature.VALLEY,),
)  # fmt: skip


def upload() -> None:
    """Draw the field that opens the file of a lesson."""
    file = st.file_uploader(
        "Open the file of a lesson", type=["json"], max_upload_size=LARGEST, key="lesson_file"
    )
    if file is None:
        return
    content = file.getvalue()
    release([file])
    try:
        lesson = read_lesson(content)
    except BadExperiment as error:
        finding("bad", f"{escape(file.name[:80])}: {escape(str(error))}")
        return
    if button(f"Start “{escape(lesson.title)}”", type="primary", key="lesson_file_start"):
        open_lesson(lesson)


def editor() -> None:
    """Draw the text of a lesson with its check and what can be done with a valid one."""
    card_title("Write a lesson")
    st.caption(
        "Begin with an included lesson and change it. A number of a run is named "
        "final_validation_error for the same step, or 1.final_validation_error for step 1; in an "
        'explanation it is written in braces. A step with a list of pages, such as ["Concepts"], '
        "locks all others except Lessons and Watch. A question is a choice, a number or a sketch."
    )
    named = shipped_lessons()
    model = st.selectbox("Begin with", list(named), format_func=lambda name: named[name].title)
    text = st.text_area(
        "Lesson (JSON)", pretty(named[model]), height=420, key=f"lesson_text {model}",
        max_chars=200_000,
    )  # fmt: skip
    try:
        lesson = read_lesson(text)
    except BadExperiment as error:
        finding("bad", escape(str(error)))
        return
    finding("ok", f"Valid: {counted(len(lesson.steps), 'step')}.")
    with st.container(horizontal=True, gap="small"):
        if button("Preview lesson", type="primary", icon=":material/visibility:"):
            open_lesson(lesson)
        st.download_button(
            "Download lesson", pretty(lesson), f"{file_name(lesson.title)}.json",
            on_click="ignore", icon=":material/download:", key="lesson_download",
        )  # fmt: skip
        if button("Create link", icon=":material/link:"):
            share(lesson)
    with st.expander("Fields of a sketch"):
        st.markdown(
            "A sketch names its curve and the axis to draw on, in the unit of the curve. It is "
            "correct if of the listed features it has those that the curve of the run has."
        )
        st.code(pretty(SKETCH), language="json")
        st.table([{"Feature": each.value, "The curve": each.text()} for each in CurveFeature])
    with st.expander("Numbers of a run"):
        st.table([{"Name": name, "Meaning": each.label} for name, each in MEASURES.items()])


def pretty(lesson: Value) -> str:
    """Return a lesson or a part of one as indented JSON, without what has its default value."""
    data = lesson.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(data, indent=2, ensure_ascii=False)


def share(lesson: Lesson) -> None:
    """Store a lesson and show its address."""
    try:
        name = lessons.add(lesson)
    except LabError as error:
        finding("bad", escape(str(error)))
        return
    here = (st.context.url or "").partition("?")[0]
    st.code(f"{here}?lesson={name}", language=None, wrap_lines=True)


def open_lesson(lesson: Lesson) -> None:
    """Store a lesson and begin it."""
    try:
        lessons.begin(lessons.add(lesson))
    except LabError as error:
        finding("bad", escape(str(error)))
        return
    st.rerun()
