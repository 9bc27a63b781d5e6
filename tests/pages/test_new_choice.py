"""One class is one choice: an optimizer that only this test knows is in the menu, its help, its
widgets, the range check, JSON, the link and the command line, with no edit anywhere.
"""

import json
from typing import ClassVar, Literal

import pytest

from core.__main__ import main
from core.base.encoding import decode, encode, to_link
from core.base.errors import BadExperiment
from core.base.spec import Call, ranged
from core.experiment import Experiment
from core.jobs import runner
from core.optim.optimizers import Optimizer
from core.runs.store import Store
from tests.pages.shown import draft, texts, visit, well


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The home of this test's lab."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    yield Store(tmp_path)
    runner.current().close()


def train_page(experiment=None, **address):
    return visit("train", experiment, **address)


def menu(app):
    return next(w for w in [*app.selectbox, *app.get("button_group")] if w.label == "Optimizer")


def named(app, kind, label):
    return next(w for w in app.get(kind) if w.label == label)


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
        share: float = ranged(0.5, 0, below=1, help="Never all of it.")
        nesterov: bool = ranged(False, help="Looks ahead.")
        rule: Literal["plain", "mean"] = ranged("plain", help="What is taken.")

        def call(self) -> Call:
            return Call("torch.optim.SGD", {"lr": self.learning_rate, "momentum": self.memory})

    yield Sign
    del Optimizer.members["test_sign"]


def test_a_new_class_is_in_the_menu_with_its_help_and_a_widget_for_each_field(store, invented):
    app = train_page()
    menu(app).set_value("test_sign").run()
    assert draft(well(app)).optimizer == invented()
    chosen = menu(app.run())
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
        ("number_input", "Share", 1.0, "Share is 1, but it must be below 1"),
        ("text_input", "Floor", "0", "Floor is 0, but it must be above 0"),
        ("text_input", "Floor", "tiny", "Floor “tiny” is not a number"),
    ],
)
def test_its_ranges_are_kept_with_one_sentence(store, invented, kind, label, said, sentence):
    app = train_page(Experiment(optimizer=invented()))
    named(app, kind, label).set_value(said).run()
    assert draft(well(app)).optimizer == invented()
    (told, *_) = (text for text in texts(app) if sentence in text)
    assert "remains in use" in told


@pytest.mark.parametrize(("label", "said"), [("Memory μ", 1.5), ("Rounds", 0), ("Rounds", 10)])
def test_what_lies_beyond_its_range_is_said_with_the_range_and_what_stays(
    store, invented, label, said
):
    app = train_page(Experiment(optimizer=invented()))
    named(app, "number_input", label).set_value(said).run()
    assert draft(well(app)).optimizer == invented()
    (told, _) = (text for text in texts(app) if "but it must be" in text)
    assert "remains in use" in told and "Choose a value from " in told


def test_it_travels_as_json_and_as_the_link_that_the_page_shows(store, invented):
    mine = Experiment(name="Shared", optimizer=invented(memory=0.5))
    assert decode(Experiment, encode(mine)) == mine
    assert json.loads(encode(mine))["optimizer"]["kind"] == "test_sign"
    address = next(code.value for code in train_page(mine).code if "?e=" in code.value)
    assert address == f"?e={to_link(mine)}"
    assert draft(train_page(e=address.removeprefix("?e="))) == mine
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
    assert "Sign of the test" not in menu(train_page()).options
