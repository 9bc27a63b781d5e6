"""Data: a dataset is selected, and a failure loses nothing."""

import json

import numpy as np

from core.base.errors import Unavailable
from core.data.datasets import MNIST, Digits, Spreadsheets
from core.data.ready import fetched
from core.data.samples import Samples
from tests.pages.data.conftest import errors, metrics
from tests.pages.shown import draft, press, texts


def test_a_built_in_dataset_is_shown_with_its_images_and_numbers(page):
    app = page()
    assert metrics(app) == {
        "Training set": "1 257",
        "Validation set": "270",
        "Test set": "270",
        "Mean ± std": "0.306 ± 0.376",
        "RMS": "0.485",
    }
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(chart["layout"]["images"]) == 10
    assert chart["data"][0]["text"][0] == "178"
    shown = " ".join(texts(app)).replace("\u202f", " ")
    assert shown.count("1 797") == 2  # in the header and the description


def test_other_images_are_drawn_on_request(page):
    app = page()

    def first():
        chart = json.loads(app.get("plotly_chart")[0].proto.spec)
        return chart["layout"]["images"][0]["source"]

    before = first()
    press(app, "Show other images")
    assert first() != before


def test_a_dataset_is_selected_with_its_own_field(page):
    app = page(came_for="sets")
    next(w for w in app.get("button_group") if w.label.startswith("Size")).set_value(28).run()
    app = press(app, "use digits")
    assert draft(app).data == Digits(size=28)
    assert "Digits 28×28" in " ".join(texts(app))
    assert "from" not in app.query_params


def test_showing_a_dataset_does_not_download_it(page, monkeypatch):
    def fetch(*_, **__):
        raise AssertionError("a download that nobody requested")

    monkeypatch.setattr(fetched, "fetched", fetch)
    app = page(MNIST())
    assert any("has not been downloaded yet" in text for text in texts(app))
    assert any(b.label == "Download MNIST" for b in app.button)


def test_offline_gives_one_error_and_the_old_data_stays(page, monkeypatch):
    def offline(home, progress, kind):
        progress(0.5, "train-images: 5 of 10 MB")
        raise Unavailable("MNIST could not be loaded (no route): choose the digits.")

    monkeypatch.setattr(fetched, "fetched", offline)
    app = press(page(came_for="sets"), "use mnist")
    assert errors(app) == ["MNIST could not be loaded (no route): choose the digits."]
    assert draft(app).data == Digits()
    assert not errors(press(app, "Keep current dataset"))


def test_a_downloaded_dataset_becomes_the_draft(page, monkeypatch):
    def here(home, progress, kind):
        progress(1.0, "done")
        images = np.zeros((20, 1, 28, 28), np.uint8)
        return Samples("MNIST", images, np.arange(20) % 10, tuple("0123456789"))

    monkeypatch.setattr(fetched, "fetched", here)
    app = press(page(came_for="sets"), "use mnist")
    assert draft(app).data == MNIST()


def test_deleted_data_is_reported(page):
    app = page(Spreadsheets(digest="0" * 64, title="Gone"))
    assert any("is not stored" in text for text in [*texts(app), *errors(app)])
    start = next(b for b in app.button if b.key == "bar_start")
    assert start.disabled
