"""A small run, its archive, and archives with other entries."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from core.analysis.trained import TrainedRun
from core.base.control import GO, LEAVE
from core.base.encoding import encode
from core.base.errors import LabError
from core.experiment import Experiment
from core.export.archive import MANIFEST, pack
from core.export.export_format import ExportFormat, Result
from core.export.opening import open_archive
from core.network.presets import SoftmaxRegression
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES, Store
from core.studies import trainer
from tests.conftest import ended, script, write

TINY = Experiment(name="Tiny", network=SoftmaxRegression().layers((1, 8, 8)), epochs=3)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "here")


@pytest.fixture
def other(tmp_path) -> Store:
    return Store(tmp_path / "there")


def packed(store, run, **how) -> bytes:
    file = io.BytesIO()
    pack(store, run, file, **how)
    return file.getvalue()


def opened(store, content, name="run.zip"):
    return open_archive(store, io.BytesIO(content), name)


def left(store) -> str:
    """A run that was interrupted half-way."""
    run = store.create(encode(TINY))
    go = trainer.execute(store, run, poll_control=lambda t: LEAVE if t.step >= 50 else GO)
    assert go is None
    return run


def made_up(store, experiment=TINY) -> str:
    run = store.create(encode(experiment))
    write(store, run, [*script(), ended()])
    return run


def entries(content) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(parts, how=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as made:
        for name, content in parts:
            made.writestr(name, content)
    return file.getvalue()


def changed(content, **parts) -> bytes:
    """The archive with other entries and a matching manifest."""
    found = entries(content)
    names = {"events": EVENTS, "experiment": EXPERIMENT, "notes": NOTES, "checkpoint": CHECKPOINT}
    for name, new in parts.items():
        if name in names:
            found[names[name]] = new
    return sealed(found, **parts.get("manifest", {}))


def sealed(found, **more) -> bytes:
    """Entries with a manifest that has their checksums and `more`."""
    manifest = json.loads(found.pop(MANIFEST))
    manifest["sums"] = [[n, hashlib.sha256(c).hexdigest()] for n, c in found.items()]
    return zipped([*found.items(), (MANIFEST, json.dumps(manifest | more))])


def assert_refused(store, content, *codes, name="run.zip") -> str:
    """Assert that the archive is refused with one of these codes and leaves nothing behind. Returns
    the message.
    """
    before = sorted(store.home.rglob("*")) if store.home.exists() else []
    with pytest.raises(LabError) as caught:
        opened(store, content, name)
    assert caught.value.code in codes
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 400
    assert store.ids() == []
    assert not list(store.root.iterdir())
    assert [p for p in before if not p.exists()] == []
    return message


def written(trained: TrainedRun, format: ExportFormat, path: Path) -> Result:
    """Write the export of a finished run. Returns its result."""
    writing, fraction = format.write(trained.store, trained.run, path), 0.0
    while True:
        try:
            done, note = next(writing)
        except StopIteration as end:
            return end.value
        assert note and fraction <= done <= 1
        fraction = done
