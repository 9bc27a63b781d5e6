"""What holds on every page: a class that a test invents is everywhere, other people's words are no
markup, looking changes nothing, and nothing but plain values is kept.
"""

import json
from typing import ClassVar, Literal

import pytest
from streamlit.testing.v1 import AppTest

from core import runner
from core.__main__ import main
from core.encoding import decode, encode, to_link
from core.errors import BadExperiment
from core.experiment import Experiment, shipped
from core.losses import Loss
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import Optimizer
from core.optim.schedules import Schedule
from core.runner import Runner
from core.spec import Call, ranged
from core.store import EVENTS, EXPERIMENT, Store
from tests.conftest import ROOT, ended, script, write

PAGES = ("start", "data", "network", "train", "watch", "runs")
NASTY = "**x** <b> $y$ ![a](b)"
MARKS = (b"**x**", b" <b>", b"$y$", b"![a](b)")
AS_IT_IS = {"text_input", "dataframe", "bidi_component"}  # these show text, never Markdown
TINY = Experiment(name="Tiny", network=SoftmaxRegression().layers((1, 8, 8)), epochs=2)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The home of this test's lab; what is queued waits for ever."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Runner, "_work", lambda self: None)
    yield Store(tmp_path)
    runner.current().close()


def lab(page="start", experiment=None, **address):
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    if experiment:
        app.session_state["draft"] = encode(experiment)
    app.run()
    return turn(app, page, **address)


def turn(app, page, **address):
    app.query_params.update(address)
    return well(app.switch_page(f"{page}.py").run())


def well(app):
    assert not app.exception, app.exception
    return app


def draft(app):
    return decode(Experiment, app.session_state["draft"])


def menu(app, label):
    return next(w for w in [*app.selectbox, *app.get("button_group")] if w.label == label)


def named(app, kind, label):
    return next(w for w in app.get(kind) if w.label == label)


def texts(app):
    return [e.value.replace("\\", "") for e in [*app.markdown, *app.caption, *app.info]]


# --- one class is one choice, everywhere


@pytest.fixture
def invented():
    """An optimizer that no file of the lab knows, with a field of every type."""

    class Sign(Optimizer):
        """The sign of a momentum, nothing else."""

        kind: Literal["test_sign"] = "test_sign"
        label: ClassVar[str] = "Sign of the test"
        formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\,\mathrm{sign}(m)"
        source: ClassVar[str] = "A. Test 2026"
        memory: float = ranged(0.9, 0, 1, symbol="μ", help="How much of the old stays.")
        floor: float = ranged(1e-8, above=0, high=1, log=True, help="Keeps it finite.")
        rounds: int = ranged(3, 1, 9, help="How often.")
        nesterov: bool = ranged(False, help="Looks ahead.")
        rule: Literal["plain", "mean"] = ranged("plain", help="What is taken.")

        def call(self) -> Call:
            return Call("torch.optim.SGD", {"lr": self.learning_rate, "momentum": self.memory})

    yield Sign
    del Optimizer.members["test_sign"]


def test_a_new_class_is_in_the_menu_with_its_help_and_a_widget_for_each_field(store, invented):
    app = lab("train")
    menu(app, "Optimizer").set_value("test_sign").run()
    assert draft(well(app)).optimizer == invented()
    chosen = menu(app.run(), "Optimizer")
    for part in ("Sign of the test", "The sign of a momentum", invented.formula, "A. Test 2026"):
        assert part in chosen.help
    assert named(app, "number_input", "Memory μ").help == "How much of the old stays. From 0 to 1."
    named(app, "number_input", "Memory μ").set_value(0.25)
    named(app, "text_input", "Floor").set_value("0,001")
    named(app, "number_input", "Rounds").set_value(7)
    named(app, "toggle", "Nesterov").set_value(True)
    named(app, "button_group", "Rule").set_value("mean").run()
    wanted = {"memory": 0.25, "floor": 1e-3, "rounds": 7, "nesterov": True, "rule": "mean"}
    assert draft(well(app)).optimizer == invented(**wanted)


@pytest.mark.parametrize(
    ("kind", "label", "said", "sentence"),
    [
        ("number_input", "Memory μ", 1.5, "Memory is 1.5, but it must be at most 1.0"),
        ("number_input", "Rounds", 0, "Rounds is 0, but it must be at least 1"),
        ("text_input", "Floor", "0", "Floor is 0.0, but it must be above 0"),
        ("text_input", "Floor", "tiny", "Floor “tiny” is no number"),
    ],
)
def test_its_ranges_are_kept_with_one_sentence(store, invented, kind, label, said, sentence):
    app = lab("train", Experiment(optimizer=invented()))
    named(app, kind, label).set_value(said).run()
    assert draft(well(app)).optimizer == invented()
    (told,) = (text for text in texts(app) if sentence in text)
    assert "stays." in told


def test_it_travels_as_json_and_as_the_link_that_the_page_shows(store, invented):
    mine = Experiment(name="Shared", optimizer=invented(memory=0.5))
    assert decode(Experiment, encode(mine)) == mine
    assert json.loads(encode(mine))["optimizer"]["kind"] == "test_sign"
    address = lab("train", mine).code[0].value
    assert address == f"?e={to_link(mine)}"
    assert draft(lab("train", e=address.removeprefix("?e="))) == mine
    with pytest.raises(BadExperiment, match=r"optimizer.memory is 7.* at most 1"):
        decode(Experiment, encode(mine).replace('"memory":0.5', '"memory":7'))


