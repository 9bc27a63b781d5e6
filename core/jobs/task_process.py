"""Short tasks in a process of their own (`LAB_WORKER=process`): what breaks, eats the memory or
hangs there ends that one task, never the lab. One process does one task after another, for its
start takes longer than most of them.

Questions and answers are JSON lines. After every answer the child waits for a word, GO or STOP. It
ends when its pipe does, also when the lab was killed.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.control import GO, STOP
from core.base.encoding import from_json_text, to_json_text
from core.base.errors import LabError, Unavailable
from core.base.parent_death import end_with_parent
from core.jobs import worker
from core.jobs.measure import Found, measure, said

OBEYS = 2.0  # seconds within which a child that shall stop has answered, or is killed

KILLED = (
    "The system ended it, most likely because the machine ran out of memory: halve the batch size "
    "or take fewer rows, or make the network narrower."
)
BROKE = "Its process broke down ({0}); the log may have details. Ask for it again."
HUNG = "It gave no sign of life for {0:.0f} s and was ended. Ask for it again."
STOPPED = "It was stopped."


class Answerer:
    """The parent's end. The process begins with the first question, and anew after its death. One
    thread asks; any may close.
    """

    def __init__(self, home: Path):
        self.home = home
        self.process: subprocess.Popen | None = None
        self.heard: queue.Queue[dict[str, Any] | None] = queue.Queue()  # None: it has ended

    def ask(self, kind: str, text: str, run: str, over: Callable[[], bool]) -> Found:
        """The answers of one task of core/jobs/measure.py. Who closes the iterator stops the task;
        so does `over()`, which is asked between two answers too. LabError in one sentence where the
        task, or its process, fails.
        """
        if over():
            return
        self._begin()
        self._say({"kind": kind, "text": text, "run": run})
        try:
            while answer := self._hear(over):
                if "problem" in answer:
                    raise LabError(answer["problem"])
                yield answer["share"], answer["found"]
                self._say(GO)
        except GeneratorExit:
            self._say(STOP)
            with contextlib.suppress(LabError):
                self._hear(lambda: True)
            raise

    def close(self) -> None:
        """Ends the process; the next question begins another one."""
        if self.process:
            self.process.kill()
            self.process.wait()
            for end in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    end.close()
        self.process = None

    def _begin(self) -> None:
        if self.process and self.process.poll() is None:
            return
        self.close()
        self.heard = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.task_process", str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=worker.ROOT,
            start_new_session=True,  # Ctrl+C is the parent's affair
        )
        threading.Thread(target=_listen, args=(self.process, self.heard), daemon=True).start()

    def _say(self, what: Any) -> None:
        process = self.process
        with contextlib.suppress(OSError, ValueError):  # its death is heard
            if process:
                process.stdin.write(to_json_text(what).encode() + b"\n")
                process.stdin.flush()

    def _hear(self, over: Callable[[], bool]) -> dict[str, Any]:
        """The next answer; empty at the end of the task."""
        process, heard = self.process, time.monotonic()
        asked, work = None, worker.worked(process.pid)
        while True:
            with contextlib.suppress(queue.Empty):
                answer = self.heard.get(timeout=worker.LOOK)
                if answer is None:
                    status = process.wait()
                    self.close()
                    raise Unavailable(judged(status))
                return answer
            now, spent = time.monotonic(), worker.worked(process.pid)
            if spent - work > 0.1 * worker.LOOK:
                heard, work = now, spent
            asked = asked or (now if over() else None)
            if asked and now - asked > OBEYS:
                self.close()
                raise Unavailable(STOPPED)
            if now - heard > worker.silent():
                self.close()
                raise Unavailable(HUNG.format(worker.silent()))


def _listen(process: subprocess.Popen, heard: queue.Queue) -> None:
    with contextlib.suppress(OSError, ValueError):  # closed meanwhile, or a torn line
        for line in process.stdout:
            heard.put(from_json_text(line))
    heard.put(None)


def judged(status: int) -> str:
    """What the end of the process means for the task that it was at."""
    if status == -getattr(signal, "SIGKILL", 9):
        return KILLED
    name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return BROKE.format(name)


# --- the child's end


def main(home: str) -> None:
    """Answers what is asked on standard input until that ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    words: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_words, args=(words,), daemon=True).start()
    end_with_parent()
    with contextlib.suppress(OSError):  # where memory ends, the child goes, not the lab
        Path("/proc/self/oom_score_adj").write_text("800")
    from core.base import device

    def say(**what: Any) -> None:
        answers.write(to_json_text(what) + "\n")
        answers.flush()

    device.prepare()
    while True:
        asked = words.get()
        try:
            for share, found in measure(Path(home), **asked):
                say(share=share, found=found)
                if words.get() == STOP:
                    break
            say()
        except BrokenPipeError:
            os._exit(1)
        except Exception as error:
            say(problem=said(error))


def _words(words: queue.SimpleQueue) -> None:
    """The lab's lines until the pipe ends: then nobody waits for an answer."""
    for line in sys.stdin:
        words.put(from_json_text(line))
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
