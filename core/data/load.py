"""Load a dataset: the last few stay in memory, each loaded once for all threads."""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from core.base.encoding import encode
from core.base.errors import NotFound
from core.data.datasets import DataSet
from core.data.ready.download import Progress
from core.data.samples import Samples

CACHED = 3  # datasets: MNIST takes 55 MB, CIFAR 184 MB, memory-mapped uploads almost nothing

_lock = threading.Lock()
_cache: OrderedDict[tuple[str, str], Future[Samples]] = OrderedDict()


def lacking(data: DataSet, home: Path, then: str = "resume the run") -> str:
    """Return that this dataset is not here and what to do, `then` at last; empty if it is."""
    try:
        data.facts(home)
    except NotFound:
        return (
            f"The dataset “{data.summary}” of this run is not stored in this lab. Add the same "
            "files with the same reading options (on the Data page, or with the command train and "
            f"its options --images and --labels), then {then}."
        )
    return ""


def load(data: DataSet, home: Path, progress: Progress | None = None) -> Samples:
    """Load the samples from memory, disk or network; `progress` is called during downloads.

    A thread that asks for a dataset that another one is loading waits for it and gets the same
    arrays, so they must never be written. Raises NotFound, Unavailable.
    """
    key = (str(home), encode(data))
    with _lock:
        future = _cache.get(key)
        is_first = future is None
        future = future or Future()
        _cache[key] = future
        _cache.move_to_end(key)
        while len(_cache) > CACHED:
            _cache.popitem(last=False)
    if is_first:
        try:
            future.set_result(data.call().make(home, progress))
        except BaseException as error:
            with _lock:
                if _cache.get(key) is future:
                    del _cache[key]
            future.set_exception(error)
    return future.result()
