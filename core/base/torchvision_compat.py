"""The only module that imports torchvision; all others import it from here.

A torchvision built for CUDA beside a torch built for the CPU cannot load its extension, and its
import then fails because two operators are not declared (pytorch/vision #9337). In that case this
module declares them.

torchvision also imports the compiler of torch, for one function that only regions of interest use
(`ops/roi_align.py`, torchvision 0.28). It is left out: 1.2 s of processor time in each process.

Scripts run this file without the lab (`core/export/script/runner.py`).
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch

COMPILER = "torch._dynamo.utils"


class _LazyUtils(ModuleType):
    """Stands for `torch._dynamo.utils`; any use loads it."""

    def is_compile_supported(self, device_type: str) -> bool:
        return self.__getattr__("is_compile_supported")(device_type)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
        return getattr(importlib.import_module(COMPILER), name)


@contextmanager
def _compiler_left_out() -> Iterator[None]:
    utils = sys.modules.setdefault(COMPILER, _LazyUtils(COMPILER))
    try:
        yield
    finally:
        if isinstance(utils, _LazyUtils) and sys.modules.get(COMPILER) is utils:
            del sys.modules[COMPILER]


def _forget() -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


with _compiler_left_out():
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        _forget()  # the failed import left half of the package behind
        # "FRAGMENT": a namespace has one "DEF" owner. The declarations live as long as this object.
        _operators = torch.library.Library("torchvision", "FRAGMENT")
        _operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

    from torchvision import datasets, extension
    from torchvision.datasets import utils as dataset_utils
    from torchvision.transforms import v2 as transforms

HAS_OPS: bool = extension._has_ops()
VERSION: str = torchvision.__version__

__all__ = ["HAS_OPS", "VERSION", "dataset_utils", "datasets", "torchvision", "transforms"]
