"""Reading spreadsheets compared with pandas: `python -m benchmarks.spreadsheet [--rows N]`.

Ratios of CPU time and peak memory. Each file is read in a fresh process, and the contestants take
turns so that a busy machine slows all of them equally; median over rounds. A CSV file as large as
MNIST (60 000 × 784, 108 MB) is compared with pandas.read_csv and its defaults. Targets: at most 0.8
of its CPU time, and at most 200 MB in addition to the resulting array. The same values as XLSX, in
fewer rows, are compared with the fastest reader of pandas for information.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from core.data.spreadsheet.grid import letters

COLUMNS = 784
TARGET, MEMORY = 0.8, 200  # fraction of the time of pandas; MB in addition to the array

CHILD = """
import json, re, resource, sys
from pathlib import Path
import numpy as np, pandas as pd
from core.data.spreadsheet.table import read_table

def used():
    return [sum(resource.getrusage(who)[:2]) for who in
            (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

path = Path(sys.argv[1])
read = {
    "lab": lambda: read_table(path, path.name).values,
    "pandas.read_csv": lambda: pd.read_csv(path, header=None).to_numpy(),
    "pandas.read_excel": lambda: pd.read_excel(path, header=None, engine="calamine").to_numpy(),
}[sys.argv[2]]
memory, time = peak(), sum(used())
values = read()
found = {"seconds": sum(used()) - time, "peak": peak() - memory, "sum": int(values.sum()),
         "array": values.nbytes / 2**20}
print(json.dumps(found))
"""

CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
    f'PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/><Override '
    f'PartName="/xl/worksheets/sheet1.xml" ContentType="{CONTENT}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" '
    'sheetId="1" r:id="r"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
    f'Id="r" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def random_pixels(rows: int) -> np.ndarray:
    """Return values like those of MNIST, (rows, 784) uint8: four of five are 0."""
    generator = np.random.Generator(np.random.PCG64(0))
    values = generator.integers(0, 256, (rows, COLUMNS), np.uint8)
    values[generator.random(values.shape, np.float32) < 0.8] = 0
    return values


def write_csv(path: Path, values: np.ndarray) -> None:
    """Write a CSV file without a header."""
    names = [str(value) for value in range(256)]
    with path.open("w") as file:
        for row in values:
            file.write(",".join([names[value] for value in row.tolist()]) + "\n")


def write_xlsx(path: Path, values: np.ndarray) -> None:
    """Write one sheet as XML; openpyxl would take minutes."""
    columns = [letters(column) for column in range(values.shape[1])]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, part in PARTS.items():
            book.writestr(name, part)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for number, row in enumerate(values, 1):
                cells = zip(columns, row.tolist(), strict=True)
                line = "".join([f'<c r="{c}{number}"><v>{v}</v></c>' for c, v in cells])
                sheet.write(f'<row r="{number}">{line}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def read(path: Path, contestant: str) -> dict[str, float]:
    """Read the file in a fresh process; return CPU seconds, peak MB and the sum of the values."""
    command = [sys.executable, "-c", CHILD, str(path), contestant]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def measure(path: Path, contestants: list[str], rounds: int, total: int) -> dict[str, dict]:
    """Return the medians of each contestant. All must have read the same values."""
    results: dict[str, list[dict]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name in contestants:
            results[name].append(read(path, name))
            assert results[name][-1]["sum"] == total, f"{name} read different values"
    return {
        name: {key: statistics.median(result[key] for result in rounds) for key in rounds[0]}
        for name, rounds in results.items()
    }


def report(title: str, medians: dict[str, dict]) -> None:
    """Print one line per contestant."""
    print(f"\n{title}")
    for name, median in medians.items():
        ratio = medians["lab"]["seconds"] / median["seconds"]
        print(
            f"  {name:<18}{median['seconds']:7.2f} s CPU time, peak {median['peak']:6,.0f} MB, "
            f"array {median['array']:4.0f} MB   the lab takes {ratio:4.2f} of its time"
        )


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("--rows", type=int, default=60_000)
    options.add_argument("--sheet-rows", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=5)
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print a table for CSV with its targets, and one for XLSX."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        values = random_pixels(options.rows)
        path, total = Path(folder) / "pixels.csv", int(values.sum())
        write_csv(path, values)
        medians = measure(path, ["lab", "pandas.read_csv"], options.rounds, total)
        size = path.stat().st_size / 1e6
        report(f"CSV, {options.rows} × {COLUMNS}, {size:.0f} MB, {options.rounds} rounds", medians)
        lab = medians["lab"]
        ratio = lab["seconds"] / medians["pandas.read_csv"]["seconds"]
        extra = lab["peak"] - lab["array"]
        print(f"  time: {ratio:.2f} of pandas (target at most {TARGET})")
        print(f"  memory: {extra:.0f} MB in addition to the array (target at most {MEMORY})")
        path.unlink()
        if rows := options.sheet_rows:
            path, values = Path(folder) / "pixels.xlsx", values[:rows]
            write_xlsx(path, values)
            rounds, total = max(1, options.rounds // 2), int(values.sum())
            medians = measure(path, ["lab", "pandas.read_excel"], rounds, total)
            size = path.stat().st_size / 1e6
            report(f"XLSX, {rows} × {COLUMNS}, {size:.0f} MB, {rounds} rounds", medians)
            print("  The lab parses in a separate process, whose memory is freed and not counted.")


if __name__ == "__main__":
    main()
