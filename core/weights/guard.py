"""Read an uploaded file of weights in a separate process with limited memory and time.

    main(), with '{"name": …}' < weights.pth > weights.safetensors 2> report

However that process ends, the result is a checked file or an error with a code.
"""

import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from core.base.errors import BadData, Unavailable
from core.base.limits import limit
from core.base.process import ROOT, run_limited
from core.base.text import clip

SECONDS, GRACE = 60, 10  # GRACE: further seconds until this process ends the other one
MEMORY = 2**30  # bytes besides those of torch and twice the file
COPIES = 4  # of the file in memory at the same time, at most
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from core.weights.guard import main; main()"


def read_guarded(source: Path | bytes, name: str, target: Path) -> None:
    """Write the checked weights of a file to `target`, as safetensors. Raises BadData,
    Unavailable.
    """
    try:
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as report:
            if isinstance(source, bytes):
                file.write(source)
                file.seek(0)
                status = _run(file, target, report, name, len(source))
            else:
                with source.open("rb") as opened:
                    status = _run(opened, target, report, name, source.stat().st_size)
            report.seek(0)
            answer = _last_object(report.read(2**20))
    except FileNotFoundError:
        raise BadData(
            f"{clip(name)} does not exist. Check its path.", code="weights_file_missing"
        ) from None
    except IsADirectoryError:
        raise BadData(
            f"{clip(name)} is a folder. Name a file of weights in it, .safetensors or .pth.",
            code="weights_is_folder",
        ) from None
    except OSError as error:
        raise Unavailable(
            f"{clip(name)} cannot be read or stored ({error.strerror}). Check its permissions and "
            "free disk space.",
            code="weights_not_readable",
        ) from None
    if status or "code" in answer:
        message = f"{clip(name)} could not be read within the limits of memory and time. Save the "
        message += "weights alone, with torch.save(model.state_dict(), path)."
        raise BadData(answer.get("message", message), code=answer.get("code", "weights_limits"))


def _run(file: BinaryIO, target: Path, report: BinaryIO, name: str, size: int) -> int | None:
    # -I and an explicit path: nothing is imported from the environment or the current folder
    order = json.dumps({"name": name, "size": size})
    command = [sys.executable, "-I", "-c", _CHILD, str(ROOT), order]
    with target.open("wb") as written:
        return run_limited(command, SECONDS + GRACE, stdin=file, stdout=written, stderr=report)


def _last_object(text: bytes) -> dict[str, Any]:
    for line in reversed(text.decode("utf-8", "replace").splitlines()):
        with suppress(ValueError):
            if line.startswith("{"):
                return json.loads(line)
    return {}


def main() -> None:
    """Read weights from standard input and write them to standard output; an error goes to standard
    error as JSON.
    """
    import psutil

    from core.weights.reading import read_model

    order = json.loads(sys.argv[-1])
    room = MEMORY + COPIES * order["size"]
    used = psutil.Process().memory_info().vms  # with torch, whose libraries are mapped
    limit(memory=used + room, written=room, seconds=SECONDS)
    try:
        model = read_model(sys.stdin.buffer, order["name"])
        sys.stdout.buffer.write(model.safetensors())
        sys.stdout.buffer.flush()
    except BadData as error:
        _report(error.code, str(error))
    except MemoryError:
        sys.exit(1)


def _report(code: str, message: str) -> None:
    sys.stderr.write(f"\n{json.dumps({'code': code, 'message': message})}\n")
