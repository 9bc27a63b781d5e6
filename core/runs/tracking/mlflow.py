"""MLflow: one run in the files of a local tracking store.

The file store works without a server and with mlflow-skinny alone. MLflow no longer develops it and
asks for MLFLOW_ALLOW_FILE_STORE=true; `mlflow migrate-filestore` turns it into a database.
"""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from core.base.events import Ended, Started
from core.runs.state import RunState
from core.runs.tracking.scalars import Scalar, hyperparameters
from core.runs.tracking.tracker import Tracker

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "Descent Lab"
RUN = "descent_lab.run"  # the tag with the id of the run
BATCH = 1000  # metrics of one call
ENVIRONMENT = {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
STATUS = {
    RunState.STOPPED: "KILLED",
    RunState.DIVERGED: "FAILED",
    RunState.FAILED: "FAILED",
    RunState.DONE: "FINISHED",
}


class MLflowTracker(Tracker):
    """Metrics, parameters and status of a run of the MLflow experiment "Descent Lab". A run that is
    already there is continued: steps that it has are not written again.
    """

    kind: ClassVar[str] = "mlflow"
    label: ClassVar[str] = "MLflow"
    package: ClassVar[str] = "mlflow"
    _client: "MlflowClient | None" = None

    def open(self, started: Started) -> None:
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient
        from mlflow.entities import Param

        self._client = client = MlflowClient(tracking_uri=self.folder.resolve().as_uri())
        experiment = client.get_experiment_by_name(EXPERIMENT)
        place = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
        existing = client.search_runs([place], f"tags.`{RUN}` = '{self.run}'")
        run = existing[0] if existing else client.create_run(
            place, start_time=round(1000 * started.time), run_name=self.name, tags={RUN: self.run}
        )  # fmt: skip
        self._id = run.info.run_id
        self._last = {
            name: max(metric.step for metric in client.get_metric_history(self._id, name))
            for name in run.data.metrics
        }
        settings = hyperparameters(self.experiment).items()
        client.log_batch(self._id, params=[Param(name, str(value)) for name, value in settings])
        client.update_run(self._id, status="RUNNING")

    def write(self, scalars: Sequence[Scalar]) -> None:
        from mlflow.entities import Metric

        metrics = [
            Metric(name, value, round(1000 * time), step)
            for name, value, step, time in (s._replace(name=metric_name(s.name)) for s in scalars)
            if step > self._last.get(name, -1)
        ]
        for start in range(0, len(metrics), BATCH):
            self._client.log_batch(self._id, metrics=metrics[start : start + BATCH])

    def end(self, ended: Ended, scores: Sequence[Scalar]) -> None:
        if self._client is None:  # it failed before its first step
            return
        self.write(scores)
        self._client.set_tag(self._id, "mlflow.note.content", ended.message)
        self._client.set_terminated(self._id, STATUS[RunState.of_end(ended.reason)])

    def close(self) -> None:
        self._client = None


def metric_name(name: str) -> str:
    """Return the name without the characters that MLflow refuses.

    >>> metric_name("gradient_norm/block1.conv2")
    'gradient_norm/block1.conv2'
    """
    return re.sub(r"[^\w\-. :/]", "_", name)
