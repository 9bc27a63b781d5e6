"""The Data page in AppTest, and helpers to use it."""

import numpy as np
import pytest

from core.data.datasets import Digits
from core.experiment import Experiment
from core.jobs import runner
from tests.pages.shown import press, visit, well


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    monkeypatch.setattr(runner, "_current", None)

    def opened(data=None, came_for=""):
        parameters = {"from": came_for} if came_for else {}
        return visit("data", Experiment(data=data or Digits()), **parameters)

    return opened


def errors(app):
    return [e.value.replace("\\", "") for e in app.error]


def metrics(app):
    return {m.label: m.value.replace("\u202f", " ") for m in app.metric}


def sheet(rows):
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def letters(sideways=False):
    """Two spreadsheets: 40 images of 7 × 7 with an upright bar on the left or right."""
    images = np.zeros((40, 7, 7), np.uint8)
    images[::2, :, 1], images[1::2, :, 5] = 200, 255
    images = images.swapaxes(1, 2) if sideways else images
    return sheet(images.reshape(40, -1).tolist()), sheet([[k % 2] for k in range(40)])


def upload(app, *files):
    for chooser, content in zip(app.file_uploader, files, strict=False):
        if content is not None:
            chooser.upload(f"{chooser.label.split()[0]}.csv", content)
    well(app.run())
    return press(app, "Check files")
