"""The weights as an export format: a file of tensors with everything that new inputs need."""

from pathlib import Path
from typing import ClassVar, Literal

from core.base.finding import Finding
from core.base.spec import ranged
from core.export.export_format import ExportFormat, Result, Writing
from core.runs.store import Store
from core.weights.facts import HEADER

READ = {  # the first lines of the code that loads a file, by its form
    "pth": """\
import torch

saved = torch.load({file!r}, weights_only=True)  # tensors and plain data; no code is executed
model.load_state_dict(saved["state_dict"])
""",
    "safetensors": """\
import json

import torch
from safetensors import safe_open

with safe_open({file!r}, framework="pt") as file:
    saved = json.loads(file.metadata()[{header!r}])
    model.load_state_dict({{name: file.get_tensor(name) for name in file.keys()}})
""",
}
LOADING = """
scale = saved.get("scale", {})  # new inputs are scaled as those of the training were
multiply, add = (
    torch.tensor(scale.get(name, [default])).reshape(scale.get("shape", ()))
    for name, default in (("multiply", 1.0), ("add", 0.0))
)
model.eval()
with torch.inference_mode():
    scores = model(multiply * inputs + add)  # inputs (N, ...): raw values, float32
classes = saved.get("classes")  # of a classifier: classes[scores.argmax(1)[0]] is the first answer

# After a training of your own: torch.save(model.state_dict(), "weights.pth")
"""


class WeightsFormat(ExportFormat):
    """The weights of the best epoch by name, with normalization, class names, columns, input shape,
    experiment and a SHA-256 over all of it.

    `.safetensors` has these facts in its header; `.pth` is a dictionary of tensors and plain values
    that `torch.load(weights_only=True)` reads.
    """

    kind: Literal["weights"] = "weights"
    label: ClassVar[str] = "Weights"
    source: ClassVar[str] = "pytorch.org; huggingface.co/docs/safetensors"
    technique: ClassVar[str] = "K1"
    place: ClassVar[int] = 3
    reads_data: ClassVar[bool] = False
    form: Literal["safetensors", "pth"] = ranged(
        "safetensors",
        label="File format",
        option_labels={"safetensors": ".safetensors", "pth": ".pth (PyTorch)"},
        help="Both hold the same values bit for bit, and the lab reads both.",
    )

    @property
    def suffix(self) -> str:  # type: ignore[override]
        return f".{self.form}"

    def write(self, store: Store, run: str, path: Path) -> Writing:
        import io

        from core.runs.checkpoint import saved_model
        from core.weights.reading import read_model
        from core.weights.saved_model import WRITERS

        yield 0.0, "Writing the weights"
        model = saved_model(store, run)
        content = WRITERS[self.form](model)
        path.write_bytes(content)
        yield 0.5, "Reading the file back"
        read = read_model(io.BytesIO(content), path.name)
        return {
            "tensors": len(model.tensors),
            "digest": read.digest,
            "equal": read.digest == model.digest,
        }

    def loading_code(self, file: str) -> str:
        """Return plain PyTorch that loads the file of this name into `model`, the network of the
        exported script, and answers for raw `inputs`.
        """
        return READ[self.form].format(file=file, header=HEADER) + LOADING

    def findings(self, result: Result) -> list[Finding]:
        text = (
            f"All {result['tensors']} tensors were read back from the file and are equal to those "
            f"of the run bit for bit. SHA-256 of the content: {result['digest'][:16]}…"
        )
        return [Finding("weights_read_back", "ok", text, result)] if result["equal"] else []
