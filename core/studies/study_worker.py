"""Pieces: a further process that computes pieces of a study, and its end of the pipe. Requests and
points are JSON lines; the process ends when the pipe does, also when its parent was killed.
"""

import contextlib
import json
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

from core.base.encoding import decode, encode
from core.base.errors import LabError
from core.base.parent_death import end_with_parent
from core.experiment import Experiment

if TYPE_CHECKING:
    from core.studies.work import Work

ROOT = Path(__file__).parents[2]
ENDED = "The second process of the study was ended from outside: resume it."
POSSIBLE = hasattr(os, "set_blocking")  # of a pipe: on Windows from Python 3.12 on
SINGLE = {"OMP_NUM_THREADS": "1", "LAB_THREADS": "1"}

Task = tuple[int, int]  # which proposal of the study, which piece of it


class Helper:
    """The parent's end: gives tasks, hears points. `work` of the proposal `place` comes along where
    it is small: loading the data anew takes longer than starting the process.
    """

    def __init__(self, home: Path, study: str, place: int, work: "Work"):
        command = [sys.executable, "-m", "core.studies.study_worker", str(home), study]
        how = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        with tempfile.TemporaryFile() as file:
            if work.travels and os.name == "posix":
                pickle.dump((place, work), file)
                file.seek(0)
                command.append(str(file.fileno()))
                how["pass_fds"] = [file.fileno()]
            self.process = subprocess.Popen(command, env={**os.environ, **SINGLE}, **how)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.tasks: deque[Task] = deque()
        self.rest = b""

    def give(self, task: Task, experiment: Experiment) -> None:
        """Asks for one more piece. LabError when the process is gone."""
        self.tasks.append(task)
        request = {"place": task[0], "piece": task[1], "experiment": encode(experiment)}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise LabError(ENDED) from None

    def heard(self) -> Iterator[tuple[Task, dict[str, Any] | None]]:
        """What has come since: points of the oldest task, and None when it is done. LabError when
        the process has failed.
        """
        while block := self.process.stdout.read(1 << 16):
            self.rest += block
        *lines, self.rest = self.rest.split(b"\n")
        for line in lines:
            data = json.loads(line)
            if "error" in data:
                raise LabError(data["error"])
            if data.get("end"):
                yield self.tasks.popleft(), None
            else:
                yield self.tasks[0], data
        if self.tasks and not lines and self.process.poll() is not None:
            raise LabError(ENDED)

    def close(self) -> None:
        """Ends the process at once; what it has not sent is done again."""
        self.process.kill()
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):  # what was not sent yet goes nowhere
                end.close()


def serve(home: Path, study_id: str, file: int | None = None) -> None:
    """The child's end: computes what it is asked for until the pipe ends. `file` holds what came
    along.
    """
    end_with_parent(0)  # nothing is lost: what was not sent is done again
    import torch

    from core.base import device
    from core.data.load import load
    from core.studies.folder import Studies
    from core.studies.records import plain_point
    from core.studies.study import Study
    from core.studies.work import work_of

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's affair
    device.prepare()
    torch.set_num_threads(1)
    study = decode(Study, Studies(home).experiment(study_id))
    parent, place, work = os.getppid(), -1, None
    if file is not None:
        with os.fdopen(file, "rb") as given:
            place, work = pickle.load(given)  # from our own parent

    def poll_control() -> None:
        if os.getppid() != parent:
            sys.exit(0)

    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["place"] != place:
                experiment = decode(Experiment, request["experiment"])
                samples = load(experiment.data, home)
                work = work_of(study.method, experiment, samples, study.repeats)
                place = request["place"]
            for index, point in enumerate(work.points(request["piece"], poll_control)):
                _say(index=index, point=plain_point(point))
            _say(end=True)
        except LabError as error:
            _say(error=str(error))


def _say(**what: Any) -> None:
    try:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(0)  # the parent is gone, and so is where a message would go


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
