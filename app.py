"""The entry point of `streamlit run app.py`: routes, guards, startup and shutdown. The pages are in
pages/.

SIGTERM needs care: a server with one open event stream waits for ever, and the current run must be
saved and its thread joined before the interpreter exits. The signal therefore ends the streams
first, then the server; the lifespan closes the runner.
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
from core.jobs.kinds import KINDS
from core.runs import trash
from core.runs.store import Store, default_home
from core.weights.library import WeightsLibrary
from pages.kit import feed, hosts, login, presses, site
from pages.kit.form import escape
from pages.kit.teacher_session import BrowserIdentity

log = logging.getLogger("descent_lab")

CLASS_UPLOAD = 100  # MB per file in class mode: thirty people's uploads share the memory
NO_PIN = (
    "  No teacher PIN is set, so nobody can change other people's runs. To set one, start with "
    "LAB_PIN=… (at least six characters), such as `make class LAB_PIN=480215` with a number of "
    "your own.\n"
)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Prepare the process before the first page; at the end, save every run."""
    feed.closing.clear()
    _end_streams_first()
    limit_uploads()
    if not settings().uses_processes:  # a server that only shows pages frees memory of uploads
        device.prepare()
    free = str(max(1, device.cores() - 1))  # one core is left to the pages
    os.environ.setdefault("LAB_THREADS", free)
    await asyncio.to_thread(warm_up)
    work = runner.current()
    await asyncio.to_thread(clean_up, work.store)
    if hosts.is_open_to_network():
        print(hosts.describe_addresses(), flush=True)
    if ownership.mode() == ownership.CLASS and not settings().pin:
        print(NO_PIN, flush=True)
    yield
    feed.closing.set()  # also when the server ends without a signal
    await asyncio.to_thread(tasks.current(work.store.home).close)
    await asyncio.to_thread(work.close)


def warm_up() -> None:
    """Import what every page needs, then exclude it from garbage collection.

    A full collection that visits every object of torch, plotly and pandas takes 140 ms; without
    them it takes 1 ms.
    """
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401

    device.warm_up()
    gc.collect()
    gc.freeze()


def clean_up(store: Store) -> None:
    """Remove what was deleted long ago, and the leftovers of killed processes."""
    folders = [kind.store(store.home) for kind in KINDS.values()]
    for folder in folders:
        trash.purge(folder)
    for folder in (*folders, Library(store.home), WeightsLibrary(store.home)):
        folder.tidy()


def limit_uploads() -> None:
    """Lower the server's upload limit in class mode. Pages read it as
    `st.get_option("server.maxUploadSize")`.
    """
    if ownership.mode() == ownership.CLASS:
        limit = min(CLASS_UPLOAD, config.get_option("server.maxUploadSize"))
        config.set_option("server.maxUploadSize", limit)


def check_settings() -> None:
    """Exit with status 2 and a message if a variable of the environment is invalid."""
    try:
        settings()
        login.check_configuration()
        require_writable(default_home())
    except LabError as error:
        refuse(str(error))


def refuse(reason: str) -> None:
    """Exit with a message and the exit status of invalid input."""
    print(reason, file=sys.stderr)
    sys.exit(2)


def identity_middleware() -> list[Middleware]:
    """Return the middleware that identifies a browser: by a token in class mode, by a login in lab
    mode.
    """
    classes = {ownership.CLASS: BrowserIdentity, ownership.OIDC: login.LoginRedirect}
    return [Middleware(each) for mode, each in classes.items() if mode == ownership.mode()]


def show_error(error: Exception) -> bool:
    """Show a message instead of a traceback, which is written to the log. Runs are not affected."""
    if isinstance(error, LabError):
        st.error(escape(str(error)), icon=":material/error:")
        return True
    log.error("a page failed", exc_info=error)
    st.error(
        f"Internal error ({type(error).__name__}). Reload this page or open another one. "
        "Your runs are safe; the details are in the server log.",
        icon=":material/error:",
    )
    return True


def _end_streams_first() -> None:
    """Install a handler before uvicorn's for SIGTERM and Ctrl+C; nothing where no server runs in
    the main thread.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        server = getattr(signal.getsignal(number), "__self__", None)
        if not hasattr(server, "should_exit"):
            continue

        def stop(*_: object, server: object = server) -> None:
            feed.closing.set()
            server.should_exit = True

        signal.signal(number, stop)


check_settings()
presses.keep_all()
app = st.App(
    "pages/main.py",
    routes=[*feed.routes(), *site.routes()],
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts.allowed_hosts()),
        *identity_middleware(),
    ],
    lifespan=lifespan,
    on_script_error=show_error,
)

if __name__ == "__main__":
    refuse("Start the app with `streamlit run app.py` or `make run`, so that its settings apply.")
