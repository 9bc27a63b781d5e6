"""The figures of the tab Inside: their values are those of the results, in place and as CSV."""

import base64
import csv
import io

import numpy as np
import pytest
from PIL import Image

from core.base.events import QUANTILES, Distribution, Started, to_json
from core.figures import distributions, embedding, tiles
from core.runs.history import History


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_maps_lie_side_by_side_and_fine_ones_keep_their_values() -> None:
    maps = np.arange(12.0).reshape(3, 2, 2)
    canvas = tiles.mosaic(maps, 2)
    assert canvas.shape == (5, 5) and np.isnan(canvas[2]).all() and np.isnan(canvas[:, 2]).all()
    assert (
        canvas[:2, 3:].tolist() == maps[1].tolist() and canvas[3:, :2].tolist() == maps[2].tolist()
    )
    fine = tiles.fine(maps)
    assert fine.shape == (3, 16, 16) and fine[1, 0, 15] == maps[1, 0, 1]
    assert tiles.strip(np.arange(70.0)).shape == (2, 64)


@pytest.mark.parametrize("low", [-2.0, 0.0])
def test_zero_is_neutral_in_maps_with_negative_values(low: float) -> None:
    look = tiles.colours(np.array([low, 1.0]), "light")
    assert (look["zmin"], look["zmax"]) == ((-2, 2) if low else (0, 1))


def test_layers_are_drawn_below_each_other_with_every_value() -> None:
    found = [
        {"layer": "1 conv1", "shape": [12, 3, 3], "maps": np.ones((10, 3, 3)).tolist()},
        {"layer": "2 relu1", "shape": [5], "maps": [0.0, 1.0, -2.0, 0.5, 3.0]},
    ]
    figure = tiles.layers(found, "dark")
    assert figure.layout.height == tiles.layers_height(found)
    assert list(figure.data[1].z[0]) == found[1]["maps"]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]
    assert "10 of 12" in figure.layout.annotations[0].text


def test_filters_of_one_and_of_three_channels_are_drawn() -> None:
    random = np.random.default_rng(0)
    for channels, kind in ((1, "heatmap"), (3, "image")):
        figure = tiles.filters(random.normal(size=(7, channels, 3, 3)), "light")
        assert [trace.type for trace in figure.data] == [kind]


def test_csv_has_every_value_with_its_place() -> None:
    lines = read(tiles.csv([('a "b"', np.array([[1.0, 2.0], [3.0, 4.0]])), ("c", np.array([5.0]))]))
    assert lines[1:] == [
        ['a "b"', "0", "0", "1"], ['a "b"', "0", "1", "2"], ['a "b"', "1", "0", "3"],
        ['a "b"', "1", "1", "4"], ["c", "0", "0", "5"],
    ]  # fmt: skip


def history(layers: tuple[str, ...]) -> History:
    """A run of 30 steps in 3 epochs with a distribution at three of them."""
    result = History()
    events = [Started(0, 30, 10, 3, 4, 99, layers, {"train": 40}, {}, "cpu", 1)]
    for step in (1, 10, 30):
        values = {name: (-2.0 * step, -1.0, 0.0, 1.0, float("inf")) for name in layers}
        events.append(Distribution(step, values, values, {}))
    result.add(map(to_json, events))
    return result


def test_each_layer_has_a_strip_with_its_quantiles() -> None:
    run = history(("conv1", "output"))
    strips = distributions.rows(run, "weight", "epoch")
    assert [s.layer for s in strips] == ["conv1", "output"]
    assert strips[0].x == (0.1, 1.0, 3.0) and strips[0].reach == 60
    assert strips[0].quantiles[0] == (-2, -20, -60) and strips[0].quantiles[4] == (None,) * 3
    assert distributions.rows(run, "output") == [] == distributions.rows(History(), "weight")
    lines = read(distributions.csv(strips))
    assert len(lines) == 1 + 2 * 3 and len(lines[0]) == 2 + len(QUANTILES)
    assert lines[1] == ["conv1", "0.1", "-2", "-1", "0", "1", ""]
    figure = distributions.figure(strips, "light")
    assert figure.layout.height == distributions.height(strips)
    assert [t.name for t in figure.data if t.text is not None] == ["conv1", "output"]


def test_of_many_layers_some_are_chosen_evenly() -> None:
    strips = distributions.rows(history(tuple(f"l{i}" for i in range(40))), "weight")
    chosen = distributions.chosen(strips)
    assert len(chosen) == distributions.SHOWN
    assert (chosen[0].layer, chosen[-1].layer) == ("l0", "l39")


@pytest.mark.parametrize("classes", [2, 8, 200, 0])
def test_every_point_of_an_embedding_is_drawn_once_and_wrong_ones_have_a_ring(classes: int) -> None:
    count = 60
    random = np.random.default_rng(0)
    true = random.integers(0, classes or 9, count).tolist()
    predicted = [*true[: count - 5], *((t + 1) % (classes or 9) for t in true[count - 5 :])]
    found = {
        "classes": [f"<b>{i}" for i in range(classes)],
        "rows": list(range(count)), "points": random.normal(size=(count, 2)).tolist(),
        "true": true, "predicted": predicted, "explained": [0.5, 0.25],
        "probability": [0.75] * count,
    }  # fmt: skip
    figure = embedding.figure(found, "dark")
    drawn = [i for trace in figure.data if trace.customdata is not None for i in trace.customdata]
    assert sorted(drawn) == list(range(count))
    rings = [trace for trace in figure.data if trace.name == "Wrong"]
    assert [len(ring.x) for ring in rings] == ([5] if classes else [])
    assert "<b>" not in str(figure.data[0].name)
    assert bool(figure.layout.showlegend) == (0 < classes <= embedding.NAMED)
    lines = read(embedding.csv(found))
    assert len(lines) == 1 + count and lines[1][3] == (f"<b>{true[0]}" if classes else str(true[0]))


@pytest.mark.parametrize(
    ("count", "shape"), [(5, (1, 8, 8)), (3, (3, 40, 20)), (2600, (1, 28, 28))]
)
def test_images_of_points_are_tiles_in_their_order(count: int, shape: tuple[int, ...]) -> None:
    images = np.zeros((count, *shape))
    images[1] = 255
    found = embedding.sprite(images)
    image = Image.open(io.BytesIO(base64.b64decode(found["address"].partition(",")[2])))
    tile = image.width // found["across"]
    assert image.width == image.height == tile * found["across"] and tile <= embedding.LARGE
    grey = np.array(image.convert("L"))
    assert grey[tile // 2, tile + tile // 2] > 200 > 50 > grey[tile // 2, tile // 2]
