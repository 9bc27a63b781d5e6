"""Child processes that do not import torch again, which takes 2 s of processor time for each.

A server imports the large libraries, and nothing of the lab, once for all tests of a process. It
forks for every Python process that a test starts with the fixture `quick_processes`. The fork has
the arguments, environment, folder and pipes of a new interpreter, and is a child of the process
that asked for it. Real starts are tested too: of each kind of child in core/jobs/test_worker.py and
test_task_process.py (below a lab of its own), core/studies/test_sweeps.py and
core/data/spreadsheet/test_workbook.py, and of any child in core/base/test_process.py.
"""

import atexit
import contextlib
import ctypes
import json
import os
import runpy
import socket
import struct
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "torch", "pandas", "pydantic", "psutil", "safetensors.torch", "plotly.graph_objects",
    "streamlit.web.bootstrap", "scipy.stats",
)  # fmt: skip
_SUBREAPER = 36  # prctl.h: orphans below this process become its children
_INHERITED = -1  # of a Popen: the stream of this process


# --- the test's end


class ForkServer:
    """Start it with `with`. Any thread may ask it for a child."""

    def __enter__(self) -> "ForkServer":
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", __file__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        self.socket, self.lock = ours, threading.Lock()
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.wait()
        ctypes.CDLL(None).prctl(_SUBREAPER, 0, 0, 0, 0)

    def fork(self, streams: tuple[int, int, int], **request: Any) -> int:
        """Return the process id of a new child of this process."""
        content = json.dumps(request).encode()
        with self.lock:
            socket.send_fds(self.socket, [struct.pack("I", len(content))], streams)
            self.socket.sendall(content)
            return struct.unpack("I", self.socket.recv(4))[0]

    def popen(self) -> type[subprocess.Popen]:
        """Return a Popen that starts modules and isolated scripts in forks."""
        server = self

        class ForkedPopen(subprocess.Popen):
            def _execute_child(self, args: Any, *rest: Any) -> None:
                cwd, env, streams, session = rest[4], rest[5], rest[9:15], rest[20]
                if not is_served(args):
                    super()._execute_child(args, *rest)
                    return
                stdin, _, _, stdout, _, stderr = streams
                given = (stdin, stdout, stderr)
                self.pid = server.fork(
                    tuple(i if fd == _INHERITED else fd for i, fd in enumerate(given)),
                    arguments=list(map(str, args[1:])),
                    environment=dict(os.environ if env is None else env),
                    folder=str(cwd or Path.cwd()),
                    session=session,
                )
                self._child_created = True
                self._close_pipe_fds(*streams)

        return ForkedPopen


def is_served(args: Any) -> bool:
    """Whether Python is started with a module, a code, or a file without access to the lab."""
    if not isinstance(args, list) or len(args) < 3 or args[0] != sys.executable:
        return False
    return args[1] in ("-m", "-c", "-I")


# --- the server's end


def serve(channel: socket.socket) -> None:
    """Answer requests until the other end is closed."""
    while True:
        size, streams, *_ = socket.recv_fds(channel, 4, 3)
        if not size:
            return
        content = b""
        while len(content) < struct.unpack("I", size)[0]:
            content += channel.recv(1 << 16)
        request = json.loads(content)
        may_begin, begin = os.pipe()
        told, tell = os.pipe()
        middle = os.fork()
        if not middle:  # ends, so that its child gets the process of the tests as its parent
            child = os.fork()
            if child:
                os.write(tell, struct.pack("I", child))
                os._exit(0)
            channel.close()
            os.close(begin)
            os.read(may_begin, 1)
            run(request, streams)
        os.waitpid(middle, 0)
        channel.sendall(os.read(told, 4))
        for each in (*streams, may_begin, begin, told, tell):
            os.close(each)


def run(request: dict[str, Any], streams: list[int]) -> None:
    """Become the child, and end with the exit status of an interpreter."""
    if request["session"]:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 64)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    option, *rest = request["arguments"]
    if option != "-I":
        sys.path.insert(0, request["folder"])
    elif rest[0] == "-c":
        option, *rest = rest
    name, *arguments = rest
    sys.argv = ["-c" if option == "-c" else name, *arguments]
    status: Any = 0
    try:
        if option == "-m":
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        elif option == "-c":
            exec(compile(name, "<string>", "exec"), sys.modules["__main__"].__dict__)
        else:
            runpy.run_path(name, run_name="__main__")
    except SystemExit as error:
        status = error.code
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status if isinstance(status, int) else status is not None)


if __name__ == "__main__":
    for library in _LIBRARIES:
        __import__(library)
    serve(socket.socket(fileno=int(sys.argv[1])))
