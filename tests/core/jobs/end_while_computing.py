"""A process that ends while a task and a run compute in torch, in the folder that is given."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from core.access.ownership import LAB
from core.base.encoding import encode
from core.data.datasets import Digits
from core.experiment import Experiment
from core.jobs import measure
from core.jobs.runner import Runner
from core.jobs.tasks import Tasks
from core.network.layers import Flatten, Linear, Output
from core.runs.store import Store

LONG = Experiment(
    data=Digits(), network=(Flatten(), Linear(units=500), Output()), epochs=5000, device="cpu"
)
began = threading.Event()


def endless(*_: object) -> Iterator[tuple[float, dict]]:
    """Differentiate until somebody stops it."""
    weights = torch.ones(300, 300, requires_grad=True)
    while True:
        (weights @ weights).sum().backward()
        began.set()
        yield 0.0, {}


measure.KINDS["endless"] = endless
store = Store(Path(sys.argv[1]))
runner, tasks = (make(at, in_process=False) for make, at in ((Runner, store), (Tasks, store.home)))
run = runner.submit(encode(LONG), by=LAB)
tasks.begin("endless", encode(LONG), by=LAB)
while not (began.is_set() and store.last(run, "step")):
    time.sleep(0.02)
