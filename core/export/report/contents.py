"""What the report shows about one run: plain text, tables and charts. Knows no HTML.

Everything comes from the same functions as the page of the run, so that both show the same numbers.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from core import __version__
from core.advice.bias_variance import judge
from core.advice.not_learning import find_not_learning
from core.advice.result_sentence import ResultSentence, result_part, result_sentence
from core.advice.run_findings import list_findings
from core.advice.run_status import describe_end
from core.analysis import results
from core.analysis.catalogue import Baselines
from core.analysis.trained import TrainedRun
from core.analysis.verdict.baselines import best_baseline, is_quick
from core.base.errors import LabError
from core.base.finding import Finding
from core.base.numbers import duration, short, whole
from core.base.settings import settings
from core.base.text import clip, counted, format_shape
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.report.mistakes import MistakesSection, read_mistakes
from core.figures import baselines as baseline_rows
from core.figures import training as curves
from core.figures.static_svg import WIDTH, svg
from core.runs import notes
from core.runs.history import History
from core.runs.ids import created_at
from core.runs.lineage import effective_experiment
from core.runs.measured import NAMES, describe_rate, measure_parts
from core.runs.score import FORMS, name
from core.runs.state import RunState, stored_state
from core.runs.store import Store

ANALYZED = (RunState.DONE, RunState.STOPPED)  # with weights of a training that came to its end
HALF = 400  # units of the charts after the first one, two in a row
Row = Sequence[str]
Reading = Generator[tuple[float, str], None, "RunContents"]


@dataclass(frozen=True)
class Chart:
    """A chart with its title."""

    title: str
    svg: str


@dataclass(frozen=True)
class RunContents:
    """A run that has ended. `missing` explains why nothing was computed from its weights."""

    run: str
    name: str
    about: str
    state: RunState
    experiment: Experiment
    history: History
    facts: Sequence[Row]  # pairs of label and text
    ending: str
    result: ResultSentence | None
    scores: Sequence[Row]
    charts: Sequence[Chart]
    findings: Sequence[Finding]
    verdict: Finding | None
    note: str
    missing: str = ""
    baselines: Sequence[Row] = ()
    mistakes: MistakesSection = field(default_factory=MistakesSection)


def read_run(store: Store, run: str) -> Reading:
    """Return the contents for a run; yields the fraction done and what is being done. Analyses that
    take seconds are computed if they are missing.
    """
    yield 0.0, "Reading the run"
    experiment = effective_experiment(store, run)
    history = History(experiment.stopping, experiment.fork)
    history.add(store.read(run)[0])
    contents = _from_history(store, run, experiment, history)
    if contents.state not in ANALYZED:
        missing = f"This run {contents.state.label.lower()}, so its weights are not evaluated."
        return replace(contents, missing=missing)
    try:
        trained = TrainedRun(store, run)
        baselines = yield from _read_baselines(trained)
        mistakes = yield from read_mistakes(trained, start=0.5)
    except LabError as error:  # no weights, or the data is not on this disk
        return replace(contents, missing=str(error))
    parts = measure_parts(history)
    part = result_part(parts)
    if not baselines or part is None or not (best := best_baseline(baselines, part)):
        return replace(contents, mistakes=mistakes)
    form = settings().score
    rows = baseline_rows.rows(baselines, parts[part], part=part, form=form)
    percent = not baselines["regression"]
    texts = [(r.label, describe_rate(r.interval, percent=percent), r.settings) for r in rows]
    title = f"{NAMES[part].capitalize()} {name(form, regression=not percent)}"
    return replace(
        contents,
        baselines=[("Model", title, "Settings"), *texts],
        mistakes=mistakes,
        result=_result(store, run, history, experiment, trained.data.facts, baseline=best),
    )


def _read_baselines(trained: TrainedRun) -> Generator[tuple[float, str], None, results.Result]:
    """Return the baselines; none where they have not been computed and would take long."""
    if results.stored(trained.store, trained.run, Baselines()) is None and not is_quick(
        trained.data.shape, len(trained.setup.train)
    ):
        return {}
    return (yield from results.asking(trained, Baselines(), end=0.5))


def _from_history(store: Store, run: str, experiment: Experiment, history: History) -> RunContents:
    facts, state = data_facts(experiment, store), stored_state(store, run)
    classes = len(facts.classes) if facts else None
    written = notes.read(store, run)
    cause = find_not_learning(history, experiment, classes)
    verdict = judge(measure_parts(history), written.human_error)
    found = list_findings(history, experiment, classes=classes, form=settings().score)
    failed = history.ended and state in (RunState.DIVERGED, RunState.FAILED)
    return RunContents(
        run=run,
        name=experiment.title,
        about=experiment.about,
        state=state,
        experiment=experiment,
        history=history,
        facts=_facts(run, experiment, history, facts),
        ending=history.ended.message if failed else describe_end(history.ended),
        result=None if failed else _result(store, run, history, experiment, facts),
        scores=_scores(history),
        charts=_charts(history, experiment, values=classes == 0),
        findings=found,
        verdict=cause or (verdict.finding if verdict else None),
        note=written.note,
    )


def data_facts(experiment: Experiment, store: Store) -> Facts | None:
    """Return the facts of the dataset; None if it is not on this disk."""
    try:
        return experiment.data.facts(store.home)
    except LabError:
        return None


def _result(
    store: Store,
    run: str,
    history: History,
    experiment: Experiment,
    facts: Facts | None,
    baseline=None,
) -> ResultSentence | None:
    return result_sentence(
        history,
        experiment,
        classes=len(facts.classes) if facts else None,
        form=settings().score,
        human=notes.read(store, run).human_error,
        baseline=baseline,
    )


def _facts(
    run: str, experiment: Experiment, history: History, facts: Facts | None
) -> list[tuple[str, str]]:
    """The dataset, the network and how long the training took, as pairs of label and text."""
    started, rows = history.started, [("Data", experiment.data.summary)]
    if started:
        sizes = (f"{whole(n)} {NAMES.get(part, part)}" for part, n in started.sizes.items() if n)
        rows.append(("Samples", ", ".join(sizes)))
    if facts:
        kind = "Image" if facts.has_images else "Columns"
        rows.append((kind, format_shape(facts.shape)))
        if facts.classes:
            names = ", ".join(clip(name) for name in facts.classes[:12])
            more = ", …" if len(facts.classes) > 12 else ""
            rows.append((counted(len(facts.classes), "class").capitalize(), f"{names}{more}"))
    if started and started.common_class:
        share = started.common.get("train")
        often = f" ({short(100 * share, 3)} % of the training set)" if share else ""
        rows.append(("Most frequent class", f"{clip(started.common_class)}{often}"))
    if started:
        rows.append(("Parameters", whole(started.parameters)))
        rows.append(("Training time", f"{duration(history.seconds)} on {started.device}"))
    rows.append(("Started", f"{created_at(run):%d %B %Y, %H:%M} UTC"))
    rows.append(("Run", f"{run}, Descent Lab {__version__}"))
    return rows


def _scores(history: History) -> list[Row]:
    """The scores of each set with their intervals, under a head."""
    parts, form = measure_parts(history), settings().score
    if not parts:
        return []
    regression = next(iter(parts.values())).regression
    forms = list(FORMS) if regression else [form]
    labels = (name(f, regression=regression) for f in forms)
    return [
        ("Set", "Samples", *(f"{label[0].upper()}{label[1:]}" for label in labels)),
        *(
            (NAMES[part].capitalize(), whole(m.samples), *(m.describe(f) for f in forms))
            for part, m in parts.items()
        ),
    ]


def _charts(history: History, experiment: Experiment, *, values: bool) -> list[Chart]:
    """The loss, the score, and the gradient norm of each layer, by epoch."""
    if not history.step:
        return []
    form, loss = settings().score, experiment.loss.label.lower()
    drawn = [("Loss", curves.curve("light", against="epoch", unit=loss))]
    if history.epochs:
        label, measure, unit = (
            ("RMSE", "rmse", "RMSE, unit of the target") if values else (FORMS[form], form, form)
        )
        drawn.append((label, curves.curve("light", measure=measure, against="epoch", unit=unit)))
    if history.probes and history.layers:
        norms = curves.layer_norms("light", layers=history.layers, against="epoch")
        drawn.append(("Gradient norm of each layer", norms))
    return [
        Chart(title, svg(curves.drawn(figure, history), f"{title} by epoch", HALF if k else WIDTH))
        for k, (title, figure) in enumerate(drawn)
    ]
