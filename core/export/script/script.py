"""The whole script of an experiment or a run, in sections that are also the cells of a notebook."""

from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from core.base.device import resolve, threads
from core.data.corrected import Corrected
from core.experiment import Experiment
from core.export.script import fine_tuning, parts, preparation, sections, spreadsheets, training
from core.export.script.data import DataFile, data_code
from core.export.script.definitions import Definitions, import_block
from core.export.script.plan import RunFacts, ScriptPlan
from core.export.script.python_source import CannotExport, used_names
from core.export.script.rendering import comment
from core.export.script.section import Section
from core.export.script.unused_code import reachable

HERE = "HERE = Path(__file__).parent  # the folder of the data"
NOTEBOOK_HERE = "HERE = Path()  # the folder of the data"
SECTIONS = (
    preparation.split, preparation.label_noise, preparation.scaling, sections.network,
    sections.loss, training.batches, sections.optimizer, sections.schedule,
    sections.regularizers, sections.stopping, fine_tuning.unfreezing, training.step,
    training.evaluation, parts.changes_of_settings, training.loop, training.testing,
)  # fmt: skip


@dataclass(frozen=True)
class Script:
    """A title, the sections with their definitions, and the files that belong to the script;
    `downloads` as for `DataCode`.
    """

    title: str
    about: str
    sections: tuple[Section, ...]
    files: tuple[DataFile, ...]
    downloads: Path | None = None

    def text(self) -> str:
        """Return the script."""
        head = f'"""{self.title}.\n\n{self.about}\n"""'
        parts = [
            "\n".join(
                [f"# %% {section.title}", *[""] * (1 + _is_block(section.code)), section.code]
            )
            for section in self.sections
        ]
        return "\n\n\n".join([head + "\n\n" + self.sections[0].code, *parts[1:]]) + "\n"


def script(
    experiment: Experiment,
    home: Path,
    run: RunFacts | None = None,
    *,
    draft: bool = False,
    course: tuple[parts.TrainedPart, ...] = (),
) -> Script:
    """Return the script of an experiment, or of its run. A `draft` is only shown: no large file is
    read for it. `course` are the parts of a run whose settings changed, of which the experiment is
    the first. Raises LabError: CannotExport, or what the checks of network and data raise.
    """
    if experiment.fork and experiment.fork.epoch:
        raise CannotExport(
            f"The code of a fork, which begins at {experiment.fork.summary}, also trains its "
            "parent up to that epoch, and is written when the fork has been trained: press Start, "
            "then open Export on Watch. Drop the fork to see these settings from the first step.",
            code="export_of_course",
        )
    experiment = experiment.unforked
    definitions = Definitions(draft)
    data = data_code(experiment.data, home, definitions)
    plan = ScriptPlan(
        experiment,
        experiment.data.facts(home),
        run or _facts(experiment, home),
        data.fills,
        experiment.data if isinstance(experiment.data, Corrected) else None,
        course,
        data.block_size,
    )
    bodies = [Section("Data", data.code)]
    bodies += filter(None, (section(plan, definitions) for section in SECTIONS))
    settings = [
        f"torch.set_num_threads({plan.run.threads})  # other numbers of threads round differently",
        f'device = "{plan.device}"',
    ]
    if any("HERE" in used_names(body.code) for body in bodies):
        definitions.imports["Path"] = "from pathlib import Path"
        settings.insert(0, HERE)
    definitions.imports["torch"] = "import torch"
    settings_code = "\n".join(settings)
    files = data.files
    if experiment.start.weights_digest:
        files += (fine_tuning.ScriptStart(plan).file(home),)
    uses = (name for body in bodies for name in body.uses)
    everything = "\n".join([settings_code, *(body.code for body in bodies), *uses])
    placed = _placed(bodies, definitions.shaken(everything))
    code = "\n".join([settings_code, *(section.code for section in placed)])
    imports = "\n".join(import_block(definitions.imports, code))
    first = Section("Settings", f"{imports}\n\n{settings_code}")
    return Script(
        experiment.title,
        _about(plan),
        (first, *placed),
        files,
        data.downloads,
    )


def _placed(bodies: list[Section], definitions: dict[str, str]) -> list[Section]:
    """Put every definition at the start of the first section that needs it."""
    waiting, placed = dict(definitions), []
    for body in bodies:
        needed = reachable("\n".join([body.code, *body.uses]), waiting)
        texts = [(name, text) for name, text in waiting.items() if name in needed]
        for name, _ in texts:
            del waiting[name]
        if body.uses:  # its code is the comment on the definitions
            parts = [body.code, *(text for _, text in texts)]
        else:
            parts = [*(text for _, text in texts), body.code]
        placed.append(Section(body.title, _stacked(parts)))
    return placed


def _stacked(parts: list[str]) -> str:
    """Return definitions and code with two empty lines around functions and classes."""
    stacked = parts[0]
    for before, text in pairwise(parts):
        is_comment = all(line.startswith("#") for line in before.splitlines())
        apart = not is_comment and any(map(_is_block, (before, text)))
        stacked += ("\n\n\n" if apart else "\n") + text
    return stacked


def _is_block(text: str) -> bool:
    return text.startswith(("def ", "class ", "@"))


def _facts(experiment: Experiment, home: Path) -> RunFacts:
    """Return on which device and with how many threads the experiment would be trained here."""
    device = resolve(experiment.device)
    plan = ScriptPlan(experiment, experiment.data.facts(home))
    multiply_adds = sum(fact.multiply_adds for fact in plan.layers if "." not in fact.path)
    return RunFacts(device, threads(6 * experiment.batch_size * multiply_adds), version("torch"))


def _about(plan: ScriptPlan) -> str:
    torch = f" {plan.run.torch}" if plan.run.torch else ""
    same = "to the last bit" if plan.device == "cpu" else "up to rounding"
    text = (
        f"Trains this network as Descent Lab does, without the lab. With torch{torch} and the "
        f"same number of threads, the losses are equal {same}."
    )
    return comment(text).replace("# ", "")


__all__ = ["HERE", "NOTEBOOK_HERE", "Script", "script", "spreadsheets"]
