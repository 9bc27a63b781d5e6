"""The settings as an export format: the experiment as JSON or YAML, to open in this or another lab,
to keep under version control, or to edit by hand.
"""

from pathlib import Path
from typing import ClassVar, Literal

from core.base.encoding import decode
from core.base.spec import ranged
from core.experiment import Experiment
from core.export.export_format import ExportFormat, Writing
from core.runs.store import Store


class ExperimentFormat(ExportFormat):
    """All settings of the run, without its weights and its data. **Open a file** on Runs and
    `python -m core train` read both forms.
    """

    kind: Literal["experiment"] = "experiment"
    label: ClassVar[str] = "Experiment"
    source: ClassVar[str] = "json.org; yaml.org"
    technique: ClassVar[str] = "K3"
    place: ClassVar[int] = 6
    title: ClassVar[str] = "experiment"
    reads_data: ClassVar[bool] = False
    needs_weights: ClassVar[bool] = False
    form: Literal["yaml", "json"] = ranged(
        "yaml",
        label="File format",
        option_labels={"yaml": ".yaml", "json": ".json"},
        help="Both hold the same settings. YAML is easier to edit by hand.",
    )

    @property
    def suffix(self) -> str:  # type: ignore[override]
        return f".{self.form}"

    def write(self, store: Store, run: str, path: Path) -> Writing:
        from core.base.yaml_text import encode_yaml

        yield 0.0, "Writing the settings"
        experiment = decode(Experiment, store.experiment(run))
        indented = experiment.model_dump_json(indent=2) + "\n"
        text = encode_yaml(experiment) if self.form == "yaml" else indented
        path.write_text(text, "utf-8")
        return {}
