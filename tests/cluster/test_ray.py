"""Two nodes on this machine: the points do not depend on where they are computed, also when a node
is lost. Run with `make test-cluster`, where requirements-cluster.txt is installed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import TestCase

import pytest

from core.base.encoding import build, change
from core.base.errors import LabError
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.experiment import Experiment
from core.runs.state import stored_state
from core.studies import sweeps
from core.studies.places import ray_cluster
from core.studies.places.ray_cluster import Versions, require_versions
from core.studies.places.ray_nodes import differences, nodes, summary, with_versions
from core.studies.places.ray_place import ACTORS, RayPlace, RayWorker, actor_kind
from core.studies.records import Record
from core.studies.search import execution
from core.studies.search.folder import Searches
from core.studies.search.records import TrialEnded
from core.studies.study import Study
from core.studies.sweeps import create, execute
from tests.core.studies.search.test_search_execution import SEARCH, results
from tests.core.studies.test_places import collect, pieces, straight
from tests.core.studies.test_sweeps import BASE, DENSE, numbers

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore")]  # Ray has some

__all__ = ["straight"]
POINTS = 20
LOST_AFTER = 5  # points, until a node is killed
MEMORY = 100_000_000  # bytes of the object store of a node


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two nodes of one core each, and a lab that computes on them."""
    from ray.cluster_utils import Cluster

    size = {"num_cpus": 1, "object_store_memory": MEMORY}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("LAB_THREADS", "1")
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("nodes")))
        cluster = Cluster(initialize_head=True, head_node_args=size | {"include_dashboard": False})
        cluster.second = None
        patch.setenv("LAB_RAY", cluster.address)
        patch.setattr(sweeps, "MIN_SECONDS", -1.0)
        yield cluster
        ACTORS.close()
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(autouse=True)
def second_node(request: pytest.FixtureRequest) -> None:
    """Every test that uses the cluster begins with two nodes."""
    if "cluster" in request.fixturenames:
        cluster = request.getfixturevalue("cluster")
        if cluster.second is None:
            cluster.second = cluster.add_node(num_cpus=1, object_store_memory=MEMORY)


def trained_study() -> Study:
    """Ten widths with two seeds each, every one an ordinary run."""
    base = BASE | {"network": DENSE, "epochs": 4}
    widths = [{"kind": "width", "values": list(range(2, 22, 2))}]
    return build(Study, {"base": base, "method": "trained", "axes": widths, "repeats": 2})


def test_the_nodes_are_described_with_their_versions(cluster: Any) -> None:
    found = with_versions(nodes())
    assert summary(found) == "2 nodes, 2 cores"
    assert [node.versions for node in found] == [Versions.here()] * 2
    assert differences(found) == [] and nodes() == found
    with RayPlace("study X") as place:
        assert place.capacity == place.free == 2


def test_a_cluster_gives_the_outcomes_of_this_process(
    cluster: Any, tmp_path: Path, straight
) -> None:
    with RayPlace("study X") as place:
        outcomes = collect(place, pieces(tmp_path))
        work = [node.work for node in nodes()]
        actors = {worker.kept.actor for worker in place.workers}
    assert str(outcomes) == str(straight)
    assert work == [{"study X": 1}] * 2
    assert not list(tmp_path.glob(".shared-*"))
    # The actors stay for the next study, and nothing is said to run there until it begins.
    assert [(node.work, node.kept) for node in nodes()] == [({}, 1)] * 2
    with RayPlace("search Y") as place:
        assert str(collect(place, pieces(tmp_path)[:2])) == str(straight[:2])
        assert {worker.kept.actor for worker in place.workers} <= actors
        assert {name for node in nodes() for name in node.work} == {"search Y"}
    ACTORS.close()
    assert ACTORS.count(actor_kind(gpus=False)) == 0


