"""What holds on every page: other people's words are no markup, looking changes nothing, a link is
answered at once, one bad folder spoils nothing, and nothing but plain values is kept.
"""

import pytest

from core.access.ownership import LAB
from core.base.encoding import encode, to_link
from core.base.numbers import percent
from core.experiment import Experiment, comparisons, shipped
from core.jobs import runner
from core.jobs.lane import Lane
from core.jobs.tasks import Tasks
from core.losses import Loss
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import Optimizer
from core.optim.schedules import Schedule
from core.runs.store import EVENTS, EXPERIMENT, Store
from core.studies import trainer
from pages.kit import address
from pages.kit.site import PAGES
from tests.conftest import ended, script, write
from tests.pages.shown import draft, texts, visit, well

NASTY = "**x** <b> $y$ ![a](b)"
MARKS = (b"**x**", b" <b>", b"$y$", b"![a](b)")
AS_IT_IS = {"text_input", "dataframe", "bidi_component"}  # these show text, never Markdown
TINY = Experiment(name="Tiny", network=SoftmaxRegression().layers((1, 8, 8)), epochs=2)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The home of this test's lab; runs and tasks wait for ever."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(Tasks, "_work", lambda *_: None)
    yield Store(tmp_path)
    runner.current().close()


def turn(app, page, **address):
    app.query_params.update(address)
    return well(app.switch_page(f"{page}.py").run())


def menu(app, label):
    return next(w for w in [*app.selectbox, *app.get("button_group")] if w.label == label)


# --- every choice, every page


@pytest.mark.parametrize("family", [Optimizer, Schedule, Loss], ids=lambda f: f.family)
def test_every_choice_that_the_page_offers_reaches_the_draft_and_back(store, family):
    label, field = family.family.capitalize(), family.family
    app = visit("train")
    first = getattr(draft(app), field).kind
    for kind in [*(k for k in family.members if k != first), first]:
        menu(app, label).set_value(kind).run()
        wanted = {field: family.pick(kind)}
        assert draft(well(app)) == shipped()["digits"].model_copy(update=wanted)
    assert not app.error


TOGETHER = {name for names in comparisons().values() for name in names}


EDITING = ("data", "network", "train")  # the pages with widgets of the draft


@pytest.mark.parametrize("name", sorted({*shipped()} - TOGETHER | {"by-heart-4-shift"}))
def test_looking_at_the_pages_changes_no_shipped_experiment(store, name, monkeypatch):
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    first, *others = PAGES if name == "digits" else EDITING
    app = visit(first, shipped()[name])
    for page in others:
        assert draft(turn(app, page)) == shipped()[name], page
    assert store.ids() == []


def test_a_trained_run_is_told_alike_on_start_runs_and_watch(store):
    run = store.create(encode(TINY))
    end = trainer.execute(store, run)
    score = f"error {percent(1 - end.test['accuracy'])}"  # one form on all pages
    assert any(score in text for text in texts(visit()))
    (row,) = visit("runs").dataframe[0].value.to_dict("records")
    assert row["Name"] == "Tiny" and row["Best epoch"] == end.best_epoch
    assert row["Test"] == pytest.approx(1 - end.test["accuracy"])
    shown = {m.label: m.value for m in visit("watch").metric}
    tile = float(shown["Test error"].removesuffix("\u202f%"))  # with the digits of the headline
    assert tile == pytest.approx(100 * (1 - end.test["accuracy"]), abs=0.05)


@pytest.fixture
def nasty(store):
    """A run that is done, one that failed and one that waits, all with markup in their words."""
    text = encode(Experiment(name=NASTY))
    done, failed = store.create(text), store.create(text)
    write(store, done, [*script(), ended()])
    write(store, failed, [*script()[:1], ended("failed", f"No {NASTY} here.")])
    return [done, failed, runner.current().submit(text, by=LAB)]


