"""The command line: the same engine and the same files as the app.

Exit status 0: success. 2: invalid input, with one message on standard error. 1: an internal error,
a run that failed, or one that `verify` finds different. 130: interrupted by a second Ctrl+C, or by
the first one where nothing is saved.
"""

import os
import sys
from typing import Any

from core.base import device
from core.base.encoding import to_json_text
from core.base.errors import LabError, Unavailable
from core.commands.parser import parser
from core.commands.terminal import Terminal, never_fail_to_encode, write_line

INTERRUPTED = 130  # exit status, 128 + SIGINT as in shells


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    never_fail_to_encode(sys.stdout, sys.stderr)
    try:
        result = _run(arguments)
    except LabError as error:
        return _refuse(error, as_json="--json" in arguments)
    except OSError as error:
        return _refuse(_describe_os_error(error), as_json="--json" in arguments)
    except KeyboardInterrupt as interrupt:
        write_line(str(interrupt) or "Interrupted.", sys.stderr)
        return INTERRUPTED
    failed = result.get("reason") == "failed"
    if failed:
        write_line(result["message"], sys.stderr)
    if "--json" in arguments:
        write_line(to_json_text(result), sys.stdout)
    return int(failed or result.get("identical") is False)


def _run(arguments: list[str]) -> dict[str, Any]:
    parsed = parser().parse_args(arguments)
    if parsed.home:
        os.environ["LAB_HOME"] = parsed.home
    device.prepare()
    with Terminal(quiet=parsed.json) as terminal:
        return parsed.execute(parsed, terminal)


def _refuse(error: LabError, *, as_json: bool) -> int:
    write_line(str(error), sys.stderr)
    if as_json:
        answer = {"code": error.code, "message": str(error), **error.details()}
        write_line(to_json_text({"error": answer}), sys.stdout)
    return 2


def _describe_os_error(error: OSError) -> LabError:
    """Describe a file that cannot be read or written, where no command does it better."""
    path = error.filename or "A file"
    return Unavailable(
        f"{path} cannot be read or written ({error.strerror or error}). Check its permissions and "
        "the free disk space, or choose another folder with --home.",
        code="file_not_accessible",
    )


if __name__ == "__main__":
    sys.exit(main())
