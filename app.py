"""The entry of `streamlit run app.py`: routes, guards, start-up and shutdown. What a person sees is
in pages/.

SIGTERM needs care: with one open event stream the server waits for ever, and the training thread
must be saved and joined before the interpreter ends. So the signal ends the streams first, then the
server; the lifespan closes the runner.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit import config

from core.access import ownership
from core.base import device
from core.base.errors import LabError
from core.base.settings import require_writable, settings
from core.data.library import Library
from core.jobs import runner, tasks
from core.runs.store import Store, default_home
from core.studies.folder import Studies
from pages.kit import feed, hosts, login
from pages.kit.form import escape
from pages.kit.teacher_session import Seat

log = logging.getLogger("descent_lab")

CLASS_UPLOAD = 100  # MB a file in classroom mode: thirty people's uploads lie in memory at once
NO_TEACHER = (
    "  Nobody can take the teacher's seat: no PIN is set. Start with LAB_PIN=… (at least six "
    "characters), such as `make class LAB_PIN=480215` with a number of your own.\n"
)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Sets the process up before the first page, and leaves it with every run saved."""
    feed.closing.clear()
    _end_streams_first()
    limit_uploads()
    if (
        not settings().uses_processes
    ):  # a server that trains nothing gives the memory of uploads back
        device.prepare()
    os.environ.setdefault("LAB_THREADS", str(max(1, device.cores() - 1)))  # one is the viewers'
    await asyncio.to_thread(warm_up)
    work = runner.current()
    await asyncio.to_thread(tidy, work.store)
    if hosts.open_to_all():
        print(hosts.told(), flush=True)
    if ownership.mode() == ownership.CLASS and not settings().pin:
        print(NO_TEACHER, flush=True)
    yield
    feed.closing.set()  # also when the server ends without a signal
    await asyncio.to_thread(tasks.current(work.store.home).close)
    await asyncio.to_thread(work.close)


def warm_up() -> None:
    """Imports what every page needs, then hides it all from the garbage collector.

    A full collection visits every object of torch, plotly and pandas: 140 ms, this way 1 ms.
    """
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401

    device.warm_up()
    gc.collect()
    gc.freeze()


def tidy(store: Store) -> None:
    """What was deleted long ago and what killed processes left behind goes."""
    for place in (store, Studies(store.home), Library(store.home)):
        place.tidy()


def limit_uploads() -> None:
    """LAB_MODE=class lowers the server's own limit; a page asks
    `st.get_option("server.maxUploadSize")`.
    """
    if ownership.mode() == ownership.CLASS:
        least = min(CLASS_UPLOAD, config.get_option("server.maxUploadSize"))
        config.set_option("server.maxUploadSize", least)


def checked() -> None:
    """Ends the start with status 2 and one sentence where a variable of the environment says what
    the lab does not know.
    """
    try:
        settings()
        login.check()
        require_writable(default_home())
    except LabError as error:
        refuse(str(error))


def refuse(why: str) -> None:
    """Ends the process with one sentence and the exit status of bad input."""
    print(why, file=sys.stderr)
    sys.exit(2)


def seats() -> list[Middleware]:
    """How a browser is known: in class mode by a token, in lab mode by its login."""
    kinds = {ownership.CLASS: [Seat], ownership.OIDC: [login.WayBack]}
    return [Middleware(kind) for kind in kinds.get(ownership.mode(), [])]


def say_fault(error: Exception) -> bool:
    """One sentence in place of a traceback; the log has it whole. Nothing that runs is touched."""
    if isinstance(error, LabError):
        st.error(escape(str(error)), icon=":material/error:")
        return True
    log.error("a page failed", exc_info=error)
    st.error(
        f"This page made a mistake ({type(error).__name__}): reload it, or open another one. "
        "Runs go on and nothing is lost; the server's log has the details.",
        icon=":material/error:",
    )
    return True


def _end_streams_first() -> None:
    """Puts our handler before uvicorn's for SIGTERM and Ctrl+C; nothing where no server runs in the
    main thread.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        server = getattr(signal.getsignal(number), "__self__", None)
        if not hasattr(server, "should_exit"):
            continue

        def stop(*_: object, server: object = server) -> None:
            feed.closing.set()
            server.should_exit = True

        signal.signal(number, stop)


checked()
app = st.App(
    "pages/main.py",
    routes=feed.routes(),
    middleware=[
        Middleware(
            TrustedHostMiddleware,
            allowed_hosts=hosts.answered(),
        ),
        *seats(),
    ],
    lifespan=lifespan,
    on_script_error=say_fault,
)

if __name__ == "__main__":
    refuse("Start the lab with `streamlit run app.py` or `make run`: only then its settings count.")
