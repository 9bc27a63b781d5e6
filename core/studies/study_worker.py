"""A further process that computes chunks of a study, and the parent's end of its pipe. Requests and
points are JSON lines. The process ends when the pipe does, also when its parent was killed.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.encoding import decode, encode, from_json_text, to_json_text
from core.base.errors import LabError
from core.base.parent_death import end_with_parent
from core.experiment import Experiment

if TYPE_CHECKING:
    from core.studies.executor import Executor

ROOT = Path(__file__).parents[2]
WORKER_KILLED = (
    "The second process of this study was terminated from outside the lab. The measured points are "
    "saved: resume the study."
)
AVAILABLE = hasattr(os, "set_blocking")  # for pipes; on Windows from Python 3.12 on
SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "LAB_THREADS": "1"}

Task = tuple[int, int]  # index of the proposal, index of its chunk


class StudyWorker:
    """The parent's end: sends tasks, receives points. The executor of `proposal` is sent along
    where it is small: loading the data again takes longer than starting the process.
    """

    def __init__(self, home: Path, study: str, proposal: int, executor: "Executor"):
        command = [sys.executable, "-m", "core.studies.study_worker", str(home), study]
        inherited: list[int] = []
        with tempfile.TemporaryFile() as file:
            if executor.picklable and os.name == "posix":
                pickle.dump((proposal, executor), file)
                file.seek(0)
                command.append(str(file.fileno()))
                inherited = [file.fileno()]
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **SINGLE_THREAD},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                pass_fds=inherited,
            )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.tasks: deque[Task] = deque()
        self.rest = b""

    def send(self, task: Task, experiment: Experiment) -> None:
        """Request one more chunk. LabError (worker_killed) when the process is gone."""
        self.tasks.append(task)
        request = {"proposal": task[0], "chunk": task[1], "experiment": encode(experiment)}
        try:
            self.process.stdin.write(to_json_text(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise LabError(WORKER_KILLED, code="worker_killed") from None

    def receive(self) -> Iterator[tuple[Task, dict[str, Any] | None]]:
        """Yield what has arrived: points of the oldest task, and None when it is complete. LabError
        when the process has failed.
        """
        while block := self.process.stdout.read(1 << 16):
            self.rest += block
        *lines, self.rest = self.rest.split(b"\n")
        for line in lines:
            data = from_json_text(line)
            if "error" in data:
                raise LabError(data["error"], code=data["code"])
            if data.get("end"):
                yield self.tasks.popleft(), None
            else:
                yield self.tasks[0], data
        if self.tasks and not lines and self.process.poll() is not None:
            raise LabError(WORKER_KILLED, code="worker_killed")

    def close(self) -> None:
        """Kill the process; chunks that it has not sent are computed again."""
        self.process.kill()
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):  # the unsent rest is lost
                end.close()


def serve(home: Path, study_id: str, file: int | None = None) -> None:
    """The child's end: compute the requested chunks until the pipe ends. `file` is the descriptor
    of the pickled executor.
    """
    end_with_parent(0)  # nothing is lost: unsent chunks are computed again
    import torch

    from core.base import device
    from core.data.load import load
    from core.studies.executor import make_executor
    from core.studies.folder import Studies
    from core.studies.records import plain_point
    from core.studies.study import Study

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    device.prepare()
    torch.set_num_threads(1)
    study = decode(Study, Studies(home).experiment(study_id))
    parent, proposal, executor = os.getppid(), -1, None
    if file is not None:
        with os.fdopen(file, "rb") as pickled:
            proposal, executor = pickle.load(pickled)  # written by our own parent

    def poll_control() -> None:
        if os.getppid() != parent:
            sys.exit(0)

    for line in sys.stdin:
        request = from_json_text(line)
        try:
            if request["proposal"] != proposal:
                experiment = decode(Experiment, request["experiment"])
                samples = load(experiment.data, home)
                executor = make_executor(study.method, experiment, samples, study.repeats)
                proposal = request["proposal"]
            for index, point in enumerate(executor.points(request["chunk"], poll_control)):
                _send(index=index, point=plain_point(point))
            _send(end=True)
        except LabError as error:
            _send(error=str(error), code=error.code)


def _send(**message: Any) -> None:
    try:
        sys.stdout.write(to_json_text(message) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(0)  # the parent is gone, and nobody could read a message


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
