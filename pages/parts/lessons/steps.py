"""The steps of the lesson in progress: question, answer, run, and explanation with its numbers."""

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.base.events import Ended
from core.base.numbers import short
from core.experiment import Experiment
from core.jobs import runner
from core.lessons.classroom import assigned_value
from core.lessons.lesson import Lesson
from core.lessons.measures import Numbers
from core.lessons.questions import ChoiceQuestion, SketchQuestion
from core.lessons.rehearsal import with_seed
from pages.kit import address, feed, person, session
from pages.kit import lesson as lessons
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.job_lines import describe_job
from pages.kit.layout import card_title, finding
from pages.kit.lesson import LessonAnswer
from pages.kit.screen import every
from pages.parts.lessons.glossary import show_terms
from pages.parts.lessons.sketch import ask_sketch, show_comparison

UNUSABLE = ("failed", "stopped")  # ends of a run that gives a lesson no numbers


def show_steps(lesson: Lesson) -> None:
    """Draw the steps up to the first one whose run is not finished."""
    answers, runs = lessons.answers(), []
    for index in range(len(lesson.steps)):
        given = answers[index] if index < len(answers) else None
        with st.container(border=True):
            numbers = show_step(lesson, index, given, runs)
        if numbers is None:
            break
        runs.append(numbers)
    else:
        show_end(lesson, runs, answers)


def show_step(
    lesson: Lesson, index: int, given: LessonAnswer | None, runs: list[Numbers]
) -> Numbers | None:
    """Draw one step. Return the numbers of its run once that is finished."""
    step, question = lesson.steps[index], lesson.steps[index].question
    card_title(f"Step {index + 1} of {len(lesson.steps)}: {escape(step.title)}")
    st.markdown(escape(step.text))
    show_terms(f"{step.title}. {step.text} {question.text}")
    if given is None:
        ask(lesson, index)
        return None
    st.markdown(f"**{escape(question.text)}**")
    st.markdown(f"Your answer: {escape(question.describe(given.answer))}")
    numbers, problem = read_run(lesson, index, given.run)
    if problem:
        chosen = choose_settings(lesson, index)
        if finding("warn", problem, "Train again", key=f"again {index}"):
            train(lesson, index, given.answer, chosen)
        return None
    if numbers is None:
        st.fragment(wait, run_every=every(1.5))(lesson, index, given.run)
        return None
    known = [*runs, numbers]
    if isinstance(question, SketchQuestion):
        show_comparison(question, given.answer, numbers, lesson.experiment(index).epochs, index)
    if question.is_right(given.answer, index, known):
        finding("ok", "**Correct.**")
    else:
        right = question.correct(index, known)
        finding("info", f"**Not what the run shows.** {escape(right)}")
    st.markdown(escape(lesson.explain(index, known)))
    if lesson.failed_claims(index, known):
        finding(
            "warn",
            "Your run differs from what the lesson expects, so the explanation may not fit. "
            "Other seeds or settings can cause this.",
        )
    watch_link(given.run)
    return numbers


def ask(lesson: Lesson, index: int) -> None:
    """Draw the question and the button that answers it and trains."""
    question, key = lesson.steps[index].question, f"lesson {index} {session.get_ui(session.LESSON)}"
    answer = ""
    if isinstance(question, ChoiceQuestion):
        options = [str(number) for number in range(len(question.options))]
        chosen = st.radio(
            escape(question.text), options, index=None, key=key,
            format_func=lambda number: escape(question.options[int(number)].text),
        )  # fmt: skip
        answer = chosen or ""
    elif isinstance(question, SketchQuestion):
        answer = ask_sketch(question, lesson.experiment(index).epochs, key)
    else:
        scale = 100 if question.measure.is_fraction else 1
        label = f"{escape(question.text)}{' (in %)' if scale == 100 else ''}"
        guess = st.number_input(label, value=None, key=key, width=420)
        answer = "" if guess is None else f"{guess / scale:.6g}"
    chosen = choose_settings(lesson, index)
    if button(
        "Submit answer and train", type="primary", icon=":material/play_arrow:",
        key=f"lesson_train {index}", disabled=not answer,
        help=None if answer else "Answer the question first.",
    ) and answer:  # fmt: skip
        train(lesson, index, answer, chosen)


