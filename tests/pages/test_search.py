"""The Search page in each of its states, without a browser and without training: the draft search,
a search that is running, done, stopped, failed or damaged, and what can be done with its trials.
"""

import json
from dataclasses import replace

import pytest

from core.access import ownership
from core.base.encoding import decode, encode
from core.base.errors import NotAllowed
from core.base.events import Ended, to_json
from core.experiment import Experiment, shipped
from core.jobs import runner, tasks
from core.jobs.kinds import KINDS, SEARCH
from core.jobs.lane import Lane
from core.runs.store import Store
from core.studies.places import ray_nodes
from core.studies.search.answer import winner
from core.studies.search.dimensions import default_space
from core.studies.search.folder import Searches
from core.studies.search.importance import importances
from core.studies.search.pruning import NoPruning
from core.studies.search.ranges import LogRange, OneMinusLogRange
from core.studies.search.records import TrialStarted, to_line
from core.studies.search.search import Search
from core.studies.search.strategies import ManyStarts, RandomSearch
from pages.kit import cluster_card, search_draft, session
from pages.kit.job_lines import LINES
from pages.parts.search import drafts, settings_importance
from pages.parts.search.space import rescaled
from tests.conftest import script, write
from tests.core.figures.search.made_up import DONE, events, made_up_trials, search, store_search
from tests.pages.shown import draft, press, texts, visit, well, written

RATE = "optimizer.learning_rate"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The searches of this test's lab, where nothing is ever computed."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LIVE", "poll")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    yield Searches(tmp_path)
    tasks.current(tmp_path).close()
    runner.current().close()


def draft_search(app) -> Search:
    return decode(Search, app.session_state["kept search"])


def finished(store, **fields):
    """A finished search of the made-up trials."""
    made = search(**fields)
    return store_search(store.home, made, events(made), DONE)


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def lit(app):
    """The number of trials that the parallel coordinates light up, and of the others."""
    chart = next(c for c in charts(app) if c["layout"].get("dragmode") == "select")
    numbers = {t["name"]: {n for n in t["customdata"] if n is not None} for t in chart["data"]}
    pale = numbers.pop("Outside the ranges", set())
    return sum(map(len, numbers.values())), len(pale)


def widget(app, kind, ending):
    """The widget of this kind whose key ends so; the keys begin with a count."""
    return next(w for w in app.get(kind) if (w.key or "").endswith(ending))


# --- the draft search


def test_every_kind_of_job_has_a_line_in_the_bar():
    assert set(LINES) == set(KINDS)


def test_the_usual_settings_are_ticked_in_the_order_of_importance(store):
    app = visit("search")
    experiment = shipped()["digits"]
    ticked = [box.key.rpartition(" ")[2] for box in app.checkbox if box.value]
    assert ticked == [dimension.path for dimension in default_space(experiment)]
    assert len(charts(app)) == 1  # what to expect
    assert not app.button(key="bar_start").disabled


def test_start_queues_the_search_of_the_draft_and_the_address_names_it(store):
    app = press(visit("search"), "bar_start")
    (search_id,) = store.ids()
    assert runner.current().live(SEARCH) == [search_id]
    assert app.query_params["search"] == search_id
    assert store.search(search_id).base == shipped()["digits"]
    assert app.button(key="bar_start").disabled and app.button(key="act_Stop")


def test_ranges_scales_and_ticks_change_the_draft_search(store):
    app = visit("search")
    well(widget(app, "checkbox", "tick dropout").check().run())
    well(widget(app, "text_input", f"{RATE} log low").set_value("1e-3").run())
    well(widget(app, "text_input", f"{RATE} log high").set_value("0,5").run())
    space = draft_search(app).dimensions
    assert (space[RATE].low, space[RATE].high) == (1e-3, 0.5)
    assert "dropout" in space
    well(widget(app, "checkbox", "tick width").uncheck().run())
    well(widget(app, "selectbox", f"{RATE} scale").set_value("linear").run())
    space = draft_search(app).dimensions
    assert "width" not in space and space[RATE].kind == "uniform"


