"""Every kind of spreadsheet that a practitioner brings, from the upload to the first epoch.

In a real browser: one way each through Data, Start and Watch.
"""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from core.data.builtin import digits
from tests.conftest import Server, serve, wait_until

pytestmark = pytest.mark.browser
DRAW = np.random.default_rng(8)


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Server]:
    """One lab for all uploads; each browser window has a draft of its own."""
    with serve(tmp_path_factory.mktemp("uploads")) as running:
        yield running


def headed(folder: Path) -> list[Path]:
    """As MNIST is sold in one file: a header, the label in front."""
    small = digits(folder)
    names = ["label", *(f"pixel{i}" for i in range(64))]
    rows = np.c_[small.targets, small.inputs.reshape(-1, 64)].tolist()
    return [written(folder / "headed.csv", [names, *rows])]


def workbook(folder: Path) -> list[Path]:
    """The same as a workbook, with a second sheet that explains."""
    small = digits(folder)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("pictures")
    sheet.append(["label", *(f"pixel{i}" for i in range(64))])
    for label, picture in zip(small.targets[:600], small.inputs[:600], strict=True):
        sheet.append([int(label), *picture.reshape(-1).tolist()])
    book.create_sheet("read me").append(["made for a test"])
    book.save(folder / "digits.xlsx")
    return [folder / "digits.xlsx"]


def colour(folder: Path) -> list[Path]:
    """As CIFAR is stored: 3 × 32 × 32 in 3072 columns, one colour after the other."""
    labels = np.arange(300) % 3
    pictures = DRAW.integers(0, 90, (300, 3, 1, 1)) + 5 * np.arange(32)[:, None]  # a soft ramp
    pictures = pictures + np.zeros((300, 3, 32, 32), int)
    pictures[np.arange(300), labels] += 70
    rows = np.c_[pictures.reshape(300, -1), labels].tolist()
    return [written(folder / "photographs.csv", rows)]


def words(folder: Path) -> list[Path]:
    """Semicolons, decimal commas, and labels that are words."""
    small = digits(folder)
    names = np.array(["nought", "one", "two"])
    kept = small.targets < 3
    shares = [
        [f"{value / 255:.3f}".replace(".", ",") for value in row]
        for row in small.inputs[kept].reshape(-1, 64).tolist()
    ]
    images = written(folder / "Bilder.csv", shares, ";")
    labels = written(folder / "Namen.csv", [[name] for name in names[small.targets[kept]]], ";")
    return [images, labels]


def prices(folder: Path) -> list[Path]:
    """A regression: four measures and what they cost."""
    table = DRAW.uniform(1, 9, (400, 4))
    cost = 1000 * table[:, 0] + 200 * table[:, 1] ** 2 + DRAW.normal(0, 50, 400)
    rows = [["rooms", "size", "age", "floor", "price"]]
    rows += [[*(f"{v:.3f}" for v in row), f"{c:.2f}"] for row, c in zip(table, cost, strict=True)]
    return [written(folder / "prices.csv", rows)]


def written(path: Path, rows: list, delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue())
    return path


KINDS = [
    pytest.param(headed, "1\u202f797 pictures · 8 × 8 grey · 10 classes", "accuracy", id="headed"),
    pytest.param(workbook, "600 pictures · 8 × 8 grey · 10 classes", "accuracy", id="workbook"),
    pytest.param(colour, "300 pictures · 32 × 32 colour · 3 classes", "accuracy", id="colour"),
    pytest.param(words, "537 pictures · 8 × 8 grey · 3 classes", "accuracy", id="words"),
    pytest.param(prices, "400 rows · 4 columns · values to predict", "r2", id="prices"),
]


@pytest.mark.parametrize(("made", "told", "score"), KINDS)
def test_from_upload_to_the_first_epoch(
    page, lab: Server, tmp_path: Path, made: Callable, told: str, score: str
) -> None:
    page.goto(f"{lab.url}/data?from=files")
    files = made(tmp_path)
    for place, path in enumerate(files):
        page.locator("input[type=file]").nth(place).set_input_files(path)
        page.get_by_text(path.name).first.wait_for()
    page.get_by_role("button", name="Check these files").click()
    page.get_by_text(told).first.wait_for()
    page.get_by_text("Data doctor").wait_for()
    page.get_by_role("button", name="Start Shortcut").click()
    page.wait_for_url("**/watch?*run=*")
    run = page.url.rpartition("run=")[2].partition("&")[0]
    epochs = wait_until(lambda: lab.store.last(run)["step"] > 0 and first_epoch(lab, run))
    assert 0 <= epochs["validation"]["loss"] < 1e3
    assert score in epochs["validation"]
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume").wait_for()


def first_epoch(lab: Server, run: str) -> dict | None:
    import json

    events = map(json.loads, lab.store.read(run)[0])
    return next((event for event in events if event["event"] == "Epoch"), None)