def choose_settings(lesson: Lesson, index: int) -> dict[str, float]:
    """Draw the settings of a step that are not locked, and return their values by path. A value
    that the class assigns is only shown.
    """
    chosen: dict[str, float] = {}
    for setting in lesson.steps[index].settings:
        label = lesson.setting_label(index, setting)
        if setting.assigned and (number := lessons.member_number()):
            chosen[setting.path], _ = assigned_value(setting, number)
            st.markdown(f"Your value in this class: **{label} {short(chosen[setting.path])}**")
            continue
        default = setting.value_of(lesson.experiment(index))
        chosen[setting.path] = st.select_slider(
            label, setting.values, key=f"lesson {index} {setting.path}", format_func=short,
            value=default if default in setting.values else setting.values[0], width=420,
        )  # fmt: skip
    return chosen


def made_for(lesson: Lesson, index: int, chosen: dict[str, float]) -> Experiment:
    """Return what this browser trains: with another seed where its class has had the value."""
    experiment = lesson.experiment(index, chosen)
    assigned = [setting for setting in lesson.steps[index].settings if setting.assigned]
    number = lessons.member_number()
    if assigned and number:
        return with_seed(experiment, assigned_value(assigned[0], number)[1])
    return experiment


def train(lesson: Lesson, index: int, answer: str, chosen: dict[str, float]) -> None:
    """Queue the run of a step, store the answer, and open the run."""
    try:
        text = encode(made_for(lesson, index, chosen))
        run = runner.current().submit(text, by=person.me())
        lessons.put_answer(index, LessonAnswer(answer, run))
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    st.switch_page("watch.py", query_params=address.parameters(run=run))


def read_run(lesson: Lesson, index: int, run: str) -> tuple[Numbers | None, str]:
    """Return the numbers of the finished run of a step, None while it trains, and why it gives
    none.
    """
    lab = runner.current()
    try:
        with feed.tail(run).read() as history:
            ended: Ended | None = history.ended
            numbers = lesson.measure(index, history)
        if ended and ended.reason not in UNUSABLE:
            return numbers, ""
        if ended is None and lab.status(run).is_live:
            return None, ""
    except LabError:
        return None, "The run of this step was deleted."
    if ended and ended.reason == "failed":
        return None, f"The run of this step failed. {escape(ended.message)}"
    return None, "The run of this step was stopped before its end."


def wait(lesson: Lesson, index: int, run: str) -> None:
    """Draw the progress of a run, and the whole page again when it has ended."""
    numbers, problem = read_run(lesson, index, run)
    if numbers is not None or problem:
        st.rerun()
    try:
        fraction, text = describe_job("run", run)
    except LabError:
        st.rerun()
    st.progress(fraction, text=escape(text))
    watch_link(run)


def watch_link(run: str) -> None:
    """Draw the link to the curves of a run."""
    parameters = address.parameters(run=run)
    st.page_link("watch.py", label="Watch the run", icon=":material/monitoring:",
                 query_params=parameters)  # fmt: skip


def show_end(lesson: Lesson, runs: list[Numbers], answers: list[LessonAnswer]) -> None:
    """Draw how many answers were right, and the ways on."""
    right = sum(
        step.question.is_right(answers[index].answer, index, runs)
        for index, step in enumerate(lesson.steps)
    )
    with st.container(border=True):
        card_title("Lesson finished")
        st.markdown(f"{right} of {len(lesson.steps)} answers were correct.")
        if button("Choose another lesson", type="primary", key="lesson_next"):
            lessons.leave()
            st.rerun()