def test_entries_of_one_message_all_count(store):
    app = visit("search")
    widget(app, "text_input", f"{RATE} log low").set_value("1e-3")
    widget(app, "text_input", "batch_size whole high").set_value("64")
    widget(app, "number_input", "Search.trials").set_value(50)
    well(app.run())
    made = draft_search(app)
    assert made.dimensions[RATE].low == 1e-3 and made.dimensions["batch_size"].high == 64
    assert made.trials == 50 and made.pruning.kind == "hyperband"


def test_the_echo_of_a_replaced_field_does_not_undo_what_replaced_it(monkeypatch):
    """The browser sends what former fields hold until the page is complete. An entry counts."""
    monkeypatch.setattr(session, "get_ui", lambda name: {search_draft.ROUND: "1"}[name])
    monkeypatch.setattr(session, "widget_value", {"search 0 low": "1e-5", "search 1 low": "1"}.get)
    assert drafts.entry("search 0 low", drawn="1e-5") is None
    assert drafts.entry("search 0 low", drawn="1e-3") == "1e-5"
    assert drafts.entry("search 1 low", drawn="1") == "1"


@pytest.mark.parametrize("entry", ["abc", "-1", "20"])
def test_an_invalid_end_of_a_range_is_refused_and_start_waits(store, entry):
    app = visit("search")
    well(widget(app, "text_input", f"{RATE} log low").set_value(entry).run())
    assert app.button(key="bar_start").disabled
    well(widget(app, "text_input", f"{RATE} log low").set_value("1e-3").run())
    assert not app.button(key="bar_start").disabled


def test_the_last_setting_cannot_be_removed_and_the_page_shows_why(store):
    app = visit("search")
    for dimension in default_space(shipped()["digits"]):
        well(widget(app, "checkbox", f"tick {dimension.path}").uncheck().run())
    assert len(draft_search(app).space) == 1
    assert any("varies nothing" in text for text in texts(app))


def test_strategies_change_what_they_need(store):
    app = visit("search")
    well(widget(app, "selectbox", " strategy").set_value("many_starts").run())
    assert draft_search(app).space == () and not app.checkbox
    well(widget(app, "selectbox", " strategy").set_value("random").run())
    made = draft_search(app)
    assert isinstance(made.strategy, RandomSearch) and made.space
    well(widget(app, "selectbox", " against").set_value("parameters").run())
    assert isinstance(draft_search(app).pruning, NoPruning)
    well(widget(app, "number_input", " budget").set_value(5.0).run())
    assert draft_search(app).seconds == 300


def test_the_labels_of_menus_do_not_change_while_something_else_does(store):
    app = visit("search")
    before = widget(app, "selectbox", " strategy").options
    well(widget(app, "number_input", "Search.trials").set_value(12).run())
    assert widget(app, "selectbox", " strategy").options == before
    made = search()
    running, over = (events(made, finalists=0, running=k) for k in (2, 0))
    ids = [store_search(store.home, made, found) for found in (running, over)]
    menus = [visit("search", search=i).selectbox(key=f"search_trial {i}").options for i in ids]
    assert sorted(menus[0]) == sorted(menus[1])


def test_the_search_follows_the_draft_experiment(store):
    app = visit("search")
    well(widget(app, "text_input", f"{RATE} log low").set_value("1e-3").run())
    app.session_state["draft"] = encode(shipped()["by-heart-4-shift"])
    well(app.run())
    press(app, "bar_start")
    (search_id,) = store.ids()
    made = store.search(search_id)
    assert made.base == shipped()["by-heart-4-shift"] and made.dimensions[RATE].low == 1e-3


def test_every_scale_can_follow_every_other_one():
    first = LogRange(path=RATE, low=1e-5, high=10)
    for scale in ("linear", "one_minus_log", "log"):
        first = rescaled(first, scale)
        assert first.low < first.high
    decay = OneMinusLogRange(path="optimizer.beta1", low=0.9, high=0.999)
    assert rescaled(rescaled(decay, "log"), "one_minus_log") == decay


# --- a search on disk


