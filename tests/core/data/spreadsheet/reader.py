"""One process under the limits of a workbook's process that reads many, so thousands can be tried.

It does what `sheet.py` does for one; when a workbook ends it, the next gets a new process.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from core.data.spreadsheet import workbook

CODE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from core.base.limits import limit
from core.data.spreadsheet.sheet import convert_safely
from core.data.spreadsheet.sheet_xml import write_facts
memory, written, seconds = map(int, sys.argv[2:])
limit(memory=memory, written=written, seconds=seconds)
for line in sys.stdin:
    book, table, report, order = json.loads(line)
    with open(book, "rb") as b, open(table, "w", encoding="utf-8", newline="") as t:
        with open(report, "w") as r:
            write_facts(r, convert_safely(b, t, r, **order))
    print("done", flush=True)
"""


class Reader:
    """A replacement for `workbook._run`."""

    def __init__(self, folder: Path):
        self.folder, self.process, self.ended = folder, None, 0

    def __call__(self, book: BinaryIO, table: BinaryIO, report: BinaryIO, wanted: str) -> int:
        paths = [self.folder / name for name in ("book", "table", "report")]
        book.seek(0)
        paths[0].write_bytes(book.read())
        order = {"sheet": wanted, "rows": workbook.ROWS, "columns": workbook.COLUMNS}
        process = self._running()
        process.stdin.write(json.dumps([*map(str, paths), order]) + "\n")
        process.stdin.flush()
        code = 0 if process.stdout.readline() else process.wait()
        self.ended += code != 0
        for path, file in zip(paths[1:], (table, report), strict=True):
            file.write(path.read_bytes() if path.exists() else b"")
        return code

    def _running(self) -> subprocess.Popen:
        if self.process is None or self.process.poll() is not None:
            self.close()
            limits = [workbook.MEMORY, workbook.TEXT, 600]
            command = [sys.executable, "-I", "-c", CODE, str(workbook.ROOT), *map(str, limits)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            errors = tempfile.TemporaryFile()  # noqa: SIM115 - its last words, read by nobody
            self.process = subprocess.Popen(command, text=True, stderr=errors, **pipes)
            errors.close()
        return self.process

    def close(self) -> None:
        """End the process."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None
