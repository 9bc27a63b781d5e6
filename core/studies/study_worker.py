"""A further process that computes chunks of a study, and the parent's end of its pipe. Requests and
points are JSON lines. The process ends when the pipe does, also when its parent was killed.
"""

import os
import pickle
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.encoding import decode, encode, from_json_text, to_json_text
from core.base.errors import LabError
from core.base.parent_death import end_with_parent
from core.base.process import Child, claim_output, send_to_parent
from core.experiment import Experiment

if TYPE_CHECKING:
    from core.studies.chunk_queue import Task
    from core.studies.executor import Executor

WORKER_KILLED = (
    "The second process of this study was terminated from outside the lab. The measured points are "
    "saved: resume the study."
)
SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "LAB_THREADS": "1"}


class StudyWorker:
    """The parent's end: sends tasks, receives points. The executor of `proposal` is sent along
    where it is small: loading the data again takes longer than starting the process.
    """

    def __init__(self, home: Path, study: str, proposal: int, executor: "Executor"):
        arguments, inherited = [str(home), study], []
        with tempfile.TemporaryFile() as file:
            if executor.picklable and os.name == "posix":
                pickle.dump((proposal, executor), file)
                file.seek(0)
                arguments.append(str(file.fileno()))
                inherited.append(file.fileno())
            self.child = Child(
                "core.studies.study_worker",
                *arguments,
                own_session=False,  # it is killed together with the job that it works for
                environment=SINGLE_THREAD,
                pass_fds=inherited,
            )
        self.tasks: deque[Task] = deque()

    def send(self, task: "Task", experiment: Experiment) -> None:
        """Request one more chunk. LabError (worker_killed) when the process is gone."""
        self.tasks.append(task)
        request = {"proposal": task[0], "chunk": task[1], "experiment": encode(experiment)}
        if not self.child.send(to_json_text(request)):
            raise LabError(WORKER_KILLED, code="worker_killed")

    def receive(self) -> Iterator[tuple["Task", dict[str, Any] | None]]:
        """Yield what has arrived: points of the oldest task, and None when it is complete. LabError
        when the process has failed.
        """
        try:
            while (line := self.child.receive()) is not None:
                data = from_json_text(line)
                if "error" in data:
                    raise LabError(data["error"], code=data["code"])
                if data.get("end"):
                    yield self.tasks.popleft(), None
                else:
                    yield self.tasks[0], data
        except (EOFError, ValueError):  # it has ended, perhaps in the middle of a line
            if self.tasks:
                raise LabError(WORKER_KILLED, code="worker_killed") from None

    def close(self) -> None:
        """Kill the process; chunks that it has not sent are computed again."""
        self.child.close()


def serve(home: Path, study_id: str, file: int | None = None) -> None:
    """The child's end: compute the requested chunks until the pipe ends. `file` is the descriptor
    of the pickled executor.
    """
    end_with_parent(0)  # nothing is lost: unsent chunks are computed again
    pipe = claim_output()
    import torch

    from core.base import device
    from core.studies.executor import make_executor
    from core.studies.folder import Studies
    from core.studies.records import plain_point
    from core.studies.study import Study
    from core.training.inputs import load_inputs

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    device.prepare()
    torch.set_num_threads(1)
    study = decode(Study, Studies(home).experiment(study_id))
    parent, proposal, executor = os.getppid(), -1, None
    if file is not None:
        with os.fdopen(file, "rb") as pickled:
            # Safe to unpickle: the parent process wrote this file, and its descriptor is inherited.
            proposal, executor = pickle.load(pickled)

    def poll_control() -> None:
        if os.getppid() != parent:
            sys.exit(0)

    def send(**message: Any) -> None:
        if not send_to_parent(pipe, to_json_text(message)):
            os._exit(0)  # the parent is gone

    for line in sys.stdin:
        request = from_json_text(line)
        try:
            if request["proposal"] != proposal:
                experiment = decode(Experiment, request["experiment"])
                samples = load_inputs(experiment, home)
                executor = make_executor(study.method, experiment, samples, study.repeats)
                proposal = request["proposal"]
            for index, point in enumerate(executor.points(request["chunk"], poll_control)):
                send(index=index, point=plain_point(point))
            send(end=True)
        except LabError as error:
            send(error=str(error), code=error.code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
