"""The expected time of each ready-made study on the digits, for the labels of the presets.

    python -m benchmarks.assets.study_times

Writes assets/study_seconds.json: seconds in one process on the machine that ran it. The page shows
them as classes such as "under 1 min"; it measures the selected study on its own machine.
"""

import json
import tempfile
from pathlib import Path

from core.base.encoding import change
from core.studies.duration import expected
from core.studies.study import shipped
from core.studies.timing import finish

RESULT = Path(__file__).parents[2] / "assets" / "study_seconds.json"


def main() -> None:
    seconds = {}
    with tempfile.TemporaryDirectory() as home:
        for name, preset in shipped().items():
            if preset.method.whole_curve:
                study = change(preset, "base.data", {"kind": "digits"})
                found = finish(expected(Path(home), study))
                if not found.problem:  # such as a study that needs a GPU
                    seconds[name] = round(found.seconds, 1)
                print(name, found.problem or f"{found.seconds:.1f} s")
    RESULT.write_text(json.dumps(seconds, indent=2) + "\n")


if __name__ == "__main__":
    main()
