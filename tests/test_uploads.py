"""Every kind of spreadsheet that a practitioner brings, from the upload to the first epoch: through
Data, Start and Watch. A workbook goes that way in a real browser, two files in test_whole_way.py.
"""

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from core.advice.run_status import describe_end
from core.base.encoding import to_link
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.kinds import KINDS as JOBS
from core.jobs.kinds import RUN
from core.jobs.lane import Lane
from core.network.layers import Flatten, Output
from core.runs.history import History
from core.runs.store import Store
from tests.conftest import Server, choose_file
from tests.pages.shown import press, texts, visit, well

ONE_EPOCH = Experiment(network=(Flatten(), Output()), epochs=1)
DRAW = np.random.default_rng(8)


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


SHARED = Path(__file__).parents[2] / "shared" / "data"
REAL = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here"),
]


def mnist_csv(folder: Path) -> list[Path]:
    """The test images of MNIST in one headed CSV of 18 MB."""
    images, labels = idx("t10k-images-idx3", 16), idx("t10k-labels-idx1", 8)
    path, digit = folder / "mnist_test.csv", [str(value) for value in range(256)]
    with path.open("w") as file:
        file.write(",".join(["label", *(f"{r}x{c}" for r in range(28) for c in range(28))]) + "\n")
        for label, row in zip(labels, images.reshape(-1, 784), strict=True):
            file.write(",".join([digit[label], *map(digit.__getitem__, row)]) + "\n")
    return [path]


def mnist_workbook(folder: Path) -> list[Path]:
    """Five hundred test pictures of MNIST as a workbook."""
    images, labels = idx("t10k-images-idx3", 16), idx("t10k-labels-idx1", 8)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["label", *(f"pixel{i}" for i in range(784))])
    for label, row in zip(labels[:500], images.reshape(-1, 784)[:500], strict=True):
        sheet.append([int(label), *row.tolist()])
    book.save(folder / "mnist_test.xlsx")
    return [folder / "mnist_test.xlsx"]


def cifar(folder: Path) -> list[Path]:
    """A thousand pictures of CIFAR-10 in 3072 columns, red, green, blue, and their names."""
    known = np.load(SHARED / "cifar10" / "cifar10_exact_subset.npz", allow_pickle=False)
    names = np.array(
        ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    )
    images = written(folder / "cifar.csv", known["x_test"].transpose(0, 3, 1, 2).reshape(-1, 3072))
    labels = written(folder / "names.csv", [["class"], *names[known["y_test"], None].tolist()])
    return [images, labels]


def idx(name: str, head: int) -> np.ndarray:
    with gzip.open(SHARED / "MNIST" / "raw" / f"{name}-ubyte.gz") as file:
        return np.frombuffer(file.read()[head:], np.uint8)


KINDS = [
    pytest.param(headed, "1\u202f797 images · 8 × 8 grey · 10 classes", "accuracy", id="headed"),
    pytest.param(workbook, "600 images · 8 × 8 grey · 10 classes", "accuracy", id="workbook"),
    pytest.param(colour, "300 images · 32 × 32 colour · 3 classes", "accuracy", id="colour"),
    pytest.param(words, "537 images · 8 × 8 grey · 3 classes", "accuracy", id="words"),
    pytest.param(prices, "400 rows · 4 inputs · values to predict", "r2", id="prices"),
    pytest.param(
        mnist_csv, "10\u202f000 images · 28 × 28 grey", "accuracy", id="mnist", marks=REAL
    ),
    pytest.param(mnist_workbook, "500 images · 28 × 28 grey", "accuracy", id="xlsx", marks=REAL),
    pytest.param(cifar, "1\u202f017 images · 32 × 32 colour", "accuracy", id="cifar", marks=REAL),
]


@pytest.fixture
def home(tmp_path_factory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a lab that queues runs and leaves the training to the test."""
    home = tmp_path_factory.mktemp("lab")
    monkeypatch.setenv("LAB_HOME", str(home))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return home


@pytest.mark.parametrize(("made", "told", "score"), KINDS)
def test_from_upload_to_the_first_epoch(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable, told: str,
    score: str,
) -> None:  # fmt: skip
    app = visit("data", ONE_EPOCH, **{"from": "files"})
    for chooser, path in zip(app.file_uploader, made(tmp_path), strict=False):
        chooser.upload(path.name, path.read_bytes())
    app = press(well(app.run()), "Check files")
    assert any(told in text for text in texts(app))
    assert not app.error and "Findings" in [title.value for title in app.subheader]
    app = press(app, "bar_start")
    (run,) = Store(home).ids()
    assert app.query_params["run"] == run
    JOBS[RUN].execute(home, run)
    monkeypatch.setattr(runner, "_current", None)  # its queue has the run still
    assert_first_epoch(Store(home), run, score)
    ended = History.of(Store(home).read(run)[0]).ended
    assert describe_end(ended) in texts(visit("watch", run=run))


def assert_first_epoch(store: Store, run: str, score: str) -> None:
    ended = store.last(run)
    assert ended["reason"] == "epochs" and 0 <= ended["validation"]["loss"] < 1e3
    assert score in ended["test"]


@pytest.mark.browser
def test_a_workbook_is_uploaded_and_trained_in_a_browser(
    page, server: Server, tmp_path: Path
) -> None:
    (path,) = workbook(tmp_path)
    page.goto(f"{server.url}/data?e={to_link(ONE_EPOCH)}&from=files")
    choose_file(page, "images", path)
    page.get_by_text(f"Inputs from {path.name}").wait_for()  # the server has it
    page.get_by_role("button", name="Check files", disabled=False).click()
    page.get_by_text("600 images · 8 × 8 grey · 10 classes").first.wait_for()
    page.get_by_text("Findings").wait_for()
    page.get_by_role("button", name="Start Shortcut").click()
    page.wait_for_url("**/watch?*run=*")
    run = page.url.rpartition("run=")[2].partition("&")[0]
    page.get_by_text("Finished 1 epoch").wait_for(timeout=120_000)
    assert_first_epoch(server.store, run, "accuracy")
