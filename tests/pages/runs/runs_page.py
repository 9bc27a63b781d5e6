"""The Runs page as a person sees it, with some of its runs selected."""

import zlib

from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.optim.optimizers import SGD
from tests.conftest import ROOT
from tests.pages.shown import well

PLAIN, OTHER = Experiment(name="Plain one"), Experiment(name="Other one", optimizer=SGD(), epochs=3)


def page(selected=None, shown=(), **address):
    """The Runs page; `selected` of the `shown` runs are ticked, None leaves the first choice. The
    `address` has these parameters.
    """
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    if selected is not None:
        key = f"runs {zlib.crc32(' '.join(shown).encode())}"
        rows = [shown.index(run) for run in selected]
        app.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return well(app.switch_page("runs.py").run())


def button(app, label):
    return next(b for b in app.button if label in (b.key, b.label))
