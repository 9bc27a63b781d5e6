"""Demonstration: convolution and pooling of one image, with the multiplications of every pixel."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.base.errors import LabError
from core.base.numbers import whole
from core.base.text import counted
from core.concepts import convolution
from core.concepts.convolution import KERNELS, Term, Window
from core.data.arrays.image_decoding import ImageFile
from core.data.ready.builtin import digits
from core.figures import convolution as figures
from core.figures.convolution import cell
from core.predict.image_form import ImageForm
from core.predict.strokes import render_small
from pages.kit import session
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.pad import pad
from pages.kit.ready_made import lead

DIGIT, SHAPES, DRAWING, OWN = "Digit", "Shapes", "Drawing", "Own image"
CONVOLUTION, MAX, MEAN = "Convolution", "Max pooling", "Average pooling"
SIDE, DRAWN_SIDE = 24, 20  # pixels of an own image and of a drawn one
PAD_WIDTH = 340  # px
MOST_KERNELS = 4


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
            kernels, window, biases = settings(operation, len(image))
        if operation == CONVOLUTION:
            maps = convolution.feature_maps(image, kernels, window, biases)
        else:
            maps = convolution.pool(image, window, "max" if operation == MAX else "mean")[None]
    except LabError as error:
        finding("bad", escape(str(error)))
        return
    with right.container(border=True, height="stretch"):
        card_title(describe_size(image.shape, window, maps.shape))
        before, after = st.columns(2, gap="small")
        below = st.columns([4, 8], gap="small")
        with below[0]:
            number, *place = selected_pixel(maps.shape)
        products = convolution.terms(image, kernels[number], window, *place)
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
            values, corners = figures.place_maps(maps)
            box = (corners[number][0] + place[0], corners[number][1] + place[1])
            drawn(
                lambda mode: figures.cells(values, [box], mode),
                key="convolution output", height=figures.HEIGHT, name="convolution-output",
                alt=f"{counted(len(maps), 'map')}: the output of the {operation.lower()}; the "
                "selected pixel is outlined.",
                on_click=lambda clicked: select(maps, clicked),
            )  # fmt: skip
        computed = describe_pixel(
            operation, products, (number, *place), maps, float(biases[number])
        )
        with below[1]:
            st.markdown(f":small[{computed}]")
            if operation == CONVOLUTION:
                st.markdown(f":small[{describe_work(kernels, maps.shape)}]")
    lead("Open a convolutional network for digits", "digits")


def choose_image() -> np.ndarray:
    """Draw the menu of images and return the selected one (D, H, W), values 0 … 1."""
    source = st.segmented_control(
        "Image", (DIGIT, SHAPES, DRAWING, OWN), default=DIGIT, required=True,
        key="convolution image",
    )  # fmt: skip
    if source == DIGIT:
        number = st.number_input("Sample", 1, 1797, 1, width=140, key="convolution sample")
        return _digits()[number - 1] / 255
    if source == SHAPES:
        return convolution.shapes()
    if source == DRAWING:
        popover = st.popover("Draw the image", icon=":material/draw:", key="convolution draw")
        with popover, st.container(width=PAD_WIDTH):
            strokes = pad("convolution")
        return render_small(strokes, DRAWN_SIDE)[None]
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


def settings(operation: str, depth: int) -> tuple[np.ndarray, Window, np.ndarray]:
    """Draw the inputs of the operation and return the kernels (K, D, k, k), the window and the
    biases (K,).
    """
    if operation != CONVOLUTION:
        size = st.slider("Window size", 2, 4, 2, key="pooling size")
        stride = st.slider("Stride", 1, 4, size, key=f"pooling stride {size}")
        return np.ones((1, 1, size, size)), Window(size, stride), np.zeros(1)
    with st.container(horizontal=True, gap="small"):
        count, stride, padding, dilation = (
            st.number_input(name, low, high, low, width=86, key=f"convolution {name}")
            for name, low, high in (
                ("Kernels", 1, MOST_KERNELS),
                ("Stride", 1, 3),
                ("Padding", 0, 3),
                ("Dilation", 1, 3),
            )
        )  # fmt: skip
    if count == 1:
        edited = [edit_kernel(0)]
    else:
        tabs = st.tabs([f"Map {number + 1}" for number in range(count)], key="convolution kernels")
        edited = []
        for number, tab in enumerate(tabs):
            with tab:
                edited.append(edit_kernel(number))
    kernels = np.stack([np.repeat(weights[None], depth, axis=0) for weights, _ in edited])
    biases = np.array([bias for _, bias in edited])
    return kernels, Window(3, stride, padding, dilation), biases


def edit_kernel(number: int) -> tuple[np.ndarray, float]:
    """Draw the inputs of one kernel, from 0, and return its weights (3, 3) and its bias."""
    names = list(KERNELS)
    name = st.selectbox("Kernel", names, index=number, key=f"convolution kernel {number}")
    start = pd.DataFrame(np.round(KERNELS[name], 4), columns=list("abc"), dtype=float)
    edited = st.data_editor(
        start, hide_index=True, key=f"convolution weights {number} {name}", row_height=32,
        column_config={name: st.column_config.NumberColumn("") for name in "abc"},
    )  # fmt: skip
    bias = st.number_input(
        "Bias", -100.0, 100.0, 0.0, 0.5, width=86, key=f"convolution bias {number}", format="%g"
    )
    return edited.fillna(0.0).clip(-100, 100).to_numpy(float), float(bias or 0.0)


def selected_pixel(shape: Sequence[int]) -> tuple[int, ...]:
    """Draw the inputs for map (where there are several), row and column of the selected output
    pixel, from 0; a click sets them too.
    """
    number = 0
    with st.container(horizontal=True, gap="small"):
        if shape[0] > 1:
            number = st.number_input("Map", 1, shape[0], 1, width=72, key=place_key(shape, "map"))
            number -= 1
        row, column = (
            st.number_input(
                name.capitalize(), 0, size - 1, size // 2, width=72, key=place_key(shape, name)
            )
            for name, size in zip(("row", "column"), shape[1:], strict=True)
        )
    return number, row, column


def place_key(shape: Sequence[int], name: str) -> str:
    """Return the key of the input for map, row or column of an output of this shape."""
    return f"output {name} of {' × '.join(map(str, shape))}"


def select(maps: np.ndarray, clicked: Sequence[int]) -> None:
    """Select the clicked output pixel."""
    if not (pixel := figures.find_pixel(maps, tuple(clicked))):
        return
    number, row, column = pixel
    if len(maps) > 1:
        session.set_number(place_key(maps.shape, "map"), number + 1)
    session.set_number(place_key(maps.shape, "row"), row)
    session.set_number(place_key(maps.shape, "column"), column)


def describe_size(shape: Sequence[int], window: Window, output: Sequence[int]) -> str:
    """Return how the shape (K, H', W') of the output follows from the settings."""
    n, size = shape[1], output[1]
    steps = f"⌊({n} + 2·{window.padding} − {window.reach})/{window.stride}⌋ + 1 = {size}"
    depth, maps = (f"{number} × " * (number > 1) for number in (shape[0], output[0]))
    return f"{depth}{n} × {shape[2]} pixels become {maps}{size} × {output[2]}: {steps}"


def describe_work(kernels: np.ndarray, output: Sequence[int]) -> str:
    """Return the numbers of parameters and of multiplications of K kernels (K, D, k, k)."""
    count, depth, size, _ = kernels.shape
    each = f"{depth} × {size} × {size}"
    weights, pixels = depth * size * size, output[1] * output[2]
    kinds = f"{counted(count, 'kernel')} of {each} weights and a bias"
    return (
        f"{kinds}: {whole(count * (weights + 1))} parameters. {output[0]} × {output[1]} × "
        f"{output[2]} output pixels × {weights} weights = {whole(count * pixels * weights)} "
        "multiplications."
    )


def describe_pixel(
    operation: str,
    products: Sequence[Term],
    pixel: tuple[int, int, int],
    maps: np.ndarray,
    bias: float,
) -> str:
    """Return the multiplications behind the selected output pixel: map, row and column."""
    value = maps[pixel]
    where = f"Map {pixel[0] + 1}, row" if len(maps) > 1 else "Output row"
    where += f" {pixel[1]}, column {pixel[2]}"
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
