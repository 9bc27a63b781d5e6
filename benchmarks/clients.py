"""Viewers without a browser, in one process: `python -m benchmarks.clients URL PAGE FEED COUNT`.

Each does what a browser's tab does on the Watch page: it opens a websocket and speaks Streamlit's
protobuf (runs the page, then each fragment as often as the page asks for it), and listens to the
run's event stream. When all are there it says so; then it counts from one line on standard input to
the next, and tells in one line of JSON.
"""

import asyncio
import json
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass, field

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 60.0  # seconds without an answer that count as an error
APART = 0.1  # seconds between two arrivals
STEP = re.compile(r'"step": ?(\d+)')  # the first in a delta is that of its facts


@dataclass
class Seen:
    """What the viewers met: seconds of first loads and of fragments; for each viewer when it had
    which step of the run (Unix time); errors in words. `core`: seconds of a core for all of it.
    """

    loads: list[float] = field(default_factory=list)
    fragments: list[float] = field(default_factory=list)
    arrivals: list[list[tuple[float, int]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    core: float = 0.0


class Viewer:
    """One tab on the Watch page."""

    def __init__(self, url: str, page: str, feed: str, seen: Seen):
        self.url, self.feed, self.seen = url, feed, seen
        self.name, _, self.query = page.partition("?")
        self.due: dict[str, tuple[float, float]] = {}  # fragment -> its interval, when it is due
        self.buttons: dict[str, str] = {}  # label -> id
        self.hash = ""

    async def watch(self, http: httpx.AsyncClient) -> None:
        """Until it is cancelled. What goes wrong is noted, not raised."""
        try:
            await asyncio.gather(self._page(), self._stream(http))
        except Exception as error:  # whatever it is, this viewer sees nothing any more
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
        """The websocket of a browser that has its own cookie."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        cookies = httpx.get(self.url).cookies.items()
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies)}
        how = dict(subprotocols=["streamlit"], max_size=None, compression=None)
        return websockets.connect(address, additional_headers=headers, **how)

    async def press(self, label: str) -> None:
        """Opens the page, presses the button of this name, and leaves."""
        async with self._connect() as socket:
            await self._run(socket)
            await self._run(socket, button=self.buttons[label])

    async def _run(
        self, socket: websockets.ClientConnection, fragment: str = "", button: str = ""
    ) -> None:
        """Asks for the page or one of its fragments, and reads until it is drawn."""
        asked = BackMsg()
        if button:
            asked.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
        asked.rerun_script.query_string = self.query
        asked.rerun_script.page_name = self.name
        asked.rerun_script.page_script_hash = self.hash
        if fragment:
            asked.rerun_script.fragment_id = fragment
            asked.rerun_script.is_auto_rerun = True
        await socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(), PATIENCE))
            kind = said.WhichOneof("type")
            if kind == "navigation":
                self.hash = said.navigation.page_script_hash
            elif kind == "auto_rerun":
                every = max(said.auto_rerun.interval, 0.1)
                self.due[said.auto_rerun.fragment_id] = every, time.monotonic() + every
            elif kind == "page_info_changed":
                self.query = said.page_info_changed.query_string
            elif kind == "delta":
                self._notice(said.delta.new_element)
            elif kind == "script_finished":
                return

    def _notice(self, element: Element) -> None:
        if element.WhichOneof("type") == "exception":
            self.seen.errors.append(element.exception.message[:200])
        if element.WhichOneof("type") == "button":
            self.buttons[element.button.label] = element.button.id

    async def _stream(self, http: httpx.AsyncClient) -> None:
        """Notes when it has which step."""
        mine: list[tuple[float, int]] = []
        self.seen.arrivals.append(mine)
        async with http.stream("GET", self.url + self.feed, timeout=PATIENCE) as answer:
            if answer.status_code != 200:
                self.seen.errors.append(f"the event stream answers {answer.status_code}")
                return
            async for line in answer.aiter_lines():
                if found := STEP.search(line):
                    mine.append((time.time(), int(found[1])))


async def main(url: str, page: str, feed: str, count: int) -> None:
    """Lets them arrive, counts between two lines on standard input, and tells."""
    seen = Seen()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits) as http:
        viewers = []
        for _ in range(count):
            viewer = Viewer(url, page, feed, seen)
            viewers.append(asyncio.create_task(viewer.watch(http)))
            await asyncio.sleep(APART)
        end = time.monotonic() + PATIENCE
        while len(seen.loads) < count and not seen.errors:
            if time.monotonic() > end:
                seen.errors.append(f"{count - len(seen.loads)} pages not drawn in {PATIENCE:g} s")
            await asyncio.sleep(0.05)
        print("here", flush=True)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, sys.stdin.readline)
        seen.fragments.clear()
        for mine in seen.arrivals:
            mine.clear()
        before = resource.getrusage(resource.RUSAGE_SELF)
        await loop.run_in_executor(None, sys.stdin.readline)
        after = resource.getrusage(resource.RUSAGE_SELF)
        seen.core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
