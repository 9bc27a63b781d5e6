"""Published datasets, downloaded from a small local server with archives of the same form: IDX and
CIFAR batches.
"""

import pickle
import socketserver
import threading
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import Unavailable
from core.data.datasets import CIFAR10, CIFAR100, MNIST, DataSet
from core.data.load import load
from tests.core.data.ready.archives import SETS, archive_of, publish

# of extractall without a filter, which torchvision calls: Python 3.12 and 3.13 warn
pytestmark = pytest.mark.filterwarnings("ignore:.*extraction filter:DeprecationWarning")

SHARED = Path(__file__).parents[5] / "shared" / "data"


def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def root(tmp_path: Path) -> Path:
    return home(tmp_path) / "data" / "torchvision"


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def assert_same(found, published) -> None:
    """Every pixel and label in its place, all in the form that Samples promises."""
    choice, made = published
    parts = (found.inputs, found.targets, found.test_inputs, found.test_targets)
    for array, expected in zip(parts, made.arrays, strict=True):
        assert np.array_equal(array, expected)
    facts = choice.facts(Path())
    assert (found.shape, found.classes) == (facts.shape, facts.classes)
    assert found.inputs.dtype == np.uint8 and found.targets.dtype == np.int64
    assert found.inputs.flags["C_CONTIGUOUS"] and found.name == choice.label


def test_download_with_progress(published, mirror, tmp_path):
    choice, made = published
    reported: list[tuple[float, str]] = []
    assert not choice.is_available(home(tmp_path))
    assert_same(load(choice, home(tmp_path), lambda *step: reported.append(step)), published)
    assert choice.is_available(home(tmp_path))
    fractions = [fraction for fraction, _ in reported]
    assert fractions == sorted(fractions) and 0 < fractions[0] <= 0.25 and fractions[-1] == 1.0
    named = dict.fromkeys(what.partition(":")[0] for _, what in reported)
    assert list(named) == list(made.packed)
    largest = max(made.packed, key=lambda name: len(made.packed[name]))
    assert len([w for _, w in reported if w.startswith(largest)]) >= 2  # during the download
    files = {path.name for path in home(tmp_path).rglob("*") if path.is_file()}
    assert files == {Path(name).name for name in (*made.packed, *made.unpacked)}


def test_files_on_disk_are_used(published, mirror, tmp_path):
    choice, _ = published
    load(choice, home(tmp_path))
    for file in mirror.iterdir():
        file.unlink()
    home(tmp_path).rename(tmp_path / "moved")  # another home, so that memory does not answer
    assert_same(load(choice, tmp_path / "moved"), published)


def test_copied_archives_are_unpacked(published, offline, tmp_path):
    choice, made = published
    put(root(tmp_path) / made.folder, made.packed)
    assert choice.is_available(home(tmp_path))
    assert_same(load(choice, home(tmp_path)), published)


@pytest.mark.parametrize("packed", [True, False])
def test_files_are_found_in_the_folder_of_the_environment(
    published, offline, tmp_path, monkeypatch, packed
):
    choice, made = published
    given = tmp_path / "given"
    put(given / made.folder, made.packed) if packed else put(given, made.unpacked)
    for path in sorted(given.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in given.rglob("*")}
    monkeypatch.setenv("LAB_TORCHVISION", str(given))
    assert choice.is_available(home(tmp_path))
    assert_same(load(choice, home(tmp_path)), published)
    assert {path: path.stat().st_mtime_ns for path in given.rglob("*")} == before


def test_only_a_missing_file_is_downloaded(published, mirror, tmp_path):
    choice, made = published
    present = list(made.unpacked)[:-1]
    put(root(tmp_path), {name: made.unpacked[name] for name in present})
    *kept, gone = made.packed
    put(root(tmp_path) / made.folder, {name: made.packed[name] for name in kept})
    assert not choice.is_available(home(tmp_path))
    reported = []
    assert_same(load(choice, home(tmp_path), lambda _, what: reported.append(what)), published)
    assert {what.partition(":")[0] for what in reported} == {gone}


def test_offline_gives_an_error_with_the_remedy(published, offline, tmp_path):
    choice, made = published
    with pytest.raises(Unavailable) as caught:
        load(choice, home(tmp_path))
    message = str(caught.value)
    assert message.startswith(f"{choice.label} could not be loaded (") and message.endswith(".")
    assert (
        all(name in message for name in made.packed) and "digits" in message and "\n" not in message
    )
    assert caught.value.code == "download_failed"
    assert f"into {root(tmp_path) / made.folder}," in message


