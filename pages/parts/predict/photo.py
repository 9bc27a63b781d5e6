"""Photo: an image from the camera of the visitor's device."""

from urllib.parse import urlsplit

import streamlit as st

from pages.kit.layout import finding
from pages.parts.predict.chosen import Chosen
from pages.parts.predict.files import answer_files

PHOTO = "photo.jpg"
HERE = ("localhost", "127.0.0.1", "::1")
NOT_SECURE = (
    "Browsers allow the camera only on localhost and over HTTPS, and this page was opened over "
    "HTTP. Take a photo with the camera app and upload it under Images, or open the lab over HTTPS."
)


def photo(chosen: list[Chosen]) -> None:
    """The camera, and the answers for its image."""
    if not is_secure(st.context.url or ""):
        finding("info", NOT_SECURE)
        return
    left, right = st.columns([5, 7], gap="medium")
    with left:
        image = st.camera_input("Photo of one object or digit", key="predict_photo")
    if image:
        image.name = PHOTO  # in place of the browser's, which has the time to the millisecond
        with right:
            answer_files(chosen, [image], "photo")


def is_secure(url: str) -> bool:
    """Whether browsers allow the camera on the page with this address."""
    parts = urlsplit(url)
    return parts.scheme != "http" or parts.hostname in HERE
