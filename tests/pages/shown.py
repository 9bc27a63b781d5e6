"""What a page shows in AppTest, and what a person does there."""

from core.base.encoding import decode
from core.experiment import Experiment


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


def texts(app) -> list[str]:
    """All that is written, without the backslashes that keep it from being markup."""
    found = [*app.markdown, *app.caption, *app.info]
    return [element.value.replace("\\", "") for element in found]