@pytest.mark.parametrize("page", PAGES)
def test_other_peoples_words_reach_no_page_as_markup(store, nasty, page):
    for run in nasty if page == "watch" else [""]:
        app = visit(page, Experiment(name=NASTY), **({"run": run} if run else {}))
        drawn = [e for e in app._tree if getattr(e, "proto", None) is not None]
        assert len(drawn) > 10
        for element in drawn:
            told = element.proto.SerializeToString()
            found = [mark for mark in MARKS if mark in told]
            assert not found or element.type in AS_IT_IS, (element.type, found)


# --- the address


def test_the_address_names_the_run_that_is_watched(store, nasty):
    other = store.create(encode(TINY))
    write(store, other, [*script(), ended()])
    assert any("Tiny" in text for text in texts(visit("watch", run=other)))
    shown = texts(visit("watch", run=nasty[0]))
    assert any(text.startswith(NASTY[:5]) for text in shown)


@pytest.mark.parametrize("said", ["nobody", "../../etc", NASTY, "20260101-000000-abcdef"])
def test_a_run_that_is_not_here_is_said_without_its_name(store, said):
    run = store.create(encode(TINY))
    write(store, run, [*script(), ended()])
    app = visit("watch", run=said)
    assert any("Run not found" in text for text in texts(app))
    assert not any("Tiny" in text or "etc" in text for text in texts(app))


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_link_is_one_sentence_on_the_page_that_it_opens(store, page):
    app = None
    for token in ("%%%", to_link(TINY)[:-9], NASTY):  # odd, cut, and with markup
        app = turn(app, page, e=token) if app else visit(page, e=token)
        (said,) = (info.value for info in app.info)
        assert said.endswith(".") and not any(mark.decode() in said for mark in MARKS)
        assert draft(app) == shipped()["digits"]


@pytest.mark.parametrize("page", PAGES)
def test_an_opened_link_is_said_at_once_and_once(store, page):
    app = visit(page, e=to_link(TINY))
    assert texts(app).count(address.LINK_OPEN) == len(app.info) == 1
    assert draft(app) == TINY and not well(app.run()).info


def plain(value):
    """Whether it is made of what JSON knows."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (str, int, float, bool)


def test_the_session_keeps_strings_and_numbers_and_widgets_plain_values(store, nasty):
    app = visit(e=to_link(TINY))
    owned = set()  # widgets keep their values on other pages, where they are not drawn
    for page in PAGES:
        turn(app, page)
        kept = app.session_state.to_dict()
        owned |= {getattr(e, "key", None) for e in app._tree}
        for name, value in kept.items():
            own = name in ("draft", "shared", "notice", "undo", "redo") or name.startswith("kept ")
            wanted = (str,) if own else (str, int, float, bool)
            assert type(value) in wanted or (name in owned and plain(value)), (page, name)
    assert {"draft", "shared"} <= set(kept)


# --- a folder that cannot be read


def old(store):
    return store.create('{"field of another version": 1}')


def without_experiment(store):
    run = store.create(encode(TINY))
    store.path(run, EXPERIMENT).unlink()
    return run


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("broken", [old, without_experiment])
def test_one_run_that_cannot_be_read_takes_no_page_with_it(store, broken, page):
    run = broken(store)
    write(store, store.create(encode(TINY)), [*script(), ended()])
    app = visit(page, **({"run": run} if page == "watch" else {}))
    assert next(b for b in app.button if b.key == "bar_start").label == "Start"
    if page == "runs":
        assert list(app.dataframe[0].value["Name"]) == ["Tiny"]
    if page == "start":
        assert [b.key for b in app.button if (b.key or "").startswith("go ")] != []


@pytest.mark.parametrize("page", ["start", "runs", "watch"])
def test_a_run_that_is_being_deleted_takes_no_page_with_it(store, page):
    run = store.create(encode(TINY))
    store.path(run, EVENTS).unlink()  # rmtree takes one file after the other
    app = visit(page, **({"run": run} if page == "watch" else {}))
    assert next(b for b in app.button if b.key == "bar_start").label == "Start"
    assert not app.metric and not app.dataframe
    assert any("Run not found" in text for text in texts(app)) == (page == "watch")
