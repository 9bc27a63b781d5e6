"""Viewers without a browser, in one process: `python -m benchmarks.clients URL PAGE FEED COUNT`.

Each viewer behaves like a browser tab on the Watch page: it opens a websocket and uses the protobuf
messages of Streamlit (it runs the page, then each fragment at the interval that the page requests),
and receives the event stream of the run. The process prints a line when all viewers have loaded the
page. It then measures between two lines on standard input, and prints the result as one line of
JSON.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

TIMEOUT = 60.0  # seconds without an answer that count as an error
ARRIVAL_INTERVAL = 0.1  # seconds between two arrivals
STEP = re.compile(r'"step": ?(\d+)')  # the first one in an update


@dataclass
class Seen:
    """What the viewers observed: seconds of first loads and of fragments; for each viewer, when it
    received which step of the run (Unix time); error messages. `cpu_seconds` is the CPU time of all
    viewers.
    """

    loads: list[float] = field(default_factory=list)
    fragments: list[float] = field(default_factory=list)
    arrivals: list[list[tuple[float, int]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0


class Viewer:
    """One tab on the Watch page."""

    def __init__(self, url: str, page: str, feed: str, seen: Seen):
        self.url, self.feed, self.seen = url, feed, seen
        self.name, _, self.query = page.partition("?")
        self.due: dict[str, tuple[float, float]] = {}  # fragment -> interval, due time
        self.buttons: dict[str, str] = {}  # label -> id
        self.hash = ""

    async def watch(self, http: httpx.AsyncClient) -> None:
        """Watch until cancelled. Errors are recorded, not raised."""
        try:
            await asyncio.gather(self._page(), self._stream(http))
        except Exception as error:  # any error ends this viewer
            self.seen.errors.append(f"{type(error).__name__}: {error}"[:200])

    async def _page(self) -> None:
        began = time.monotonic()
        async with self._connect() as socket:
            await self._run(socket)
            self.seen.loads.append(time.monotonic() - began)
            while True:
                now = time.monotonic()
                fragment, (every, due) = min(
                    self.due.items(), key=lambda item: item[1][1], default=("", (1.0, now + 1))
                )
                await asyncio.sleep(max(0.0, due - now))
                if not fragment:
                    continue
                self.due[fragment] = every, time.monotonic() + every
                began = time.monotonic()
                await self._run(socket, fragment)
                self.seen.fragments.append(time.monotonic() - began)

    def _connect(self) -> websockets.connect:
        """Return the websocket of a browser with its own cookie."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        cookies = httpx.get(self.url).cookies.items()
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies)}
        options = dict(subprotocols=["streamlit"], max_size=None, compression=None)
        return websockets.connect(address, additional_headers=headers, **options)

    async def press(self, label: str) -> None:
        """Open the page, press the button with this label, and disconnect."""
        async with self._connect() as socket:
            await self._run(socket)
            await self._run(socket, button=self.buttons[label])

    async def _run(
        self, socket: websockets.ClientConnection, fragment: str = "", button: str = ""
    ) -> None:
        """Request the page or one of its fragments, and read until it is drawn."""
        request = BackMsg()
        if button:
            request.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
        request.rerun_script.query_string = self.query
        request.rerun_script.page_name = self.name
        request.rerun_script.page_script_hash = self.hash
        if fragment:
            request.rerun_script.fragment_id = fragment
            request.rerun_script.is_auto_rerun = True
        async for message in self.answers(socket, request):
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self.hash = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                every = max(message.auto_rerun.interval, 0.1)
                self.due[message.auto_rerun.fragment_id] = every, time.monotonic() + every
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                self._notice(message.delta.new_element)

    @staticmethod
    async def answers(
        socket: websockets.ClientConnection, request: BackMsg
    ) -> AsyncIterator[ForwardMsg]:
        """Send a request, and yield the messages of the server until the script has finished."""
        await socket.send(request.SerializeToString())
        while True:
            message = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(), TIMEOUT))
            if message.WhichOneof("type") == "script_finished":
                return
            yield message

    def _notice(self, element: Element) -> None:
        if element.WhichOneof("type") == "exception":
            self.seen.errors.append(element.exception.message[:200])
        if element.WhichOneof("type") == "button":
            self.buttons[element.button.label] = element.button.id

    async def _stream(self, http: httpx.AsyncClient) -> None:
        """Record when each step arrives."""
        arrivals: list[tuple[float, int]] = []
        self.seen.arrivals.append(arrivals)
        async with http.stream("GET", self.url + self.feed, timeout=TIMEOUT) as answer:
            if answer.status_code != 200:
                self.seen.errors.append(f"the event stream returned status {answer.status_code}")
                return
            async for line in answer.aiter_lines():
                if match := STEP.search(line):
                    arrivals.append((time.time(), int(match[1])))


async def main(url: str, page: str, feed: str, count: int) -> None:
    """Connect all viewers, measure between two lines on standard input, and print the result."""
    seen = Seen()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits) as http:
        viewers = []
        for _ in range(count):
            viewer = Viewer(url, page, feed, seen)
            viewers.append(asyncio.create_task(viewer.watch(http)))
            await asyncio.sleep(ARRIVAL_INTERVAL)
        end = time.monotonic() + TIMEOUT
        while len(seen.loads) < count and not seen.errors:
            if time.monotonic() > end:
                seen.errors.append(f"{count - len(seen.loads)} pages not drawn in {TIMEOUT:g} s")
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, sys.stdin.readline)
        seen.fragments.clear()
        for arrivals in seen.arrivals:
            arrivals.clear()
        before = resource.getrusage(resource.RUSAGE_SELF)
        await loop.run_in_executor(None, sys.stdin.readline)
        after = resource.getrusage(resource.RUSAGE_SELF)
        seen.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
