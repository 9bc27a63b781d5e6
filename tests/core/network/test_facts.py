"""Facts of layers and initializers are attributes of their classes: no other code asks for a class
or looks at a module path to find them.
"""

import ast
import re
from pathlib import Path

import pytest

from core.network.activations import Activation
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.network.normalizations import NormalizationLayer

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py")])
CLASSES = {
    cls.__name__
    for cls in (*Layer.members.values(), *Initializer.members.values(), Activation,
                NormalizationLayer)
}  # fmt: skip
FACTS = {
    "is_activation", "is_normalization", "is_dense", "is_output", "passes_gradient",
    "draws_random_numbers", "uses_batch_statistics", "has_branches", "allows_empty_chains",
    "has_stochastic_depth", "is_dropout",
}  # fmt: skip


CHECK = re.compile(r"\b(?:isinstance|issubclass|type)\(")
NAMED = re.compile(rf"\b(?:{'|'.join(sorted(CLASSES))})\b")


def class_checks(source: str) -> list[str]:
    """Return the class names that the source asks for with isinstance, issubclass or type() is."""
    found: list[str] = []
    if not (CHECK.search(source) and NAMED.search(source)):  # parsing all files takes 3 s
        return found
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("isinstance", "issubclass") and len(node.args) == 2:
                found += [n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)]
        elif isinstance(node, ast.Compare) and is_type_call(node.left):
            found += [n.id for part in node.comparators for n in ast.walk(part)
                      if isinstance(n, ast.Name)]  # fmt: skip
    return found


def is_type_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "type"


def test_the_check_finds_what_it_looks_for():
    source = "isinstance(a, (ReLU, Tanh))\nissubclass(b, Activation)\ntype(c) is Sigmoid"
    assert set(class_checks(source)) == {"ReLU", "Tanh", "Activation", "Sigmoid"} <= CLASSES


def test_no_code_asks_for_the_class_of_a_layer_or_initializer():
    assert len(FILES) > 200
    asked = {
        str(path.relative_to(ROOT)): names
        for path in FILES
        if (names := CLASSES & set(class_checks(path.read_text())))
    }
    assert not asked


@pytest.mark.parametrize("cls", Layer.members.values())
def test_every_layer_has_all_facts_and_its_methods_agree_with_them(cls):
    layer = cls()
    assert all(isinstance(getattr(layer, fact), bool) for fact in FACTS)
    assert layer.is_activation == isinstance(layer, Activation)
    assert layer.is_normalization == isinstance(layer, NormalizationLayer)
    assert layer.has_stochastic_depth == ("drop" in cls.model_fields)
    if layer.is_activation:
        assert layer.passes_gradient == any(slope for *_, slope in layer.curve())
        assert layer.initializer in ("", *Initializer.members)
    shape = next(shape for shape in ((8, 6, 6), (8,)) if layer.misfit(shape) is None)
    module = layer.call(shape, 4).make()
    drawing = any(hasattr(part, "generator") for part in module.modules())
    assert layer.draws_random_numbers == drawing
    if layer.allows_empty_chains:
        emptied = layer.with_chains(((), *layer.chains()[1:]))
        assert emptied.chains()[0] == ()