def test_a_finished_search_shows_its_winner_and_all_charts(store):
    search_id = finished(store)
    app = visit("search", search=search_id)
    for task in list(settings_importance.results.tasks.values()):  # the importance
        tasks.current(store.home).wait(task)
    well(app.run())
    assert settings_importance.latest[search_id] == importances(search(), store.trials(search_id))
    assert any(text.startswith("### The settings of trial") for text in texts(app))
    assert len(charts(app)) == 4
    assert len(app.dataframe[0].value) == 22
    assert app.button(key="bar_start").disabled


def test_the_pareto_front_of_two_goals_is_shown(store):
    search_id = finished(store, against="parameters", pruning=NoPruning())
    names = [trace.get("name") for chart in charts(visit("search", search=search_id))
             for trace in chart["data"]]  # fmt: skip
    assert "Pareto front" in names


def test_a_brushed_range_lights_up_its_trials_and_narrows_the_space(store):
    app = visit("search", search=finished(store))
    assert app.button(key="search_narrow").disabled
    ranges = next(s for s in app.get("select_slider") if s.key.endswith(RATE))
    well(ranges.set_range(1e-3, 0.1).run())
    inside, outside = lit(app)
    assert inside and outside and inside + outside == 14
    press(app, "search_narrow")
    narrow = draft_search(app).dimensions[RATE]
    assert (narrow.low, narrow.high) == pytest.approx((1e-3, 0.1))
    assert not app.query_params.get("search") and not app.button(key="bar_start").disabled


def test_a_range_that_a_box_has_set_is_not_undone_by_the_former_field(store):
    """The browser sends what the fields of the former ranges hold until the page is complete."""
    search_id = finished(store)
    app = visit("search", search=search_id)
    widget(app, "select_slider", RATE).set_range(1e-3, 1.0)
    brushed = {"search": search_id, "ranges": {RATE: [1e-3, 0.1]}, "round": 1}
    app.session_state["kept search brush"] = json.dumps(brushed)
    well(app.run())
    press(app, "search_narrow")
    assert draft_search(app).dimensions[RATE].high == pytest.approx(0.1)


def test_the_best_settings_become_the_draft_and_undo_brings_it_back(store):
    search_id = finished(store)
    app = visit("search", Experiment(name="Mine"), search=search_id)
    press(app, "search_use")
    best = min(
        (t for t in store.trials(search_id) if t.stage == "search" and t.is_complete),
        key=lambda trial: trial.value,
    )
    assert draft(app).optimizer.learning_rate == best.values[RATE]
    assert draft(app).batch_size == best.values["batch_size"]
    press(app, "Undo")
    assert draft(app).name == "Mine"


def with_a_run(store, number=0):
    """A search in progress, and the run of this trial, which was trained to its end."""
    made = search()
    search_id = store_search(store.home, made)
    runs = store.runs(search_id)
    found = [*events(made)]
    first = next(e for e in found if isinstance(e, TrialStarted) and e.number == number)
    run = runs.create(encode(made.experiment(first.values)))
    write(runs, run, script())
    for event in found:
        store.append(search_id, to_line(replace(first, run=run) if event is first else event))
    return search_id, first, run


def test_a_trial_is_kept_as_a_run_and_opened(store):
    search_id, first, run = with_a_run(store)
    app = visit("search", search=search_id)
    well(app.selectbox(key=f"search_trial {search_id}").set_value(first.number).run())
    press(app, "search_open")
    assert Store(store.home).ids() == [run] and app.query_params["run"] == run


def test_the_best_trial_is_forked_at_its_best_epoch(store):
    best = winner(search(), made_up_trials(search())).number
    search_id, first, run = with_a_run(store, best)
    store.append(search_id, to_json(DONE))
    store.runs(search_id).append(run, to_json(Ended("epochs", "", 60, 3, best_epoch=2)))
    app = press(visit("search", search=search_id), "search_fork")
    assert Store(store.home).ids() == [run]
    fork = draft(app).fork
    assert (fork.run, fork.epoch) == (run, 2)
    assert draft(app).optimizer.learning_rate == pytest.approx(first.values[RATE])


