"""One edit on the Network page: `python -m benchmarks.network`, on one core.

The first layer with weights is open; its size is set to a value that was not there before, and the
page is drawn anew: list, drawing, table, and the first step measured afresh on the digits. In
milliseconds of the core, median and 95th percentile. Target: at most 300 ms with 50 layers.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.network.chains import every
from core.network.layers import Flatten, Layer, Linear, Output
from core.network.rectifiers import ReLU
from core.network.resnets import SmallResNet

EDITS, TARGET = 30, 300
PICTURE = (1, 8, 8)  # of the built-in digits
ROOT = Path(__file__).parents[1]
NETWORKS: dict[str, tuple[Layer, ...]] = {
    "50 layers": (Flatten(), *(Linear(units=20), ReLU()) * 24, Output()),
    "ResNet, 3 blocks a stage": SmallResNet(blocks=3).layers(PICTURE),
    "ResNet, 5 blocks a stage": SmallResNet(blocks=5).layers(PICTURE),
}


def measure(layers: tuple[Layer, ...]) -> list[float]:
    """Milliseconds of each edit."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=300)
    app.session_state["draft"] = encode(Experiment(network=layers))
    app.run()
    place = next(i for i, layer in enumerate(layers) if hasattr(layer, sized(layer)))
    label = sized(layers[place]).capitalize()
    app.switch_page("network.py").run()
    next(button for button in app.button if button.key == f"open {place}").click().run()
    found = []
    for value in range(21, 23 + EDITS):
        field = next(one for one in app.number_input if one.label == label)
        began = time.process_time()
        field.set_value(value).run()
        found.append(1000 * (time.process_time() - began))
        assert not app.exception and not app.error, [*app.exception, *app.error]
        now = decode(Experiment, app.session_state["draft"]).network[place]
        assert getattr(now, sized(now)) == value
    return found[2:]  # the first ones load what they need


def sized(layer: Layer) -> str:
    """What the size of a layer is called."""
    return "maps" if hasattr(layer, "maps") else "units"


def main() -> None:
    """Prints a line a network."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as home:
        os.environ["LAB_HOME"] = home
        for name, layers in NETWORKS.items():
            found = sorted(measure(layers))
            late = found[int(0.95 * len(found))]
            many = sum(1 for _ in every(layers))
            said = f"{name} ({many} with those within): {statistics.median(found):.0f} ms"
            print(f"{said}, 95 of 100 within {late:.0f} ms, target {TARGET} ms")


if __name__ == "__main__":
    main()
