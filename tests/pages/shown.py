"""What a page shows in AppTest, and what a person does there."""

from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.base.encoding import decode, encode
from core.experiment import Experiment
from tests.conftest import ROOT


def visit(page="start", experiment=None, **address):
    """A new visitor opens this page, with this draft and these parameters in the address."""
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    if experiment:
        app.session_state["draft"] = encode(experiment)
    app.query_params.update(address)
    if page != "start":  # before the first run, switch_page() would draw Start before the page
        app._page_hash = calc_hash(page)
    return well(app.run())


def well(app):
    """The page, drawn without a fault."""
    assert not app.exception, app.exception
    return app


def draft(app) -> Experiment:
    return decode(Experiment, app.session_state["draft"])


def press(app, name):
    """Presses the button with this key, help or label."""
    next(b for b in app.button if name in (b.key, b.help, b.label)).click()
    return well(app.run())


def labelled(app, kind, label):
    """The first widget of this kind with this label."""
    return next(w for w in app.get(kind) if w.label == label)


def texts(app) -> list[str]:
    """All that is written, without the backslashes that keep it from being markup."""
    found = [*app.markdown, *app.caption, *app.info]
    return [element.value.replace("\\", "") for element in found]


def written(table):
    """The cells of a table as a browser shows them."""
    return convert_arrow_bytes_to_pandas_df(table.proto.arrow_data.styler.display_values)
