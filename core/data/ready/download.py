"""Downloads: fetch one file with pooch, with a checksum, progress and a limit on silence."""

from collections.abc import Callable, Sequence
from pathlib import Path

Progress = Callable[[float, str], None]  # fraction done 0…1, what is being done
SILENCE = 30.0  # seconds without a byte before a server is given up
CHUNK = 1 << 16  # bytes between two reports of progress


class DownloadProgress:
    """The progress of one file, in the form that pooch calls; it counts for one of `files`."""

    def __init__(self, report: Progress, name: str, *, index: int, files: int):
        self.report, self.name, self.index, self.files = report, name, index, files
        self.total = self.received = 0

    def update(self, count: int) -> None:
        """Report `count` further bytes."""
        self.received += count
        received = min(self.received, self.total) if self.total else self.received
        fraction = (self.index + (received / self.total if self.total else 0)) / self.files
        size = f" of {self.total / 1e6:.1f}" if self.total else ""
        self.report(min(fraction, 1.0), f"{self.name}: {received / 1e6:.1f}{size} MB")

    def reset(self) -> None:
        """Count from 0 again; pooch then reports the whole file."""
        self.received = 0

    def close(self) -> None:
        """Do nothing: the last report was the end."""


def download(
    urls: Sequence[str], path: Path, *, md5: str, progress: DownloadProgress | None = None
) -> None:
    """Download the first of these URLs that answers, unless `path` has the right checksum already.

    Raises OSError.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(
        progressbar=progress or False,
        chunk_size=CHUNK,
        timeout=SILENCE,
        headers={"Accept-Encoding": "identity"},  # archives must arrive unchanged
    )
    for url in urls:
        try:
            pooch.retrieve(
                url, f"md5:{md5}", fname=path.name, path=path.parent, downloader=downloader
            )
            return
        except ValueError:
            failure = OSError(f"{path.name} is corrupted: its MD5 checksum is wrong")
        except OSError as error:
            failure = error
    raise failure
