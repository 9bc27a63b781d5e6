"""The bottom bar and Watch where jobs stand in line: two devices at work, other people's jobs, a
paused run that gives way.
"""

import json

import pytest

from core.access import ownership
from core.base import device
from core.base.control import LEAVE, PAUSE
from core.base.encoding import encode
from core.base.events import Preempted, to_json
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import PATIENCE, Lane
from core.studies.study import Study
from pages.kit import own_queue, person
from tests.conftest import script, write
from tests.pages.shown import texts, visit

ANN, BEN = ownership.digest("ann"), ownership.digest("ben")
NOW = [1000.0]

FOUR = "4\u202fmin\u00a00\u202fs"


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A machine with one GPU, where Ann looks; nothing that is queued begins by itself."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_MODE", "class")
    monkeypatch.setattr(person, "me", lambda: ANN)
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(device, "resolve", lambda said: "cpu" if said == "cpu" else "cuda:0")
    lab = runner.current()
    lab.clock = lab._lanes.clock = lambda: NOW[0]
    return lab


def run(lab, by, name, device="cpu"):
    return lab.submit(encode(Experiment(name=name, device=device)), by=by)


def begin(lab, job):
    """It has its turn, and some steps behind it where it is a run."""
    lane, found = lab._lanes.find(job)
    assert lane.take() is found
    if found.kind == "run":
        write(lab.store, job, script()[:30])


def page(name="runs", **address):
    return visit(name, **address)


def in_bar(app):
    """The progress in the bar, and the badges beside it."""
    shown = [p.proto.text for p in app.get("progress") if p.proto.text.startswith("**")]
    return shown, [
        text for text in texts(app) if "-badge[" in text and ("wait" in text or "more" in text)
    ]


def test_with_two_devices_at_work_the_bar_tells_of_one_s_own(lab):
    bens, anns = run(lab, BEN, "Bens"), run(lab, ANN, "Anns", "cuda:0")
    run(lab, BEN, "Later")
    for each in (bens, anns):
        begin(lab, each)
    shown, badges = in_bar(app := page())
    assert len(shown) == 1 and shown[0].startswith("**Anns**")
    assert [badge.partition("[")[2] for badge in badges] == ["1 more in progress]", "1 waiting]"]
    app.button(key="bar_stop").click().run()
    assert lab.status(anns) == "stopping" and lab.status(bens) == "running"

    shown, badges = in_bar(page("watch", run=anns))  # that one is told above
    assert shown[0].startswith("**Bens**") and [b.partition("[")[2] for b in badges] == [
        "1 waiting]"
    ]
    shown, _ = in_bar(app := page("watch"))  # and is what Watch opens
    assert app.query_params.get("run") in (None, [anns]) and shown[0].startswith("**Bens**")


def test_another_one_s_pause_is_no_work_and_its_owner_sees_who_waits_behind_it(lab):
    bens = run(lab, BEN, "Bens")
    begin(lab, bens)
    assert in_bar(page())[0][0].endswith(" left**")
    lab.pause(bens, by=BEN)
    assert in_bar(page())[0][0].startswith("**Bens** · Epoch ") and in_bar(page())[0][0].endswith(
        " · paused"
    )
    assert "The queue is empty." in texts(page("watch", run=bens))
    run(lab, ANN, "Anns")
    assert "**1 waiting in the queue**" in texts(page("watch", run=bens))


def test_a_run_that_was_resumed_prepares_until_it_takes_a_step(lab):
    anns = run(lab, ANN, "Anns")
    begin(lab, anns)
    found, at_work = lab._find(anns), "640"
    found.size = lab.store.size(anns)  # as when its turn comes
    app = page("watch", run=anns)
    told = [p.proto.text for p in app.get("progress")]
    assert any(text.endswith("preparing data and network …") for text in told)
    assert not any(at_work in text or "left" in text for text in told)
    assert in_bar(page())[0][0].endswith(" · preparing")
    write(lab.store, anns, script()[30:33])
    assert any(at_work in p.proto.text for p in page("watch", run=anns).get("progress"))


def test_what_the_bar_is_refused_is_said(lab, monkeypatch):
    anns = run(lab, ANN, "Anns")
    begin(lab, anns)
    app = page()
    monkeypatch.setattr(person, "me", lambda: BEN)  # logged out meanwhile
    app.button(key="bar_stop").click().run()
    assert not app.exception and any("another person" in text for text in texts(app))
    assert lab.status(anns) == "running" and app.button(key="bar_stop").disabled


