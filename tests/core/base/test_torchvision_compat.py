"""torchvision comes through one door, and the door opens."""

import ast
import subprocess
import sys
from pathlib import Path

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


def test_transforms_and_datasets_work_after_it():
    code = """
import core.base.torchvision_compat
from torchvision.transforms import v2
import torch, torchvision
print(tuple(v2.RandomCrop(28, padding=4)(torch.zeros(1, 28, 28)).shape),
      core.base.torchvision_compat.transforms is v2)
same = torchvision.datasets.MNIST is core.base.torchvision_compat.datasets.MNIST
print(same, torchvision.models.resnet18(num_classes=3).fc.out_features)
"""
    assert python(code).split("\n")[:2] == ["(1, 28, 28) True", "True 3"]


def test_operators_work_or_are_reported_as_missing():
    code = """
import torch
from core.base import torchvision_compat as tv
try:
    kept = tv.torchvision.ops.nms(torch.tensor([[0., 0, 1, 1]]), torch.ones(1), 0.5)
    print(tv.HAS_OPS, kept.tolist())
except RuntimeError as error:
    print(tv.HAS_OPS, "custom C++ ops" in str(error))
"""
    assert python(code).strip() in ("True [0]", "False True")


def test_nothing_is_declared_where_torchvision_loads():
    """With the operators declared first, as an extension does, the first import succeeds and the
    door adds nothing.
    """
    code = """
import torch
owner = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    owner.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from core.base import torchvision_compat as tv
print(hasattr(tv, "_operators"))
"""
    assert python(code).strip() == "False"


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
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
