"""Each published dataset with a small archive, on a local server or without a network."""

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest

from core.data.datasets import DataSet
from tests.core.data.ready.archives import SETS, Archive, Quiet, archive_of, publish


@pytest.fixture(scope="module", params=SETS, ids=lambda choice: choice.kind)
def published(request) -> tuple[DataSet, Archive]:
    return request.param, archive_of(request.param)


@pytest.fixture
def mirror(published, tmp_path: Path, monkeypatch):
    """torchvision downloads from here."""
    choice, made = published
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name, content in made.packed.items():
        (folder / name).write_bytes(content)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    publish(choice, made, f"http://127.0.0.1:{server.server_port}/", monkeypatch)
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def offline(published, mirror, monkeypatch):
    """A closed port stands for being offline."""
    publish(*published, "http://127.0.0.1:1/", monkeypatch)
