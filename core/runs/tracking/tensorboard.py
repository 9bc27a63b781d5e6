"""TensorBoard: the event files of one run, in a folder named after it.

Scalars are float32, the format of TensorBoard's own readers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from core.base.events import Ended, Started
from core.base.text import file_name
from core.runs.tracking.scalars import Scalar, hyperparameters
from core.runs.tracking.tracker import Tracker

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FLUSH = 5  # seconds until TensorBoard sees what was written


class TensorBoardTracker(Tracker):
    """Scalars, hyperparameters and final scores as TensorBoard's plug-ins show them."""

    kind: ClassVar[str] = "tensorboard"
    label: ClassVar[str] = "TensorBoard"
    package: ClassVar[str] = "tensorboard"
    _writer: "SummaryWriter | None" = None

    def open(self, started: Started) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = self.folder / file_name(f"{self.name} {self.run}")
        purge = started.step + 1 if folder.exists() else None  # readers drop the steps from there
        self._writer = SummaryWriter(str(folder), purge_step=purge, flush_secs=FLUSH)

    def write(self, scalars: Sequence[Scalar]) -> None:
        for name, value, step, time in scalars:
            self._writer.add_scalar(name, value, step, time)

    def end(self, ended: Ended, scores: Sequence[Scalar]) -> None:
        if self._writer is None:  # it failed before its first step
            return
        values = {score.name: score.value for score in scores}
        settings = hyperparameters(self.experiment)
        self._writer.add_hparams(settings, values, run_name=".", global_step=ended.step)
        self._writer.add_text("end", ended.message, ended.step)

    def close(self) -> None:
        if self._writer:
            self._writer.close()
