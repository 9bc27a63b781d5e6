"""`python -m core search` and `searches`: what a search begins with, and its answer."""

from core.base.encoding import encode
from core.runs.store import Store
from core.studies.search.folder import Searches
from tests.core.commands.test_experiments import answer, home, refusal
from tests.core.figures.search.made_up import DONE, events, search, store_search

__all__ = ["home"]

RATE = "optimizer.learning_rate"
QUICK = ["--trials", "2", "--finalists", "0", "--epochs", "1", "--workers", "1"]


def test_a_search_starts_from_a_run_or_a_search_file_and_is_listed(capsys, home, tmp_path) -> None:
    made = search(name="Saved")
    run = Store(home).create(encode(made.base))
    vary = ["--vary", f"{RATE}=1e-3..1e-2:log"]
    found = answer(capsys, "search", run, *vary, *QUICK)
    assert found["reason"] == "done" and len(found["trials"]) == 2
    assert all(1e-3 <= trial["values"][RATE] <= 1e-2 for trial in found["trials"])
    path = tmp_path / "search.json"
    path.write_text(encode(made))
    again = answer(capsys, "search", str(path), *QUICK)
    stored = Searches(home).search(again["search"])
    assert (stored.name, stored.space, stored.trials) == ("Saved", made.space, 2)
    assert stored.base.epochs == 1 and stored.pruning == made.pruning
    listed = answer(capsys, "searches")["searches"]
    assert {row["search"] for row in listed} == {found["search"], again["search"]}
    assert {row["state"] for row in listed} == {"done"}


def test_show_prints_the_answer_of_a_search_on_disk(capsys, home) -> None:
    made = search()
    search_id = store_search(home, made, events(made), DONE)
    shown = answer(capsys, "search", "--show", "last")
    assert shown["search"] == search_id and len(shown["trials"]) == 22
    assert shown["best"]["values"] == shown["trials"][shown["best"]["number"]]["values"]
    assert shown["finding"]["code"] in ("clear_winner", "lead_by_chance")


def test_bad_input_is_refused_with_its_code(capsys, home, tmp_path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"space": 3}')
    for arguments, code in (
        ([], "no_experiment"),
        (["nothing"], "unknown_experiment"),
        (["last"], "run_not_found"),
        (["digits", "--vary", "nothing"], "unknown_path"),
        (["digits", "--budget", "soon"], "budget_not_a_duration"),
        (["digits", "--against", "parameters", "--pruning", "median"], "pruning_with_two_goals"),
        (["--resume", "2020"], "search_not_found"),
    ):
        assert refusal(capsys, "search", *arguments)["code"] == code
    assert refusal(capsys, "search", str(path))["code"]
