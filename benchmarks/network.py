"""Time of one edit on the Network page: `python -m benchmarks.network`, on one core.

The first layer with weights is open. Its size is set to a new value and the page is drawn again:
list, diagram, table, and the first training step on the digits. CPU milliseconds, median and 95th
percentile. Target: at most 300 ms with 50 layers.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.network.chains import walk_layers
from core.network.layers import Flatten, Layer, Linear, Output
from core.network.rectifiers import ReLU
from core.network.resnets import SmallResNet

EDITS, TARGET = 30, 300
WARM_UP = 2  # the first edits load what they need
SHAPE = (1, 8, 8)  # of the included digits
ROOT = Path(__file__).parents[1]
NETWORKS: dict[str, tuple[Layer, ...]] = {
    "50 layers": (Flatten(), *(Linear(units=20), ReLU()) * 24, Output()),
    "ResNet, 3 blocks per stage": SmallResNet(blocks=3).layers(SHAPE),
    "ResNet, 5 blocks per stage": SmallResNet(blocks=5).layers(SHAPE),
}


def measure(layers: tuple[Layer, ...]) -> list[float]:
    """Return the CPU milliseconds of each edit."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=300)
    app.session_state["draft"] = encode(Experiment(network=layers))
    app.run()
    index = next(i for i, layer in enumerate(layers) if hasattr(layer, size_field(layer)))
    name = size_field(layers[index])
    app.switch_page("network.py").run()
    next(button for button in app.button if button.key == f"open {index}").click().run()
    times = []
    for value in range(21, 21 + WARM_UP + EDITS):
        size = getattr(decode(Experiment, app.session_state["draft"]).network[index], name)
        widget = next(w for w in app.number_input if name in str(w.key) and w.value == size)
        start = time.process_time()
        widget.set_value(value).run()
        times.append(1000 * (time.process_time() - start))
        assert not app.exception and not app.error, [*app.exception, *app.error]
        layer = decode(Experiment, app.session_state["draft"]).network[index]
        assert getattr(layer, name) == value
    return times[WARM_UP:]


def size_field(layer: Layer) -> str:
    """Return the name of the field that holds the size of a layer."""
    return "maps" if hasattr(layer, "maps") else "units"


def main() -> None:
    """Print one line per network."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as home:
        os.environ["LAB_HOME"] = home
        for name, layers in NETWORKS.items():
            times = sorted(measure(layers))
            percentile = times[int(0.95 * len(times))]
            count = sum(1 for _ in walk_layers(layers))
            print(
                f"{name} ({count} including nested layers): median {statistics.median(times):.0f} "
                f"ms, 95th percentile {percentile:.0f} ms (target {TARGET} ms)"
            )


if __name__ == "__main__":
    main()
