"""The compiler of torch, loaded only where something is compiled.

The first step of any optimizer in a process imports `torch._dynamo`, only to tell the compiler to
leave this step alone. The lab compiles nothing, and the import takes as long as that of torch:
1.2 s of processor time (torch 2.13, one core) in each server, worker and command that trains.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


class LazyCompiler(ModuleType):
    """Stands for `torch._dynamo` while only the two functions below are used, which do nothing
    outside of a compilation. Any other use, such as `torch.compile`, loads the package.
    """

    def graph_break(self, msg: str = "") -> None:
        """Do nothing."""

    def disable(
        self, fn: Callable[..., Any] | None = None, *_: object, **__: object
    ) -> Callable[..., Any]:
        """Return the function; without one, a decorator that does."""
        return fn or (lambda decorated: decorated)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)  # somebody looks through all modules, as `inspect` does
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return getattr(importlib.import_module(NAME), name)


def install() -> None:
    """Call it before the first optimizer step. A compiler that is already loaded stays."""
    sys.modules.setdefault(NAME, LazyCompiler(NAME))