@pytest.mark.parametrize("me", ["0" * 16, ownership.TEACHER])
def test_in_a_class_only_its_owner_and_the_teacher_stop_a_search(store, monkeypatch, me):
    monkeypatch.setenv("LAB_MODE", "class")
    lab = runner.current()
    owner = "1" * 16
    search_id = lab.submit(encode(search()), by=owner, kind=SEARCH)
    if me == ownership.TEACHER:
        lab.stop(search_id, by=me)
        assert lab.status(search_id) == "stopped"
    else:
        with pytest.raises(NotAllowed):
            lab.stop(search_id, by=me)
        assert lab.live(SEARCH) == [search_id]


def test_a_running_search_shows_its_progress_and_ends_one_trial_by_hand(store):
    made = search()
    search_id = runner.current().submit(encode(made), by="lab", kind=SEARCH)
    found = runner.current()._find(search_id)
    found.at_work = True
    for event in events(made, finalists=0, running=2):
        store.append(search_id, to_line(event))
    app = visit("search", search=search_id)
    assert any("14 of 16 trials" in text and "2 running" in text for text in texts(app))
    assert any("14 of 16 trials" in bar.proto.text for bar in visit().get("progress"))
    press(app, "search_stop_trial")
    assert found.control.pruned == {14}
    press(app, "act_pause")
    assert runner.current().status(search_id) == "paused"


@pytest.mark.parametrize("reason", ["stopped", "failed"])
def test_an_incomplete_search_can_be_resumed(store, reason):
    made = search()
    end = Ended(reason, "The disk is full.", 8, 0)
    search_id = store_search(store.home, made, events(made, 8, finalists=0), end)
    app = visit("search", search=search_id)
    press(app, f"resume {search_id}")
    assert runner.current().live(SEARCH) == [search_id]


def test_a_damaged_or_missing_search_is_a_sentence_with_a_way_out(store):
    search_id = finished(store)
    good = finished(store, name="Good")
    store.path(search_id, "search.json").write_text('{"base": 3}')
    app = visit("search", search=search_id)
    assert any("damaged" in text for text in texts(app))
    for missing in ("20260101-000000-abcdef", "../../etc"):
        app = visit("search", search=missing)
        assert any("was not found" in text for text in texts(app))
        assert not app.query_params.get("search")
    press(app, f"open {good}")
    assert app.query_params["search"] == good


def test_a_search_of_another_version_is_not_shown_as_another_one(store):
    search_id = finished(store)
    path = store.path(search_id, "trials.jsonl")
    path.write_text(path.read_text() + '{"event": "TrialMoved"}\nno JSON\n')
    assert visit("search", search=search_id).dataframe


def test_many_starts_show_no_charts_of_settings(store):
    made = Search(base=shipped()["digits"], strategy=ManyStarts(), trials=16)
    trials = events(search(), finalists=0)
    for event in trials:
        if hasattr(event, "values"):
            event.values.clear()
    app = visit("search", search=store_search(store.home, made, trials, DONE))
    assert len(charts(app)) == 1


def test_the_cluster_of_the_lab_has_a_card_with_its_nodes_or_the_problem(store, monkeypatch):
    address = "127.0.0.1:1"  # where nothing listens
    monkeypatch.setattr(cluster_card, "latest", {})
    assert not any("Cluster" in each.value for each in visit("search").subheader)
    monkeypatch.setenv("LAB_RAY", address)
    app = visit("search")
    assert any("Cluster" in each.value for each in app.subheader)
    for task in list(cluster_card.results.tasks.values()):
        tasks.current(store.home).wait(task)
    well(app.run())
    assert cluster_card.latest[address]["problem"]
    node = ray_nodes.ClusterNode("1", "first", "10.0.0.1", 8, 2, 1, 0, 2e9, {"search x": 2})
    rows = ray_nodes.rows([node])
    cluster_card.latest[address] = {"summary": "1 node", "rows": rows, "differences": []}
    monkeypatch.setattr(cluster_card.results, "find", lambda text: None)
    well(app.run())
    assert any(written(t).values.tolist() == [list(rows[0].values())] for t in app.dataframe)
