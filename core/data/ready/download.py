"""torchvision's downloads, watched: progress, a time limit on silence, one at a time."""

import shutil
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Progress = Callable[[float, str], None]  # share done 0…1, what is being done
SILENCE = 30.0  # seconds without a byte before a server is given up

_one = threading.Lock()


@contextmanager
def watched(progress: Progress | None, files: int) -> Iterator[None]:
    """Inside, torchvision fetches through `_Fetch`: else a dead connection hangs for ever, unseen.

    The time limit is the process's default for new sockets, because torchvision also asks for
    redirects; the server's own sockets do not block and so have none.
    """
    from core.base.torchvision_compat import dataset_utils

    with _one:
        fetch, silence = dataset_utils._urlretrieve, socket.getdefaulttimeout()
        dataset_utils._urlretrieve = _Fetch(progress, files)
        socket.setdefaulttimeout(SILENCE)
        try:
            yield
        finally:
            dataset_utils._urlretrieve = fetch
            socket.setdefaulttimeout(silence)


class _Fetch:
    """Downloads one file after another and tells how far it is; each counts for an equal share."""

    def __init__(self, progress: Progress | None, files: int):
        self.progress, self.files, self.names = progress, files, []

    def __call__(self, url: str, filename: str | Path, chunk_size: int = 1 << 16) -> None:
        name = url.rpartition("/")[2]
        if name not in self.names:  # a second mirror is the same file
            self.names.append(name)
        part = Path(f"{filename}.part")
        try:
            with urllib.request.urlopen(url, timeout=SILENCE) as answer, part.open("wb") as file:
                total, done = answer.length or 0, 0
                while chunk := answer.read(chunk_size):
                    file.write(chunk)
                    done += len(chunk)
                    self._tell(done, total, name)
            shutil.move(part, filename)
        finally:
            part.unlink(missing_ok=True)

    def _tell(self, done: int, total: int, name: str) -> None:
        if self.progress:
            share = (len(self.names) - 1 + (done / total if total else 0)) / self.files
            size = f" of {total / 1e6:.1f}" if total else ""
            self.progress(min(share, 1.0), f"{name}: {done / 1e6:.1f}{size} MB")
