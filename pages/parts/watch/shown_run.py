"""The run that the page Watch shows: what is known about it while the page is drawn."""

from core.base.errors import LabError
from core.jobs import runner
from core.runs.lineage import effective_experiment
from pages.kit import feed
from pages.kit.layout import run_name
from pages.parts.watch import decision_surface


class ShownRun:
    """One run in its present state. Raises LabError if it is not here or cannot be read."""

    def __init__(self, run: str):
        self.run, self.lab = run, runner.current()
        self.state = self.lab.status(run)
        self.tail = feed.tail(run)
        self.experiment = effective_experiment(self.lab.store, run)
        self.name = run_name(run)
        self.classes = self.count_classes()
        self.points = decision_surface.load_points(self.experiment, self.lab.store.home)
        with self.tail.read() as history:
            self.names = {"layers": history.layers, "activations": history.activations}
            self.has_started = history.started is not None
            self.has_steps = history.step > 0
            self.sizes = history.started.sizes if history.started else {}
            self.changes = len(history.changes)

    def count_classes(self) -> int | None:
        """Return the number of classes: 0 for regression, None if the data is not on this disk."""
        try:
            return len(self.experiment.data.facts(self.lab.store.home).classes)
        except LabError:
            return None

    def has_images(self) -> bool:
        """Whether the dataset holds images; True if that is unknown."""
        try:
            return self.experiment.data.facts(self.lab.store.home).has_images
        except LabError:
            return True

    @property
    def live(self) -> bool:
        """Whether it trains or waits for it."""
        return self.state.is_live

    def can_predict(self) -> bool:
        """Whether the run has ended with weights that can be analyzed and used."""
        return self.state.has_result and self.has_weights()

    def has_weights(self) -> bool:
        """Whether the run has a checkpoint that can be analyzed."""
        return bool(self.lab.store.checkpoints(self.run))
