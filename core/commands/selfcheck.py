"""The command that checks this installation: PyTorch and torchvision, devices, disk space and
write access.
"""

import platform
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass

from core import __version__
from core.base import device
from core.base.files import write_atomic
from core.base.settings import listed
from core.commands.requested import Answer
from core.commands.terminal import Terminal
from core.runs.store import Store

REQUIRED_SPACE = 2 * 2**30  # bytes: MNIST, CIFAR and some hundred runs


@dataclass(frozen=True)
class Check:
    """One thing that was checked, whether it is in order, and what was found."""

    subject: str
    ok: bool
    result: str


def selfcheck(arguments: Namespace, terminal: Terminal) -> Answer:
    """Report whether this installation works. A failing check is reported, not raised."""
    checks = list(run_checks(Store()))
    for check in checks:
        terminal.print(f"{'✓' if check.ok else '✗'} {check.subject}: {check.result}")
    return {
        "checks": [{"what": c.subject, "ok": c.ok, "says": c.result} for c in checks],
        "ok": all(check.ok for check in checks),
    }


def run_checks(store: Store) -> Iterator[Check]:
    """Yield one result for each check."""
    system = f"Python {platform.python_version()} on {platform.system()}"
    yield Check("Descent Lab", True, f"{__version__}, {system}")
    yield _settings()
    for check in (_torch, _torchvision, _devices):
        name = check.__name__.strip("_")
        try:
            yield Check(name, True, check())
        except Exception as error:  # the other checks still help, whatever failed here
            yield Check(
                name,
                False,
                f"{type(error).__name__}: {error}. Reinstall with: python -m pip install -r "
                "requirements.txt",
            )
    yield _disk_space(store)
    yield _write_access(store)


def _settings() -> Check:
    """The LAB_ variables that differ from their defaults; an invalid one has ended the command."""
    changed = [f"{variable}={value}" for variable, value, _ in listed()]
    return Check("settings", True, ", ".join(changed) or "defaults")


def _torch() -> str:
    import torch

    value = (torch.ones(8, 8) @ torch.ones(8, 8)).sum().item()
    if value != 512:
        raise ArithmeticError(f"a matrix product is {value}, but it should be 512")
    return torch.__version__


def _torchvision() -> str:
    from core.base import torchvision_compat

    operators = "available" if torchvision_compat.HAS_OPS else "not available (not required)"
    return f"{torchvision_compat.torchvision.__version__}, compiled operators {operators}"


def _devices() -> str:
    return ", ".join(name for _, name in device.devices())


def _disk_space(store: Store) -> Check:
    free = device.free_disk(store.home)
    enough = free > REQUIRED_SPACE
    advice = "" if enough else ". At least 2 GiB are recommended: free some disk space"
    return Check("disk", enough, f"{free / 2**30:.1f} GiB free at {store.home}{advice}")


def _write_access(store: Store) -> Check:
    try:
        store.root.mkdir(parents=True, exist_ok=True)
        probe = store.root / "selfcheck"
        write_atomic(probe, lambda file: file.write(b"written"))
        probe.unlink()
    except OSError as error:
        return Check(
            "write access",
            False,
            f"{store.root} cannot be written ({error.strerror}). Set LAB_HOME to a writable folder",
        )
    return Check("write access", True, str(store.root))
