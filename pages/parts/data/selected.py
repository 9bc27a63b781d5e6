"""What the Data page shows of the picked set, computed once: kept by the text of what it depends
on, for all browsers.
"""

import json

import numpy as np
import streamlit as st

from core.data.datasets import DataSet
from core.data.load import load
from core.data.normalization import Affine, Normalization
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment
from core.figures import pictures, points, scaling
from core.jobs import runner

ROWS = 12  # classes that the wall of pictures has room for
PICTURES_EACH = 11


def mode() -> str:
    """ "dark" or "light", as the browser shows the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def samples(choice: str) -> Samples:
    """The set of this choice (JSON)."""
    return load(DataSet.pick(json.loads(choice)), runner.current().store.home)


@st.cache_data(max_entries=16, show_spinner=False)
def wall(choice: str, seed: int, mode: str) -> object:
    """Some pictures of every class."""
    data = samples(choice)
    targets, names = data.targets, data.classes[:ROWS]
    if not names:
        targets, names = np.zeros(len(data), np.int64), ("all",)
    how = dict(mode=mode, each=PICTURES_EACH, seed=seed)
    return pictures.by_class(data.inputs, targets, names, **how)


@st.cache_data(max_entries=16, show_spinner=False)
def plane(choice: str, mode: str) -> object:
    """Rows of one or two numbers as points."""
    data = samples(choice)
    rows = points.some(len(data))
    names = (data.classes, data.columns)
    return points.plane(data.inputs[rows], data.targets[rows], *names, mode=mode)


@st.cache_data(max_entries=16, show_spinner=False)
def balance(choice: str, mode: str) -> object:
    """How many samples each class has, or how the values spread."""
    data = samples(choice)
    if not data.classes:
        return points.spread(data.targets, title="value to predict", mode=mode)
    shown = min(len(data.classes), ROWS)
    counts = [int((data.targets == index).sum()) for index in range(shown)]
    return points.class_bars(counts, data.classes[:shown], mode=mode)


def fitted(draft: Experiment) -> Affine:
    """The normalization as the training part of the draft gives it."""
    return _fit(*_parts(draft))


def histogram(draft: Experiment) -> object:
    """The values of the training part before and after."""
    return _histogram(*_parts(draft), mode())


def _parts(draft: Experiment) -> tuple[str, str, str]:
    return tuple(v.model_dump_json() for v in (draft.data, draft.split, draft.normalization))


@st.cache_data(max_entries=32, show_spinner=False)
def _fit(choice: str, split: str, normalization: str) -> Affine:
    data = samples(choice)
    train = Split.model_validate_json(split).parts(data.targets, data.has_test).train
    return Normalization.pick(json.loads(normalization)).fit(data.inputs, train)


@st.cache_data(max_entries=16, show_spinner=False)
def _histogram(choice: str, split: str, normalization: str, mode: str) -> object:
    data = samples(choice)
    train = Split.model_validate_json(split).parts(data.targets, data.has_test).train
    affine = _fit(choice, split, normalization)
    return scaling.figure(*scaling.rows(data.inputs, train, affine), mode=mode)
