"""Time from a press to the redrawn page in a real browser: `python -m benchmarks.answers`.

A browser (Chromium by Playwright, as in the tests) opens Network and Train of a lab that trains
nothing. Widgets of several kinds are used again and again: a row that opens and closes, a button
that copies a layer, a number, a switch, a menu, Undo. Reported for each: the median and the worst
time from the press until the page of the server is drawn; the median CPU time of the server, which
other work on the machine hardly changes; and the load of the machine.

Target: 0.3 s.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import playwright.sync_api
import psutil

from core.base.encoding import to_link
from core.experiment import Experiment
from tests.conftest import CHROMIUM, DESKTOP, QUIET, serve

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
WATCH = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  window.labStart = null; window.labEnd = null;
  new MutationObserver(() => {
    if (app.getAttribute('data-test-script-state') !== 'notRunning') window.labEnd = null;
    else if (window.labStart) window.labEnd ??= performance.now();
  }).observe(app, {attributes: true});
  for (const kind of ['pointerdown', 'keydown'])
    document.addEventListener(kind, () => { window.labStart = performance.now(); }, true);
}"""
TIMEOUT = 120_000  # ms, for a busy machine
Press = Callable[[playwright.sync_api.Page, int], None]


def press_keys(*keys: str) -> Press:
    """Press the buttons with these keys in turn."""
    return lambda page, turn: page.locator(
        f".st-key-{keys[turn % len(keys)]} button:visible"
    ).first.click()


def type_number(label: str, values: tuple[str, str]) -> Press:
    """Type one of two numbers in turn; Enter is what the server answers."""

    def press(page: playwright.sync_api.Page, turn: int) -> None:
        field = page.get_by_label(label, exact=True).first
        field.fill(values[turn % 2])
        field.press("Enter")

    return press


def pick(name: str, options: tuple[str, str]) -> Press:
    """Press one of two options in turn."""
    return lambda page, turn: page.get_by_role("radio", name=options[turn % 2]).first.click()


PRESSES: dict[str, dict[str, Press]] = {
    "network": {
        "type the filters": type_number("Filters", ("8", "12")),
        "undo, redo": press_keys("Undo", "Redo"),
        "choose a tab": pick("View", ("Activation", "Shapes")),
        "choose a diagram": pick("Diagram", ("Graph", "Volumes")),
        "open or close a layer": press_keys("open-0"),
    },
    "train": {
        "type the epochs": type_number("Epochs", ("20", "30")),
        "type the learning rate": type_number("Learning rate η", ("1e-3", "2e-3")),
        "choose a batch": pick("Batch", ("Full batch", "Mini-batch")),
        "undo, redo": press_keys("Undo", "Redo"),
    },
}


@contextmanager
def browser_page() -> Iterator[playwright.sync_api.Page]:
    """A page of the browser of the tests."""
    with playwright.sync_api.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(TIMEOUT)
        yield page
        browser.close()


def measure(
    page: playwright.sync_api.Page, press: Press, times: int, server: psutil.Process
) -> list[tuple[float, float]]:
    """Return the seconds of each press, from the last input event to the end of the script, and the
    CPU seconds of the server.
    """
    seconds = []
    for turn in range(times + 1):
        page.wait_for_selector(IDLE)
        page.evaluate("() => { window.labStart = window.labEnd = null; }")
        before = sum(server.cpu_times()[:2])
        press(page, turn)
        page.wait_for_function("() => window.labStart && window.labEnd > window.labStart")
        spent = sum(server.cpu_times()[:2]) - before
        seconds.append((page.evaluate("() => (window.labEnd - window.labStart) / 1000"), spent))
    return seconds[1:]  # the first one fills caches


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("--presses", type=int, default=30, help="of each widget")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each widget."""
    options = parser().parse_args(arguments)
    link = to_link(Experiment())
    with tempfile.TemporaryDirectory() as home, serve(Path(home)) as server, browser_page() as page:
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
        for name, presses in PRESSES.items():
            page.goto(f"{server.url}/{name}?e={link}")
            page.locator(".st-key-bar_start button").wait_for()
            page.wait_for_selector(IDLE)
            page.evaluate(WATCH)
            if name == "network":
                PRESSES[name]["open or close a layer"](page, 0)
                page.get_by_label("Filters", exact=True).wait_for()
            process = psutil.Process(server.process.pid)
            for label, press in presses.items():
                seconds, spent = zip(*measure(page, press, options.presses, process), strict=True)
                print(
                    f"{name:8} {label:24} median {statistics.median(seconds):.2f} s, worst "
                    f"{max(seconds):.2f} s, server {statistics.median(spent):.2f} CPU s, load "
                    f"{os.getloadavg()[0]:.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
