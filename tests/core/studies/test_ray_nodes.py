"""What the lab makes of what Ray reports and does: its nodes, and the signals. Without Ray."""

import ctypes
import os
import signal
from collections import Counter

import pytest

from core.studies.places import ray_cluster, ray_nodes


@pytest.mark.parametrize(
    ("free", "cores", "gpus"),
    [
        ({"n": {"CPU": 3.0, "GPU": 2.0}}, 1, 0),
        ({"n": {"GPU": 1.0}}, 4, 1),  # Ray leaves out what is in use completely
        ({}, 0, 0),  # a node that has not reported yet
    ],
)
def test_what_is_in_use_is_the_rest_of_what_is_free(free, cores, gpus, monkeypatch) -> None:
    monkeypatch.setattr(ray_nodes, "_read_versions", lambda node: None)
    node = {
        "NodeID": "n",
        "NodeManagerHostname": "first",
        "NodeManagerAddress": "10.0.0.1",
        "Resources": {"CPU": 4.0, "GPU": 2.0, "memory": 2.0**31},
    }
    described = ray_nodes._describe(node, free, Counter({"study x": 2, "": 1}))
    assert (described.used_cores, described.used_gpus) == (cores, gpus)
    assert (described.work, described.kept) == ({"study x": 2}, 1)
    assert ray_nodes.rows([described])[0]["Cores in use"] == f"{cores} of 4"


def ignore_below_python() -> None:
    """Replace the handler of SIGTERM in the way of a library in C."""
    ctypes.CDLL(None).signal(signal.SIGTERM, ctypes.c_void_p(1))


@pytest.mark.parametrize(
    "take_over", [ignore_below_python, lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN)]
)
def test_a_library_that_takes_over_the_signals_gives_them_back(take_over) -> None:
    received = []
    previous = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        with ray_cluster.unchanged_signals():
            take_over()
            os.kill(os.getpid(), signal.SIGTERM)
        assert received == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, previous)
