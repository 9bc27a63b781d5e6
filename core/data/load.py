"""load: from a choice of data to its picture set, kept for the last few, once for all threads."""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from core.base.encoding import encode
from core.base.errors import NotFound
from core.data.datasets import DataSet
from core.data.ready.download import Progress
from core.data.samples import Samples

KEPT = 3  # sets: MNIST takes 55 MB, CIFAR 184 MB, spreadsheets (memory-mapped) next to nothing

_lock = threading.Lock()
_kept: OrderedDict[tuple[str, str], Future[Samples]] = OrderedDict()


def lacking(data: DataSet, home: Path) -> str:
    """What keeps a run on this set from being resumed here, in one sentence; empty for nothing."""
    try:
        data.facts(home)
    except NotFound:
        return (
            f"Its data, “{data.summary}”, is not in this lab: give the same files on Data, read "
            "the same way, then resume it."
        )
    return ""


def load(data: DataSet, home: Path, progress: Progress | None = None) -> Samples:
    """The set, from memory, disk or network; `progress` hears of downloads.

    Raises NotFound or Unavailable. Whoever asks for a set that another thread is loading waits for
    it, and gets the same arrays: never write them.
    """
    key = (str(home), encode(data))
    with _lock:
        future = _kept.get(key)
        mine = future is None
        future = future or Future()
        _kept[key] = future
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    if mine:
        try:
            future.set_result(data.call().make(home, progress))
        except BaseException as error:
            with _lock:
                if _kept.get(key) is future:
                    del _kept[key]
            future.set_exception(error)
    return future.result()
