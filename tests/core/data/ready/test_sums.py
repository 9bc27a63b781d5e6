"""Modular addition: every example once, with the remainder of the sum as its class."""

from pathlib import Path

import pytest

from core.base.encoding import decode, encode
from core.data.datasets import DataSet, ModularAddition
from core.data.load import load


@pytest.mark.parametrize("modulus", [5, 12, 31])
def test_every_pair_has_its_remainder(modulus: int) -> None:
    choice = ModularAddition(modulus=modulus)
    data, facts = load(choice, Path("/nowhere")), choice.facts(Path())
    pairs = set()
    for row, target in zip(data.inputs, data.targets, strict=True):
        names = [name for name, value in zip(data.columns, row, strict=True) if value]
        first, second = (int(name.partition(" = ")[2]) for name in names)
        assert names == [f"a = {first}", f"b = {second}"] and row.sum() == 2
        assert data.classes[target] == str((first + second) % modulus)
        pairs.add((first, second))
    assert len(pairs) == len(data) == facts.rows == modulus**2
    assert (data.shape, data.classes) == (facts.shape, facts.classes)
    assert decode(DataSet, encode(choice)) == choice