def test_the_command_line_lists_it_trains_it_and_keeps_its_range(store, invented, capsys):
    assert main(["presets", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["families"]["optimizer"]["test_sign"]
    assert listed["label"] == "Sign of the test" and listed["fields"]["rounds"] == 3
    short = ["train", "digits", "--epochs", "1", "--device", "cpu", "--json"]
    assert main([*short, "--set", "optimizer=test_sign"]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert decode(Experiment, store.experiment(run)).optimizer == invented()
    assert main([*short, "--set", "optimizer=test_sign", "--set", "optimizer.rounds=99"]) == 2
    assert "optimizer.rounds is 99, but it must be at most 9" in capsys.readouterr().err
    assert store.ids() == [run]


def test_no_trace_of_it_is_left(store):
    assert "test_sign" not in Optimizer.members
    assert "Sign of the test" not in menu(lab("train"), "Optimizer").options


# --- every choice, every page


@pytest.mark.parametrize("family", [Optimizer, Schedule, Loss], ids=lambda f: f.family)
def test_every_choice_that_the_page_offers_reaches_the_draft_and_back(store, family):
    label, field = family.family.capitalize(), family.family
    app = lab("train")
    first = getattr(draft(app), field).kind
    for kind in [*(k for k in family.members if k != first), first]:
        menu(app, label).set_value(kind).run()
        assert getattr(draft(well(app)), field).kind == kind
    assert not app.error


@pytest.mark.parametrize("name", shipped())
def test_looking_at_every_page_changes_no_shipped_experiment(store, name, monkeypatch):
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    app = lab(experiment=shipped()[name])
    for page in PAGES:
        assert draft(turn(app, page)) == shipped()[name], page
    assert store.ids() == []


def test_a_trained_run_is_told_alike_on_start_runs_and_watch(store):
    run = store.create(encode(TINY))
    end = runner.execute(store, run)
    right = f"{100 * end.test['accuracy']:.0f}\u202f% right"
    assert any(right in text for text in texts(lab()))
    (row,) = lab("runs").dataframe[0].value.to_dict("records")
    assert row["Name"] == "Tiny" and row["Best epoch"] == end.best_epoch
    assert row["Test error"] == pytest.approx(100 * (1 - end.test["accuracy"]))
    shown = {m.label: m.value for m in lab("watch").metric}
    assert shown["Test error"] == f"{100 * (1 - end.test['accuracy']):.0f}\u202f%"


@pytest.fixture
def nasty(store):
    """A run that is done, one that failed and one that waits, all with markup in their words."""
    text = encode(Experiment(name=NASTY))
    done, failed = store.create(text), store.create(text)
    write(store, done, [*script(), ended()])
    write(store, failed, [*script()[:1], ended("failed", f"No {NASTY} here.")])
    return [done, failed, runner.current().submit(text)]


@pytest.mark.parametrize("page", PAGES)
def test_other_peoples_words_reach_no_page_as_markup(store, nasty, page):
    for run in nasty if page == "watch" else [""]:
        app = lab(page, Experiment(name=NASTY), **({"run": run} if run else {}))
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
    assert any("Tiny" in text for text in texts(lab("watch", run=other)))
    shown = texts(lab("watch", run=nasty[0]))
    assert any(text.startswith(NASTY[:5]) for text in shown)


@pytest.mark.parametrize("said", ["nobody", "../../etc", NASTY, "20260101-000000-abcdef"])
def test_a_run_that_is_not_here_gives_way_to_one_that_is(store, said):
    run = store.create(encode(TINY))
    write(store, run, [*script(), ended()])
    app = lab("watch", run=said)
    assert any("Tiny" in text for text in texts(app))
    assert not any("etc" in text for text in texts(app))


@pytest.mark.parametrize("token", ["x", "%%%", to_link(TINY)[:-9], NASTY])
def test_a_broken_link_is_one_sentence_on_the_page_and_the_digits_stay(store, token):
    app = lab("train", e=token)
    (said,) = (info.value for info in app.info)
    assert said.endswith(".") and not any(mark.decode() in said for mark in MARKS)
    assert draft(app) == shipped()["digits"]


def plain(value):
    """Whether it is made of what JSON knows."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (str, int, float, bool)


def test_the_session_keeps_strings_and_numbers_and_widgets_plain_values(store, nasty):
    app = lab(e=to_link(TINY))
    for page in PAGES:
        turn(app, page)
        kept = app.session_state.to_dict()
        owned = {getattr(e, "key", None) for e in app._tree}
        for name, value in kept.items():
            own = name in ("draft", "shared", "notice", "undo", "redo") or name.startswith("kept ")
            wanted = (str,) if own else (str, int, float, bool)
            assert type(value) in wanted or (name in owned and plain(value)), (page, name)
    assert {"draft", "shared"} <= set(kept)


# --- a folder that cannot be read


def old(store):
    store.create('{"field of another version": 1}')


def without_experiment(store):
    run = store.create(encode(TINY))
    store.path(run, EXPERIMENT).unlink()


def without_events(store):
    run = store.create(encode(TINY))
    store.path(run, EVENTS).unlink()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("broken", [old, without_experiment, without_events])
def test_one_run_that_cannot_be_read_takes_no_page_with_it(store, broken, page):
    broken(store)
    write(store, store.create(encode(TINY)), [*script(), ended()])
    app = lab(page)
    assert next(b for b in app.button if b.key == "bar_start").label == "Start"