def test_nodes_without_the_folder_of_the_lab_get_its_data_once(
    cluster: Any, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(RayWorker, "_is_shared", lambda worker, home: False)
    table = tmp_path / "table.csv"
    rows = (f"{k % 7},{k % 5},{k * k % 11},{'ab'[k % 3 == 0]}" for k in range(120))
    table.write_text("\n".join(["x,y,z,label", *rows]))
    digest, _ = Library(tmp_path).add(table, None, names=("table.csv",))
    base = build(Experiment, BASE | {"network": DENSE, "data": Spreadsheets(digest=digest)})
    study = change(trained_study(), "base", base.model_dump(mode="json"))
    here, there = create(tmp_path, study), create(tmp_path, study)
    assert execute(tmp_path, there).reason == "done"
    monkeypatch.delenv("LAB_RAY")
    assert execute(tmp_path, here, processes=1).reason == "done"
    assert numbers(tmp_path, there) == numbers(tmp_path, here)


@pytest.mark.parametrize("shared", [True, False])
def test_a_search_loses_a_node_and_has_the_same_trials(
    cluster: Any, tmp_path: Path, monkeypatch, shared: bool
) -> None:
    if not shared:
        monkeypatch.setattr(RayWorker, "_is_shared", lambda worker, home: False)
    search = SEARCH.model_copy(update={"trials": 20, "finalists": 0, "parallel": 4})
    there, seen = execution.create(tmp_path, search), []

    def watch(event: object) -> None:
        seen.extend([event] if isinstance(event, TrialEnded) else [])
        if len(seen) == LOST_AFTER and cluster.second:
            lose_node(cluster)

    assert execution.execute(tmp_path, there, watch=watch).reason == "done"
    assert len(seen) == POINTS and cluster.second is None
    monkeypatch.delenv("LAB_RAY")
    here = execution.create(tmp_path, search)
    assert execution.execute(tmp_path, here, processes=1).reason == "done"
    assert results(tmp_path, there) == results(tmp_path, here)
    runs = [Searches(tmp_path).runs(search_id) for search_id in (there, here)]
    ends = [{stored_state(store, run) for run in store.ids()} for store in runs]
    assert ends[0] == ends[1]


def test_a_node_is_lost_and_all_points_are_there(cluster: Any, tmp_path: Path, monkeypatch) -> None:
    study, seen = trained_study(), []
    there = create(tmp_path, study)

    def watch(event: object) -> None:
        seen.extend([event] if isinstance(event, Record) else [])
        if len(seen) == LOST_AFTER and cluster.second:
            lose_node(cluster)

    assert execute(tmp_path, there, watch=watch).reason == "done"
    assert len(seen) == POINTS and cluster.second is None
    monkeypatch.delenv("LAB_RAY")
    here = create(tmp_path, study)
    assert execute(tmp_path, here, processes=1).reason == "done"
    assert numbers(tmp_path, there) == numbers(tmp_path, here)


def test_a_kept_actor_whose_node_was_lost_is_replaced(
    cluster: Any, tmp_path: Path, straight
) -> None:
    with RayPlace("study X") as place:
        collect(place, pieces(tmp_path))
    lose_node(cluster)
    with RayPlace("study Y") as place:
        assert str(collect(place, pieces(tmp_path))) == str(straight)


def lose_node(cluster: Any) -> None:
    """Kill all processes of the second node."""
    cluster.remove_node(cluster.second, allow_graceful=False)
    cluster.second = None


def test_other_versions_on_a_node_are_refused_or_named() -> None:
    here = Versions("0.1.0 (a)", "3.11", "2.13.0")
    require_versions(here, here, "node-1")
    with TestCase().assertLogs("descent_lab") as log:
        require_versions(here, Versions(here.lab, here.python, "2.12.0"), "node-1")
    assert "2.12.0" in log.output[0] and "node-1" in log.output[0]
    for other in (Versions("0.1.0 (b)", "3.11", "2.13.0"), Versions(here.lab, "3.12", here.torch)):
        with pytest.raises(LabError) as error:
            require_versions(here, other, "node-1")
        assert error.value.code == "cluster_versions"


def test_an_unreachable_cluster_has_one_sentence(monkeypatch) -> None:
    monkeypatch.setattr(ray_cluster, "_connecting", ray_cluster.threading.Lock())
    monkeypatch.setattr(ray, "is_initialized", lambda: False)

    def refuse(**_: object) -> None:
        raise ConnectionError("no cluster")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(LabError) as error:
        ray_cluster.connect()
    assert error.value.code == "ray_unreachable"
