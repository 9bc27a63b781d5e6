"""Charts and statistics of the selected dataset, cached for all sessions."""

import json

import numpy as np
import streamlit as st

from core.data.datasets import DataSet, Spreadsheets
from core.data.library import Library
from core.data.load import load
from core.data.normalization import Affine, Normalization
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment
from core.figures import data_thumbnails, images, points, scaling
from core.jobs import runner
from pages.kit.screen import theme_mode

ROWS = 12  # classes that the chart of images has room for
IMAGES_EACH = 11


def samples(choice: str) -> Samples:
    """Load the dataset of this choice (JSON)."""
    return load(DataSet.pick(json.loads(choice)), runner.current().store.home)


def target_title(choice: str) -> str:
    """Return the title of the label column of an upload, empty if it is not known."""
    data = DataSet.pick(json.loads(choice)).uncorrected
    if not isinstance(data, Spreadsheets):
        return ""
    return Library(runner.current().store.home).about(data.digest).target


@st.cache_data(max_entries=64, show_spinner=False)
def thumbnail(choice: str, mode: str) -> object:
    """Draw a few samples of a small dataset, as pixels or as SVG text."""
    return data_thumbnails.thumbnail_of(samples(choice), mode)


@st.cache_data(max_entries=16, show_spinner=False)
def wall(choice: str, seed: int, mode: str) -> object:
    """Draw some images of every class."""
    data = samples(choice)
    targets, names = data.targets, data.classes[:ROWS]
    if not names:
        targets, names = np.zeros(len(data), np.int64), ("all",)
    how = dict(mode=mode, each=IMAGES_EACH, seed=seed)
    return images.by_class(data.inputs, targets, names, **how)


@st.cache_data(max_entries=16, show_spinner=False)
def plane(choice: str, mode: str) -> object:
    """Draw rows of one or two numbers as points."""
    data = samples(choice)
    rows = points.sample_points(len(data))
    names = (data.classes, data.columns)
    return points.plane(data.inputs[rows], data.targets[rows], *names, mode=mode)


@st.cache_data(max_entries=16, show_spinner=False)
def balance(choice: str, mode: str) -> object:
    """Draw the number of samples per class, or the distribution of the values."""
    data = samples(choice)
    if not data.classes:
        title = target_title(choice) or "value to predict"
        return points.histogram(data.targets, title=title, mode=mode)
    shown = min(len(data.classes), ROWS)
    counts = [int((data.targets == index).sum()) for index in range(shown)]
    return points.class_bars(counts, data.classes[:shown], mode=mode)


def fitted(draft: Experiment) -> Affine:
    """Fit the normalization of the draft to its training set."""
    return _fit(*_parts(draft))


def fills(draft: Experiment) -> list[tuple[str, str, str]]:
    """Return column, strategy and value of what fills missing values, fitted to the training set
    of the draft.
    """
    return _fills(draft.data.model_dump_json(), draft.split.model_dump_json())


@st.cache_data(max_entries=32, show_spinner=False)
def _fills(choice: str, split: str) -> list[tuple[str, str, str]]:
    data = samples(choice)
    return data.describe_fills(Split.model_validate_json(split).parts_of(data).train)


def histogram(draft: Experiment) -> object:
    """Draw the values of the training set before and after normalization."""
    return _histogram(*_parts(draft), theme_mode())


def _parts(draft: Experiment) -> tuple[str, str, str]:
    return tuple(v.model_dump_json() for v in (draft.data, draft.split, draft.normalization))


@st.cache_data(max_entries=32, show_spinner=False)
def _fit(choice: str, split: str, normalization: str) -> Affine:
    data, parts = Split.model_validate_json(split).apply(samples(choice))
    return Normalization.pick(json.loads(normalization)).fit(data.inputs, parts.train)


@st.cache_data(max_entries=16, show_spinner=False)
def _histogram(choice: str, split: str, normalization: str, mode: str) -> object:
    data, parts = Split.model_validate_json(split).apply(samples(choice))
    affine = _fit(choice, split, normalization)
    return scaling.figure(*scaling.rows(data.inputs, parts.train, affine), mode=mode)
