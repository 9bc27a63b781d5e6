"""The only module that imports torchvision; all others import it from here.

A torchvision built for CUDA beside a torch built for the CPU cannot load its extension, and its
import then fails because two operators are not declared (pytorch/vision #9337). In that case this
module declares them.
"""

import sys

import torch


def _forget() -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


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

from torchvision import datasets, extension  # noqa: E402
from torchvision.datasets import utils as dataset_utils  # noqa: E402
from torchvision.transforms import v2 as transforms  # noqa: E402

HAS_OPS: bool = extension._has_ops()
VERSION: str = torchvision.__version__

__all__ = ["HAS_OPS", "VERSION", "dataset_utils", "datasets", "torchvision", "transforms"]
