"""torchvision comes through one door, and the door opens."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[3]


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_transforms_and_datasets_work():
    from core.base import torchvision_compat

    cropped = torchvision_compat.transforms.RandomCrop(28, padding=4)(torch.zeros(1, 28, 28))
    assert cropped.shape == (1, 28, 28)
    torchvision = torchvision_compat.torchvision
    assert torchvision.datasets.MNIST is torchvision_compat.datasets.MNIST
    assert torchvision.models.resnet18(num_classes=3).fc.out_features == 3


def test_operators_work_or_are_reported_as_missing():
    from core.base import torchvision_compat

    box = torch.tensor([[0.0, 0, 1, 1]]), torch.ones(1), 0.5
    if torchvision_compat.HAS_OPS:
        assert torchvision_compat.torchvision.ops.nms(*box).tolist() == [0]
    else:
        with pytest.raises(RuntimeError, match="custom C\\+\\+ ops"):
            torchvision_compat.torchvision.ops.nms(*box)


def test_nothing_is_declared_where_torchvision_loads_and_the_compiler_is_loaded_on_use():
    """With the operators declared first, as an extension does, the first import succeeds and the
    door adds nothing. The compiler is needed by regions of interest only.
    """
    code = """
import torch
owner = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    owner.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from core.base import torchvision_compat as tv
print(hasattr(tv, "_operators"))
import sys
print("torch._dynamo.eval_frame" in sys.modules)
print(tv.torchvision.ops.roi_align.__globals__["is_compile_supported"]("cpu"))
print(sys.modules["torch._dynamo.utils"].__file__.endswith("utils.py"))
"""
    assert python(code).split() == ["False", "False", "True", "True"]


def imports(path: Path) -> set[str]:
    source = path.read_text("utf-8")
    if "torchvision" not in source:  # parsing all files takes a second
        return set()
    tree = ast.parse(source)
    named = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return named | {
        node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    }


def test_no_other_module_imports_torchvision():
    files = [
        ROOT / "app.py",
        *(p for part in ("core", "pages", "benchmarks") for p in (ROOT / part).rglob("*.py")),
    ]
    doors = [
        p
        for p in files
        if p.is_file() and any(n.partition(".")[0] == "torchvision" for n in imports(p))
    ]
    assert doors == [ROOT / "core" / "base" / "torchvision_compat.py"]
