"""ExportFormat: one form in which a finished run leaves the lab. The family of all of them."""

from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self

from core.base.finding import Finding
from core.base.numbers import size
from core.base.spec import Choice
from core.base.text import join_words
from core.data.dataset import Facts
from core.experiment import Experiment
from core.runs.store import Store

Result = dict[str, Any]  # plain JSON data
Writing = Generator[tuple[float, str], None, Result]


class ExportFormat(Choice, family="export format"):
    """A format with its options. The first paragraph of the docstring of a member is its
    description on the page.

    Prepared files are kept in the folder of the run (core/export/exports.py).
    """

    page: ClassVar[str] = "Watch"
    technique: ClassVar[str] = "K3"
    version: ClassVar[int] = 1  # raised when files of earlier versions must not be used any more
    place: ClassVar[int] = 9  # on the page
    suffix: ClassVar[str] = ""  # of the file, such as ".onnx"; empty for a folder
    title: ClassVar[str] = ""  # after the name of the run, where other formats have the same suffix
    requirements: ClassVar[str] = ""  # the file of the packages that only this format needs …
    packages: ClassVar[tuple[str, ...]] = ()  # … and the names under which they are imported
    reads_data: ClassVar[bool] = True  # whether the dataset has to be on this disk
    needs_weights: ClassVar[bool] = True  # whether the run must have ended with weights that count

    def file_name(self, run: str) -> str:
        """Return the name of the file or the folder of a run, another one for each format."""
        title = self.title if self.suffix else self.kind
        return "-".join(filter(None, (run, title))) + self.suffix

    def unsuitable(self, experiment: Experiment, facts: Facts | None) -> str:
        """Return why this run cannot be exported in this format, and what can be done; empty if it
        can. `facts` are None only without `reads_data`.
        """
        return ""

    def obstacle(self, store: Store, run: str) -> str:
        """Return the same for the way in which the run was trained."""
        return ""

    def write(self, store: Store, run: str, path: Path) -> Writing:
        """Write the file, or the folder, `path`; further files go beside it. All of them are
        exported together, from a new folder.

        Yields the fraction done and what is being done, often enough for a press of Stop (every
        half second); returns plain data for `findings`. Raises LabError.
        """
        raise NotImplementedError
        yield

    def with_proof(self) -> Self | None:
        """Return the same export with a comparison that takes longer; None if there is none, or if
        it is included.
        """
        return None

    def findings(self, result: Result) -> list[Finding]:
        """Return what to show with the file: what was compared, and how well it agrees."""
        return []

    @classmethod
    def missing_packages(cls) -> str:
        """Return which packages are not installed and how to install them; empty if none."""
        missing = [package for package in cls.packages if find_spec(package) is None]
        if not missing:
            return ""
        return (
            f"{cls.label} requires the package{'s' * (len(missing) > 1)} "
            f"{join_words(missing)}. Install with: pip install -r {cls.requirements}"
        )


def describe_excess(
    experiment: Experiment, facts: Facts, holder: str, limit: int, way_out: str
) -> str:
    """Return that the weights in float32 exceed `limit` bytes, which is what "an ONNX file holds at
    most", with the way out; empty if they do not.
    """
    from core.network.build import trace

    layers = trace(experiment.network, facts.shape, facts.outputs)
    weights = 4 * sum(layer.parameters for layer in layers)
    if weights <= limit:
        return ""
    return f"The network has {size(weights)} of weights, and {holder} {size(limit)}. {way_out}"
