"""Small runs that the tests fork."""

from core.base.encoding import encode
from core.data.ready.points import Spirals
from core.experiment import Experiment
from core.network.layers import Dropout, Linear, Output, ReLU
from core.optim.optimizers import Adam
from core.runs.store import Store
from core.studies.trainer import execute


def experiment(**changes: object) -> Experiment:
    """Three epochs of three steps on 20 points."""
    small = {
        "data": Spirals(points=20),
        "network": (Linear(units=4), ReLU(), Dropout(p=0.2), Output()),
        "optimizer": Adam(learning_rate=0.02),
        "epochs": 3,
        "batch_size": 6,
        "device": "cpu",
    }
    return Experiment(**small | changes)


def trained(store: Store, e: Experiment, **how: object) -> str:
    run = store.create(encode(e))
    ended = execute(store, run, **how)
    assert ended is None or ended.reason != "failed", ended.message
    return run
