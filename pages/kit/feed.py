"""Server-sent events for the live charts: one reader per watched run, one text for all clients with
the same position.

Knows the store and History, no widget. Clients need no queue: each one sends its position
(`marks`), so that a slow client gets fewer and larger deltas, and a client that returns after a
restart of the server gets what it lacks.
"""

import asyncio
import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

import plotly
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from core.access.pseudonyms import lab_key
from core.base.encoding import decode, to_json_text
from core.base.errors import LabError, NotFound
from core.experiment import Experiment
from core.jobs import runner
from core.runs.history import History
from core.runs.store import Store

READ_EVERY = 0.3  # seconds between two reads of the file, …
MANY = 15  # … for this many listeners; it increases with more, since each one gets every read
SNAPSHOT = 0.7  # seconds after which what a page shows is read anew, …
STREAMED = 5.0  # … and while a stream reads it: a page shows what its charts already have
QUIET_AFTER = 15.0  # seconds without news after which a comment keeps the connection open
MAX_TAILS = 16  # histories in memory; the least recently used one is dropped first

clock = time.monotonic
closing = threading.Event()  # Set when the server stops: every stream ends.


class Tail:
    """The history of one run, up to date with its events file. Thread-safe."""

    def __init__(self, store: Store, run: str):
        self.store, self.run = store, run
        self._lock = threading.Lock()
        self._made, self._offset, self.history = None, 0, _empty_history(store, run)
        self._read_at = -inf
        self.streamed = False  # whether a stream reads the file, several times a second
        self._texts: dict[
            str, tuple[str, str]
        ] = {}  # marks -> delta and new marks, of the present version

    def advance(self) -> int:
        """Read the new events and return the version of the history. Raises NotFound."""
        with self._lock:
            self._read_at = clock()
            self._restart_if_replaced()
            lines, self._offset = self.store.read(self.run, self._offset)
            if lines:
                self.history.add(lines)
                self._texts.clear()
            return self.history.version

    def _restart_if_replaced(self) -> None:
        """An archive can restore a run whose folder was removed, with other events."""
        made = self.store.stamp(self.run)[0]
        if self._made not in (None, made):
            generation = self.history.generation + 1
            self._offset, self.history = 0, _empty_history(self.store, self.run)
            self.history.generation = generation
            self._texts.clear()
        self._made = made

    def delta(self, marks: str) -> tuple[str, str]:
        """Return (JSON text, new marks) for a client at `marks`, created once for all such
        clients.
        """
        with self._lock:
            if marks not in self._texts:
                made = self.history.since(marks)
                self._texts[marks] = to_json_text(made), made["marks"]
            return self._texts[marks]

    @contextmanager
    def read(self) -> Iterator[History]:
        """Return the history, up to date and locked."""
        self.advance()
        with self._lock:
            yield self.history

    @contextmanager
    def snapshot(self) -> Iterator[History]:
        """Return the history as a live page shows it, locked. The stream has sent it before, so
        that the charts can show the same moment (`live_chart.show_until`).
        """
        if clock() - self._read_at > (STREAMED if self.streamed else SNAPSHOT):
            self.advance()
        with self._lock:
            yield self.history

    def moment(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the present columns and facts."""
        with self.read() as history:
            return history.columns(), history.facts()

    @property
    def over(self) -> bool:
        return self.history.ended is not None


def _empty_history(store: Store, run: str) -> History:
    """Return the history of the run before its first event, which knows nothing of its experiment
    if this version cannot read that.
    """
    try:
        experiment = decode(Experiment, store.experiment(run))
    except LabError:
        return History()
    return History(experiment.stopping, experiment.fork)


_tails: OrderedDict[tuple[Path, str], Tail] = OrderedDict()
_tails_lock = threading.Lock()


def tail(run: str, store: Store | None = None) -> Tail:
    """Return the one tail of this run in this process. Raises NotFound."""
    store = store or runner.current().store
    store.path(run)
    with _tails_lock:
        entry = _tails.setdefault((store.root, run), Tail(store, run))
        _tails.move_to_end((store.root, run))
        while len(_tails) > MAX_TAILS:
            _tails.popitem(last=False)
        return entry


# --- who may listen


def token(run: str, home: Path | None = None) -> str:
    """Return the token that a page needs for this run: 128 bits of HMAC-SHA256 of its id."""
    key = lab_key(home or runner.current().store.home)
    return hmac.new(key, run.encode(), hashlib.sha256).hexdigest()[:32]


def _allowed(request: Request) -> bool:
    presented = request.query_params.get("token", "")
    return hmac.compare_digest(presented.encode(), token(request.path_params["run"]).encode())


# --- one reader per run, while there are listeners


def pause(listeners: int) -> float:
    """Return the seconds between two reads: thirty viewers cost no more than fifteen."""
    return READ_EVERY * max(1.0, listeners / MANY)


class Watch:
    """A reader of a run's file, a few times a second while it has listeners, which it wakes on
    news.
    """

    def __init__(self, source: Tail):
        self.tail, self.listeners, self.version, self.gone = source, 0, -1, False
        self.news = asyncio.Event()
        self.task: asyncio.Task | None = None

    async def _read(self) -> None:
        while self.listeners and not closing.is_set():
            self.tail.streamed = True
            try:
                version = await to_thread.run_sync(self.tail.advance)
            except (NotFound, OSError):  # deleted meanwhile, or unreadable
                self.gone = True
                break
            if version != self.version:
                self.version = version
                self.news.set()
                self.news = asyncio.Event()
            await asyncio.sleep(pause(self.listeners))
        self.tail.streamed = False
        _watches.pop(self.tail.run, None)

    async def deltas(self, marks: str) -> AsyncIterator[str]:
        """Yield server-sent events from `marks` on, until the run has ended or the server stops."""
        self.listeners += 1
        if self.task is None or self.task.done():
            _watches[self.tail.run] = self
            self.version = await to_thread.run_sync(self.tail.advance)
            self.task = asyncio.create_task(self._read())
        seen, sent_at = None, time.monotonic()
        try:
            while not closing.is_set():
                news = self.news
                if seen != self.version:
                    seen, over = self.version, self.tail.over
                    text, marks = await to_thread.run_sync(self.tail.delta, marks)
                    yield f"id: {marks}\nevent: delta\ndata: {text}\n\n"
                    sent_at = time.monotonic()
                    if over:
                        yield "event: over\ndata: {}\n\n"
                        return
                elif self.gone:
                    return
                elif time.monotonic() - sent_at > QUIET_AFTER:
                    sent_at = time.monotonic()
                    yield ": keep-alive\n\n"
                try:
                    # Short, so that a stop of the server is noticed.
                    await asyncio.wait_for(news.wait(), 0.5)
                except TimeoutError:
                    continue
        finally:
            self.listeners -= 1


_watches: dict[str, Watch] = {}


async def stream(request: Request) -> Response:
    """GET /feed/{run}?token=…: the run's deltas as server-sent events, from Last-Event-ID or
    ?since= on.
    """
    if not _allowed(request):
        return JSONResponse({"error": "The token is not valid for this run. Reload the page."}, 403)
    run = request.path_params["run"]
    try:
        source = await to_thread.run_sync(tail, run)
    except NotFound as error:
        return JSONResponse({"error": str(error)}, 404)
    watch = _watches.setdefault(run, Watch(source))
    marks = request.headers.get("last-event-id") or request.query_params.get("since", "")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(watch.deltas(marks), media_type="text/event-stream", headers=headers)


async def poll(request: Request) -> Response:
    """GET /feed/{run}/poll?token=…&since=…: one delta as JSON, for networks that block streams."""
    if not _allowed(request):
        return JSONResponse({"error": "The token is not valid for this run. Reload the page."}, 403)
    try:
        source = await to_thread.run_sync(tail, request.path_params["run"])
        await to_thread.run_sync(source.advance)
    except NotFound as error:
        return JSONResponse({"error": str(error)}, 404)
    text, _ = await to_thread.run_sync(source.delta, request.query_params.get("since", ""))
    return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})


class _ImmutableFiles(StaticFiles):
    """Files that never change: their address contains the version."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


PLOTLY = f"/plotly-{plotly.__version__}"  # a new version has a new address


def routes() -> list[BaseRoute]:
    """Return the app's own routes: feed, polling, and plotly's JavaScript from the package."""
    files = _ImmutableFiles(
        directory=Path(plotly.__file__).parent / "package_data", check_dir=False
    )
    return [Route("/feed/{run}", stream), Route("/feed/{run}/poll", poll), Mount(PLOTLY, files)]