def test_one_that_waits_says_for_what_on_its_own_device(lab):
    begin(lab, run(lab, BEN, "First"))
    study = lab.submit(encode(Study()), by=BEN, kind="study")
    anns, other = run(lab, ANN, "Anns"), run(lab, ANN, "Other", "cuda:0")

    def said(app):
        return [
            p.proto.text
            for p in app.get("progress")
            if "queue" in p.proto.text or "Starts" in p.proto.text
        ]

    assert lab.wait(anns)[0][0][0] == "run" and [kind for kind, _ in lab.wait(study)[0]] == [
        "run",
        "run",
    ]
    (told,) = said(page("watch", run=anns))
    assert told.startswith("1 run ahead in the queue · starts in about ")
    assert said(page("watch", run=other)) == ["Starts immediately"]
    assert "2 runs ahead in the queue." in " ".join(texts(page("double_descent", study=study)))


def own_queues(app):
    """The ids in each list of waiting jobs on the page, in order."""
    lists = [each.proto for each in app.get("bidi_component")]
    found = [each for each in lists if each.component_name.endswith("descent_lab_queue")]
    return [[job["id"] for job in json.loads(each.json)["jobs"]] for each in found]


def test_a_person_puts_the_own_waiting_jobs_in_order(lab):
    begin(lab, run(lab, BEN, "First"))
    first, other = run(lab, ANN, "Ann 1"), run(lab, BEN, "Ben")
    assert own_queues(page("watch", run=first)) == []
    study = lab.submit(encode(Study()), by=ANN, kind="study")
    assert own_queues(page("watch", run=first)) == [[first, study]] == own_queues(page("runs"))
    assert own_queues(page("watch", run=other)) == []  # other people's queue is not shown
    for order in (None, "../x", [], [study, ["x"], 3, "gone", first]):  # from a browser
        own_queue.arrange(order)
    app = page("watch", run=first)
    assert own_queues(app) == [[study, first]]
    app.button(key="act_Train next").click().run()
    assert [job for _, job in lab.own_line(study)] == [first, study]


@pytest.mark.parametrize(
    ("wanted", "words"), [("cpu", "1 run ahead in the queue."), ("auto", "Starts immediately.")]
)
def test_a_draft_waits_for_its_own_device(lab, wanted, words):
    begin(lab, run(lab, BEN, "First"))
    assert words in texts(visit("train", Experiment(device=wanted)))


def test_a_paused_run_that_others_wait_for_says_until_when_and_then_stands_aside(lab):
    anns = run(lab, ANN, "Anns")
    begin(lab, anns)
    job = lab._find(anns)
    job.last_word = NOW[0]
    job.control.tell(PAUSE)
    assert not any("Other jobs are waiting" in text for text in texts(page("watch", run=anns)))
    bens = run(lab, BEN, "Bens")
    NOW[0] += 60
    (told,) = (
        p.proto.text for p in page("watch", run=bens).get("progress") if "queue" in p.proto.text
    )
    assert told == f"1 run ahead in the queue · the current job is paused, for {FOUR} at most"
    seen = " ".join(texts(page("watch", run=anns)))
    assert "Other jobs are waiting for this device." in seen and FOUR in seen
    NOW[0] += PATIENCE
    lab._lanes.preempt()
    assert job.control.word == LEAVE
    with lab._lanes.changed:
        lab._lanes.find(anns)[0].over(job)
    lab.store.append(anns, to_json(Preempted(40)))

    app = page("watch", run=anns)
    assert any("paused while other jobs waited" in text for text in texts(app))
    assert [b.label for b in app.button if b.key and b.key.startswith("act_")] == ["Resume"]
    assert "‖ Preempted" in list(page().dataframe[0].value["State"])
    app.button(key="act_resume").click().run()
    assert not app.exception and lab.status(anns) == "queued"


def test_a_study_belongs_to_who_started_it(lab):
    bens = lab.submit(encode(Study()), by=BEN, kind="study")
    app = page("double_descent", study=bens)
    assert app.button(key="act_Stop").disabled
    lab.stop(bens, by=BEN)
    app = page("double_descent", study=bens)
    app.button(key=f"resume {bens}").click().run()
    assert any(ownership.NOT_OWNER.format(noun="study") in text for text in texts(app))
    assert not app.exception and lab.status(bens) == "stopped"
    app.button(key="bar_start").click().run()
    assert lab.line() == []

    other = page("double_descent")
    next(b for b in other.get("button_group") if b.label == "Presets").set_value("steps").run()
    other.button(key="bar_start").click().run()
    ((_, anns, _),) = lab.line()
    assert ownership.owner(lab.store_of("study"), anns) == ANN