def test_a_server_that_does_not_speak_http_is_an_error(published, tmp_path, monkeypatch):
    choice, made = published
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        publish(choice, made, f"http://127.0.0.1:{server.server_address[1]}/", monkeypatch)
        with pytest.raises(Unavailable, match=f"{choice.label} could not be loaded") as caught:
            load(choice, home(tmp_path))
        assert caught.value.code == "download_failed"
        server.shutdown()


class Nonsense(socketserver.BaseRequestHandler):
    """Answers, but not in HTTP."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"what do you want\r\n\r\n")


def test_a_damaged_download_is_refused_by_its_md5(published, mirror, tmp_path):
    choice, made = published
    name = list(made.packed)[-1]
    (mirror / name).write_bytes(made.packed[name][:-1] + b"?")
    with pytest.raises(Unavailable, match=f"{name} is corrupted") as caught:
        load(choice, home(tmp_path))
    assert caught.value.code == "download_failed"
    assert not choice.is_available(home(tmp_path)) or (root(tmp_path) / made.folder / name).exists()


def test_without_a_network_the_error_names_the_files_and_their_folder(
    published, tmp_path, monkeypatch
):
    choice, made = published
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    publish(choice, made, "http://127.0.0.1:1/", monkeypatch)
    with pytest.raises(Unavailable) as caught:
        load(choice, home(tmp_path))
    message = str(caught.value)
    assert message.startswith(
        f"{choice.label} could not be loaded (no connection: Connection refused"
    )
    assert all(name in message for name in made.packed) and str(root(tmp_path)) in message
    assert not set("<>[]\n") & set(message)


@pytest.mark.parametrize("kind", ["cifar10", "cifar100"])
def test_a_pickle_with_a_wrong_checksum_is_never_opened(kind, tmp_path, monkeypatch):
    """Neither a batch on disk nor one in an archive: a pickle may run any code."""
    choice = DataSet.members[kind]()
    made = archive_of(choice)
    publish(choice, made, "http://127.0.0.1:1/", monkeypatch)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    harm = tmp_path / "harm"
    bad = pickle.dumps(_Touch(harm))
    pickle.loads(bad)
    assert harm.exists()  # it would do its harm
    harm.unlink()
    for name in made.unpacked:
        put(root(tmp_path), made.unpacked | {name: bad})
        with pytest.raises(Unavailable):
            load(choice, home(tmp_path))
    assert not harm.exists()


class _Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_interrupted_unpacking_is_repeated(published, mirror, tmp_path):
    choice, made = published
    put(root(tmp_path), {name: content[:600] for name, content in made.unpacked.items()})
    assert_same(load(choice, home(tmp_path)), published)


@pytest.mark.parametrize("choice", SETS[1:3], ids=lambda choice: choice.kind)
def test_class_names_are_those_of_torchvision(choice):
    from core.base.torchvision_compat import datasets

    assert list(choice.classes) == getattr(datasets, choice.torchvision).classes


@pytest.mark.parametrize("choice", SETS, ids=lambda choice: choice.kind)
def test_the_files_are_those_of_torchvision(choice):
    from core.base.torchvision_compat import datasets

    source = getattr(datasets, choice.torchvision)
    if hasattr(source, "mirrors"):
        wanted = [(f"{source.__name__}/raw/{name[:-3]}", name) for name, _ in source.resources]
    else:
        names = [n for n, _ in [*source.train_list, *source.test_list]] + [source.meta["filename"]]
        wanted = [(f"{source.base_folder}/{name}", source.filename) for name in names]
    assert [(piece[0], Path(piece[-1]).name) for piece in choice.pieces] == wanted


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_the_real_files(tmp_path, monkeypatch):
    from core.base.torchvision_compat import datasets

    monkeypatch.setenv("LAB_TORCHVISION", str(SHARED))
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    found = load(MNIST(), tmp_path)
    assert found.inputs.shape == (60000, 1, 28, 28)
    assert found.test_inputs.shape == (10000, 1, 28, 28)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(found.targets).tolist() == counts
    assert found.inputs.mean() == pytest.approx(255 * 0.1306604762738429, rel=1e-12)


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_the_real_names():
    names = np.load(SHARED / "cifar10" / "cifar10_exact_subset.npz")["label_names"]
    assert list(CIFAR10.classes) == names.tolist() and len(set(CIFAR100.classes)) == 100
    assert list(CIFAR100.classes) == sorted(CIFAR100.classes)
