"""Time from pen up to the answer on the page Predict: `python -m benchmarks.predict`.

A server in class mode answers drawings with a LeNet on 28 × 28 digits. First a browser (Chromium by
Playwright, as in the tests) draws alone: the time from the release of the mouse until the bars on
the screen have changed. Then it draws while 29 other people (websocket clients, which behave like
browser tabs) draw too, each one stroke every two seconds. Reported: medians and 95th percentiles,
those of the other people until their bars arrive; and the CPU time of the server for each drawing.

Target: a median of 0.3 s.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import playwright.sync_api
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks.answers import IDLE, browser_page
from benchmarks.clients import ARRIVAL_INTERVAL, Seen, Viewer
from benchmarks.viewers import ROOT
from core.analysis.catalogue import Familiarity
from core.analysis.results import result_of
from core.base.encoding import encode
from core.data.datasets import Digits
from core.experiment import Experiment
from core.jobs.kinds import KINDS, RUN
from core.network.presets import LeNet
from core.predict.strokes import GRID
from core.runs.store import Store
from tests.conftest import serve

PAUSE = 2.0  # seconds between two strokes of a person
BARS = '[aria-label="Probability of each class"]'
WATCH = """bars => {
  const state = () => JSON.stringify([...document.querySelectorAll(bars)].map(p => p.data?.[0].x));
  const before = state();
  window.labDelay = null;
  addEventListener("pointerup", () => {
    const start = performance.now();
    const look = () => {
      if (state() === before) requestAnimationFrame(look);
      else window.labDelay = (performance.now() - start) / 1000;
    };
    look();
  }, { once: true, capture: true });
}"""


def train(home: Path) -> str:
    """Train the network and compare its training samples; return the run."""
    network = LeNet().layers((1, 28, 28))
    experiment = Experiment(data=Digits(size=28), network=network, epochs=5, device="cpu")
    store = Store(home)
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    result_of(store, run, Familiarity())
    return run


def stroke() -> list[int]:
    """Return a random line."""
    return [random.randint(20, GRID - 20) for _ in range(4)]


class Drawer(Viewer):
    """One person who draws."""

    pad = fragment = ""

    async def draw(self) -> None:
        """Open the page, then draw a line every PAUSE until cancelled."""
        async with self._connect() as socket:
            await self._open(socket)
            while True:
                await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))
                self.seen.fragments.append(await self._answer(socket))

    async def _open(self, socket: object) -> None:
        request = BackMsg()
        request.rerun_script.page_name, request.rerun_script.query_string = self.name, self.query
        async for message in self.answers(socket, request):
            component = message.delta.new_element.bidi_component
            if component.component_name == "descent_lab_pad":
                self.pad, self.fragment = component.id, message.delta.fragment_id
            self.hash = message.navigation.page_script_hash or self.hash
        self.seen.loads.append(0.0)

    async def _answer(self, socket: object) -> float:
        """Return the seconds from a stroke to its bars."""
        request = BackMsg()
        drawn = json.dumps({"strokes": [stroke(), stroke()]})
        request.rerun_script.widget_states.widgets.add(id=self.pad, json_value=drawn)
        request.rerun_script.page_name, request.rerun_script.query_string = self.name, self.query
        request.rerun_script.page_script_hash = self.hash
        request.rerun_script.fragment_id = self.fragment
        began, seconds = time.monotonic(), float("nan")
        async for message in self.answers(socket, request):
            name = message.delta.new_element.bidi_component.component_name
            if name == "descent_lab_live" and seconds != seconds:
                seconds = time.monotonic() - began
        return seconds


async def others(url: str, page: str, count: int) -> None:
    """Let this many people draw until a line arrives on standard input; print their times."""
    seen = Seen()
    drawers = []
    for _ in range(count):
        drawers.append(asyncio.create_task(Drawer(url, page, "", seen).draw()))
        await asyncio.sleep(ARRIVAL_INTERVAL)
    while len(seen.loads) < count:
        await asyncio.sleep(0.1)
        for task in drawers:
            if task.done():
                task.result()  # raises what ended it
    print("ready", flush=True)
    seen.fragments.clear()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for task in drawers:
        task.cancel()
    print(json.dumps(seen.fragments), flush=True)


def in_browser(page: playwright.sync_api.Page, times: int) -> list[float]:
    """Return the seconds of each stroke, from the release of the mouse to other bars."""
    canvas, found = page.locator(".lab-pad canvas"), []
    for turn in range(times + 1):
        page.wait_for_selector(IDLE)
        page.evaluate(WATCH, BARS)
        box = canvas.bounding_box()
        x1, y1, x2, y2 = (box["width"] * number / GRID for number in stroke())
        page.mouse.move(box["x"] + x1, box["y"] + y1)
        page.mouse.down()
        page.mouse.move(box["x"] + x2, box["y"] + y2, steps=10)
        page.mouse.up()
        page.wait_for_function("() => window.labDelay !== null")
        found.append(page.evaluate("() => window.labDelay"))
        if turn % 4 == 3:
            page.get_by_role("button", name="Clear", exact=True).click()
            page.locator(BARS).wait_for(state="detached")
    return found[1:]  # the first one fills caches


def describe(seconds: list[float]) -> str:
    """Return the median and the 95th percentile."""
    worst = statistics.quantiles(seconds, n=20)[-1]
    return f"median {statistics.median(seconds):.2f} s, 95th percentile {worst:.2f} s"


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("--strokes", type=int, default=30, help="in the browser")
    options.add_argument("--people", type=int, default=29, help="who draw at the same time")
    options.add_argument("--others", nargs=2, help=argparse.SUPPRESS)  # URL and page
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print one line for the browser alone, one with other people, and one for these."""
    options = parser().parse_args(arguments)
    if options.others:
        with suppress(asyncio.CancelledError):
            asyncio.run(others(*options.others, options.people))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        name = f"predict?run={train(home)}"
        with serve(home, LAB_MODE="class", LAB_PIN="benchmark") as server, browser_page() as page:
            process = psutil.Process(server.process.pid)
            page.goto(f"{server.url}/{name}")
            page.locator(".lab-pad canvas").wait_for()
            print(f"alone    {describe(in_browser(page, options.strokes))}", flush=True)
            command = [sys.executable, "-m", "benchmarks.predict", "--people", str(options.people)]
            pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            command += ["--others", server.url, name]
            with subprocess.Popen(command, cwd=ROOT, **pipes) as clients:
                clients.stdout.readline()
                began, before = time.monotonic(), sum(process.cpu_times()[:2])
                found = in_browser(page, options.strokes)
                spent, wall = sum(process.cpu_times()[:2]) - before, time.monotonic() - began
                times = json.loads(clients.communicate("enough\n")[0])
    drawings = len(times) + len(found)
    print(f"with {options.people:2}  {describe(found)}")
    print(f"the {options.people:2}   {describe(times)}, {drawings / wall:.1f} drawings per second")
    load = os.getloadavg()[0]
    print(f"server   {1000 * spent / drawings:.0f} CPU ms per drawing, load {load:.1f}")


if __name__ == "__main__":
    main()
