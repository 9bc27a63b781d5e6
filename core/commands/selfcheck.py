"""Does this installation work? Each line is (what, ok, what it says): torch with torchvision,
device, disk, write access.
"""

import platform
from collections.abc import Iterator

from core import __version__
from core.base import device
from core.base.files import write_atomic
from core.runs.store import Store

ROOM = 2 * 2**30  # bytes: MNIST, CIFAR and some hundred runs


def lines(store: Store) -> Iterator[tuple[str, bool, str]]:
    """One line a check, in the order a person would look."""
    yield (
        "Descent Lab",
        True,
        f"{__version__}, Python {platform.python_version()} on {platform.system()}",
    )
    for check in (_torch, _torchvision, _devices):
        name = check.__name__.strip("_")
        try:
            yield name, True, check()
        except Exception as error:  # whatever it is, the other lines still help
            yield (
                name,
                False,
                f"{type(error).__name__}: {error}. Install again: python -m pip install -r "
                "requirements.txt",
            )
    free = device.free_disk(store.home)
    yield (
        "disk",
        free > ROOM,
        f"{free / 2**30:.1f} GiB free at {store.home}"
        + ("" if free > ROOM else ", 2 GiB are wanted: free some"),
    )
    yield _writable(store)


def _torch() -> str:
    import torch

    value = (torch.ones(8, 8) @ torch.ones(8, 8)).sum().item()
    if value != 512:
        raise ArithmeticError(f"a matrix product gave {value} and not 512")
    return torch.__version__


def _torchvision() -> str:
    from core.base import torchvision_compat

    return (
        f"{torchvision_compat.torchvision.__version__}, its compiled operators "
        f"{'load' if torchvision_compat.HAS_OPS else 'do not load (not needed)'}"
    )


def _devices() -> str:
    return ", ".join(name for _, name in device.devices())


def _writable(store: Store) -> tuple[str, bool, str]:
    try:
        store.root.mkdir(parents=True, exist_ok=True)
        probe = store.root / "selfcheck"
        write_atomic(probe, lambda file: file.write(b"written"))
        probe.unlink()
    except OSError as error:
        return (
            "write access",
            False,
            f"{store.root} cannot be written ({error.strerror}): set LAB_HOME to a folder that can",
        )
    return "write access", True, str(store.root)
