"""Buttons whose press is not lost when another one follows before the page has answered.

`st.button` is true for one run of the page only. When the browser reports another press, that run
is broken off, and what has not been read by then is gone. Here a callback, which runs before the
page, stores the press in the session until the page reads it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from pages.kit import session


def button(label: str, *, key: str = "", **look: Any) -> bool:
    """Draw a button and return whether it was pressed: answer the press before anything else is
    drawn. `look` goes to `st.button`.
    """
    return deferred_button(label, key=key, **look)()


def unique_keys(names: Iterable[str]) -> list[str]:
    """Return a key for each name, in order: repeated names are numbered. Streamlit refuses a page
    with two elements of one key.

    >>> unique_keys(["fix a", "fix b", "fix a"])
    ['fix a', 'fix b', 'fix a 2']
    """
    keys: list[str] = []
    for name in names:
        number, key = 1, name
        while key in keys:
            number += 1
            key = f"{name} {number}"
        keys.append(key)
    return keys


def deferred_button(label: str, *, key: str = "", **look: Any) -> Callable[[], bool]:
    """Draw a button whose press is answered after more of the page is drawn. The function that is
    returned says, once, whether it was pressed.
    """
    key = key or f"press {label}"
    st.button(label, key=key, on_click=session.press, args=(key,), **look)
    return partial(session.take_press, key)


def submit_button(label: str, *, key: str = "", **look: Any) -> bool:
    """Draw the button of a form and return whether it was pressed."""
    key = key or f"submit {label}"
    st.form_submit_button(label, key=key, on_click=session.press, args=(key,), **look)
    return session.take_press(key)
