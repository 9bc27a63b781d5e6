"""Export as code: a plain PyTorch script, and the same as a notebook, that train the network of a
run again without the lab. Light to import: torch is loaded when code is written.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from core.base.errors import BadInput
from core.base.finding import Finding
from core.base.spec import ranged
from core.export.export_format import ExportFormat, Result, Writing
from core.runs import lineage
from core.runs.history import History
from core.runs.store import Store

if TYPE_CHECKING:
    from core.export.script.script import Script

CUT_SHORT = ("stopped", "time")  # how a run ends where no rule of its experiment ends it


class CodeFormat(ExportFormat):
    """The base of both formats; not a member of the family."""

    needs_weights: ClassVar[bool] = False
    prove: bool = ranged(
        False,
        label="Compare the losses",
        help="Run the script alone in a new process and compare its losses with those of the run.",
    )

    def obstacle(self, store: Store, run: str) -> str:
        return obstacle(store, run)

    def with_proof(self) -> Self | None:
        return None if self.prove else self.model_copy(update={"prove": True})

    def write(self, store: Store, run: str, path: Path) -> Writing:
        from core.export.proof import prove

        yield 0.0, "Writing the code"
        history = History.of(store.read(run)[0])
        written = script_of(store, run, history)
        path.write_text(self.content(written), "utf-8")
        for file in written.files:
            file.write(path.with_name(file.name))
        if not self.prove:
            return {}
        return {"proof": (yield from prove(written, history))}

    def content(self, written: "Script") -> str:
        """Return the text of the file."""
        raise NotImplementedError

    def findings(self, result: Result) -> list[Finding]:
        from core.export.proof import finding

        return [finding(result["proof"])] if "proof" in result else []


class ScriptFormat(CodeFormat):
    """One plain PyTorch script that trains this network again: data, split, network, loop and
    evaluation, with the formula of each technique. It needs torch, NumPy and pandas, not this app.
    """

    kind: Literal["script"] = "script"
    label: ClassVar[str] = "PyTorch script"
    source: ClassVar[str] = "Paszke et al. 2019 (PyTorch)"
    suffix: ClassVar[str] = ".py"
    place: ClassVar[int] = 1

    def content(self, written: "Script") -> str:
        return written.text()


class NotebookFormat(CodeFormat):
    """The same code as a Jupyter notebook, one cell for each step."""

    kind: Literal["notebook"] = "notebook"
    label: ClassVar[str] = "Notebook"
    source: ClassVar[str] = "Kluyver et al. 2016 (Jupyter)"
    suffix: ClassVar[str] = ".ipynb"
    place: ClassVar[int] = 2

    def content(self, written: "Script") -> str:
        return notebook(written)


def script_of(store: Store, run: str, history: History) -> "Script":
    """Return the script of a finished run. Raises LabError."""
    from core.export.script.parts import parts_of
    from core.export.script.plan import RunFacts
    from core.export.script.script import script

    started, ended = history.started, history.ended
    if text := obstacle(store, run):
        raise BadInput(text, code="export_of_course")
    course = parts_of(lineage.segments(store, run))
    cut_short = bool(ended and ended.reason in CUT_SHORT)
    facts = RunFacts(
        device=started.device,
        threads=started.threads,
        torch=started.versions.get("torch", ""),
        stopped_after=history.step if cut_short else 0,
        is_finished=True,
        epochs=len(history.epochs) + cut_short,
    )
    experiment = course[0].experiment.model_copy(
        update={"name": lineage.own_experiment(store, run).name}
    )
    return script(experiment, store.home, facts, course=course)


def obstacle(store: Store, run: str) -> str:
    """Return why a script cannot train the run again; empty if it can."""
    from core.export.script.parts import find_obstacle, parts_of

    if not (problem := find_obstacle(parts_of(lineage.segments(store, run)))):
        return ""
    return (
        f"A script cannot follow the course of this run: {problem} on the way. Download the "
        "archive, which contains everything to train the run again in a lab, or export its weights."
    )


def notebook(written: "Script") -> str:
    """Return the script as a notebook: a heading and a cell for each section."""
    import nbformat

    from core.export.script.script import HERE, NOTEBOOK_HERE

    new = nbformat.v4
    cells = [new.new_markdown_cell(f"# {written.title}\n\n{written.about}")]
    for section in written.sections:
        cells.append(new.new_markdown_cell(f"## {section.title}"))
        cells.append(new.new_code_cell(section.code.replace(HERE, NOTEBOOK_HERE)))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same notebook for the same run
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = new.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return nbformat.writes(book)
