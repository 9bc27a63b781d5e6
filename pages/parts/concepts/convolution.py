"""Demonstration: convolution and pooling of one image, with the multiplications of every pixel."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.base.errors import LabError
from core.concepts import convolution
from core.concepts.convolution import KERNELS, Term, Window
from core.data.arrays.image_decoding import ImageFile
from core.data.ready.builtin import digits
from core.figures import convolution as figures
from core.figures.convolution import cell
from core.predict.image_form import ImageForm
from pages.kit import session
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

DIGIT, SHAPES, OWN = "Digit", "Shapes", "Own image"
CONVOLUTION, MAX, MEAN = "Convolution", "Max pooling", "Average pooling"
SIDE = 24  # pixels of an own image


@st.fragment
def show() -> None:
    """Draw the image, the settings, the output, and how the selected output pixel is computed."""
    try:
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            operation = st.segmented_control(
                "Operation", (CONVOLUTION, MAX, MEAN), default=CONVOLUTION, required=True,
                key="convolution operation",
            )  # fmt: skip
            image = choose_image()
        left, right = st.columns([1, 4], gap="medium")
        with left.container(gap="small"):
            kernel, window, bias = settings(operation, len(image))
        if operation == CONVOLUTION:
            output = convolution.convolve(image, kernel, window, bias)
        else:
            output = convolution.pool(image, window, "max" if operation == MAX else "mean")
    except LabError as error:
        finding("bad", escape(str(error)))
        return
    with left:
        place = selected_place(output.shape)
    products = convolution.terms(image, kernel, window, *place)
    with right.container(border=True, height="stretch"):
        card_title(describe_size(image.shape, window, output.shape))
        before, after = st.columns(2, gap="small")
        with before:
            boxes = sorted({(term.row, term.column) for term in products})
            drawn(
                lambda mode: figures.cells(
                    window.pad(image).sum(0), boxes, mode, edge=window.padding
                ),
                key="convolution input", height=figures.HEIGHT, name="convolution-input",
                alt="The image, padded with zeros; the window of the selected pixel is outlined.",
            )  # fmt: skip
        with after:
            drawn(
                lambda mode: figures.cells(output, [place], mode),
                key="convolution output", height=figures.HEIGHT, name="convolution-output",
                alt=f"The output of the {operation.lower()}; the selected pixel is outlined.",
                on_click=lambda place: select(output.shape, place),
            )  # fmt: skip
        computed = describe_pixel(operation, products, place, output[place], bias)
        st.markdown(f":small[{computed}]")
    lead("Open a convolutional network for digits", "digits")


def choose_image() -> np.ndarray:
    """Draw the menu of images and return the selected one (D, H, W), values 0 … 1."""
    source = st.segmented_control(
        "Image", (DIGIT, SHAPES, OWN), default=DIGIT, required=True, key="convolution image"
    )
    if source == DIGIT:
        number = st.number_input("Sample", 1, 1797, 1, width=140, key="convolution sample")
        return _digits()[number - 1] / 255
    if source == SHAPES:
        return convolution.shapes()
    channels = 3 if st.toggle("Colour (3 channels)", key="convolution colour") else 1
    file = st.file_uploader(
        "Image file (PNG, JPEG, WebP or BMP)", key="convolution file", width=340
    )
    if file is None:
        return np.repeat(convolution.shapes(), channels, axis=0)
    form = ImageForm((channels, SIDE, SIDE), None)
    prepared = form.prepare_file(ImageFile(file.name, lambda: io.BytesIO(file.getvalue())))
    return prepared.pixels / 255


@st.cache_data
def _digits() -> np.ndarray:
    """The included digits (N, 1, 8, 8), read once."""
    return digits(None).inputs


def settings(operation: str, depth: int) -> tuple[np.ndarray, Window, float]:
    """Draw the inputs of the operation and return the kernel (D, k, k), the window and the bias."""
    if operation != CONVOLUTION:
        size = st.slider("Window size", 2, 4, 2, key="pooling size")
        stride = st.slider("Stride", 1, 4, size, key=f"pooling stride {size}")
        return np.ones((1, size, size)), Window(size, stride), 0.0
    name = st.selectbox("Kernel", list(KERNELS), key="convolution kernel")
    start = pd.DataFrame(np.round(KERNELS[name], 4), columns=list("abc"), dtype=float)
    edited = st.data_editor(
        start, hide_index=True, key=f"convolution weights {name}", row_height=32,
        column_config={name: st.column_config.NumberColumn("") for name in "abc"},
    )  # fmt: skip
    weights = edited.fillna(0.0).clip(-100, 100).to_numpy(float)
    with st.container(horizontal=True, gap="small"):
        stride, padding, dilation = (
            st.number_input(name, low, 3, low, width=86, key=f"convolution {name}")
            for name, low in (("Stride", 1), ("Padding", 0), ("Dilation", 1))
        )
        bias = st.number_input(
            "Bias", -100.0, 100.0, 0.0, 0.5, width=86, key="convolution bias", format="%g"
        )
    kernel = np.repeat(weights[None], depth, axis=0)
    return kernel, Window(3, stride, padding, dilation), float(bias or 0.0)


def selected_place(shape: Sequence[int]) -> tuple[int, int]:
    """Draw the inputs for row and column of the selected output pixel; a click sets them too."""
    with st.container(horizontal=True, gap="small"):
        row, column = (
            st.number_input(
                name.capitalize(), 0, size - 1, size // 2, width=86, key=place_key(shape, name)
            )
            for name, size in zip(("row", "column"), shape, strict=True)
        )
    return row, column


def place_key(shape: Sequence[int], name: str) -> str:
    """Return the key of the input for row or column of an output of this shape."""
    return f"output {name} of {shape[0]} × {shape[1]}"


def select(shape: Sequence[int], place: Sequence[int]) -> None:
    """Select the clicked output pixel."""
    for name, number in zip(("row", "column"), place, strict=True):
        session.set_number(place_key(shape, name), number)


def describe_size(shape: Sequence[int], window: Window, output: Sequence[int]) -> str:
    """Return how the size of the output follows from the settings."""
    n, size = shape[1], output[0]
    steps = f"⌊({n} + 2·{window.padding} − {window.reach})/{window.stride}⌋ + 1 = {size}"
    depth = f"{shape[0]} × " * (shape[0] > 1)
    return f"{depth}{n} × {shape[2]} pixels become {size} × {output[1]}: {steps}"


def describe_pixel(
    operation: str,
    products: Sequence[Term],
    place: tuple[int, int],
    value: float,
    bias: float = 0.0,
) -> str:
    """Return the multiplications behind the selected output pixel."""
    where = f"Output row {place[0]}, column {place[1]}"
    pixels = ", ".join(cell(term.pixel) for term in products)
    if operation == MAX:
        return f"{where}: the largest of {pixels} is **{cell(value)}**."
    if operation == MEAN:
        return f"{where}: the mean of {pixels} is **{cell(value)}**."
    parts = [f"{_signed(term.weight)}·{cell(term.pixel)}" for term in products if term.weight]
    parts += [f"{_signed(bias)} (bias)"] * bool(bias)
    channels = " (the products of all channels are added)" * (products[-1].channel > 0)
    zero = sum(not term.weight for term in products)
    left_out = f"; {zero} weights are 0" if zero else ""
    return f"{where} = {' + '.join(parts) or '0'} = **{cell(value)}**{channels}{left_out}."


def _signed(weight: float) -> str:
    return f"({cell(weight)})" if weight < 0 else cell(weight)
