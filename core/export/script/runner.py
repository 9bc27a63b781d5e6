"""Run exported scripts alone: `python -I runner.py FOLDER …` runs the script of each folder and
writes what it has computed to scores.json beside it. It imports nothing of the lab, and keeps the
scripts from doing so. With --follow before the folders, it ends when its standard input does.
"""

import json
import os
import runpy
import sys
import threading
from pathlib import Path

SCRIPT, SCORES = "train.py", "scores.json"
BASE = Path(__file__).parents[2] / "base"  # these two files import nothing of the lab
# The first step of an optimizer loads the compiler of torch, 1.2 s of processor time, unless this
# module stands for it.
COMPILER = BASE / "lazy_compiler.py"
# Lets a torchvision that does not fit this torch load datasets. Its declarations live as long as
# its variables.
TORCHVISION = BASE / "torchvision_compat.py"


class NoLab:
    """An import hook under which the packages of the lab do not exist."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse the lab; leave everything else to the other finders."""
        if name.partition(".")[0] in ("core", "pages"):
            raise ModuleNotFoundError(f"{name} is part of the lab: the script must not need it")


def follow() -> None:
    """End this process when nobody waits for it any more."""
    sys.stdin.read()
    os._exit(1)


def main(folders: list[str]) -> None:
    """Run each script in its folder."""
    if folders[0] == "--follow":
        folders = folders[1:]
        threading.Thread(target=follow, daemon=True).start()
    sys.meta_path.insert(0, NoLab())
    runpy.run_path(str(COMPILER))["install"]()
    declared: dict[str, object] = {}
    for folder in folders:
        os.chdir(folder)
        script = str(Path(folder) / SCRIPT)
        sys.argv = [script]
        if "torchvision" in Path(script).read_text("utf-8"):
            declared = declared or runpy.run_path(str(TORCHVISION))
        names = runpy.run_path(script, run_name="__main__")
        found = {
            "losses": names["losses"],
            "validation": [record.validation for record in names["history"]],
            "result": names["result"],
        }
        Path(SCORES).write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
