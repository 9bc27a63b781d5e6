"""The parts of a script that start from trained weights: loading them, frozen layers, learning
rates by layer, gradual unfreezing. They do what `core.training.fine_tuning` does.
"""

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.export.script.data import DataFile
from core.export.script.definitions import Definitions
from core.export.script.filling import fill
from core.export.script.plan import ScriptPlan
from core.export.script.rendering import code, describe, literal
from core.export.script.section import Section
from core.training.fine_tuning import FineTuning
from core.weights.library import WeightsLibrary
from core.weights.matching import match

FILE = "start.pth"

LOAD = """
    $about
    state = model.state_dict()
    for name, tensor in torch.load(HERE / "$file", weights_only=True).items():
        state[name].copy_(tensor)
    $frozen
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not covers(FROZEN, name))
    for name, module in model.named_modules():  # frozen normalizations keep their statistics
        if isinstance(module, nn.modules.batchnorm._NormBase):
            _hold_statistics(module, frozen=covers(FROZEN, name))
    model.train()
    for name in $loaded:  #? fitted
        model.get_submodule(name).uses_initializer = False  # only new layers are scaled  #? fitted
"""

UNFREEZE = '''
    $order
    $depths


    def begin_epoch(epoch):
        """Let one more layer learn every $every epochs; `epoch` counts from 0."""
        learning = ORDER[: 1 + epoch // $every]
        for name, parameter in model.named_parameters():
            frozen = covers(FROZEN, name) or DEPTHS[name.partition(".")[0]] not in learning
            parameter.requires_grad_(not frozen)
            parameter.grad = None
        for name, module in model.named_modules():
            if isinstance(module, nn.modules.batchnorm._NormBase):
                frozen = covers(FROZEN, name) or DEPTHS[name.partition(".")[0]] not in learning
                module.is_frozen = frozen
        model.train()
'''


class ScriptStart:
    """The start of a plan, with a network without values to ask for names."""

    def __init__(self, plan: ScriptPlan):
        self.plan, self.start = plan, plan.experiment.start
        facts = [fact for fact in plan.layers if "." not in fact.path]
        with torch.device("meta"):
            modules = [(f.name, f.layer.call(f.input, plan.facts.outputs).make()) for f in facts]
        self.model = nn.Sequential(OrderedDict(modules))
        self.tuning = FineTuning(self.start, self.model)

    @cached_property
    def groups(self) -> dict[float, list[str]]:
        """The names of the trained parameters by the factor of their learning rate."""
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        groups = self.tuning.parameters(1.0)
        return {group["lr"]: [names[id(p)] for p in group["params"]] for group in groups}

    def file(self, home: Path) -> DataFile:
        """Return the file of the weights, under the names of the network."""
        weights = WeightsLibrary(home).open(self.start.weights_digest)
        have = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        want = {name: tuple(tensor.shape) for name, tensor in self.model.state_dict().items()}
        pairs = match(want, have, self.start).pairs
        chosen = {name: weights[source] for name, source in pairs}
        return DataFile(FILE, lambda path: torch.save(chosen, path))


def loading(plan: ScriptPlan, definitions: Definitions) -> str:
    """Return the code that loads and freezes; empty for a start from scratch."""
    start = plan.experiment.start
    if not start.weights_digest:
        return ""
    definitions.imports["torch"] = "import torch"
    definitions.name("core.base.layer_paths.covers")
    definitions.name("core.training.fine_tuning._hold_statistics")
    loaded = [
        name
        for name, module in ScriptStart(plan).model.named_modules()
        if isinstance(getattr(module, "weight", None), nn.Parameter)
        and module.weight.ndim > 1
        and not start.is_new(name)
    ]
    return fill(
        LOAD,
        about=describe(start),
        file=FILE,
        frozen=code(list(start.frozen), str, before="FROZEN = "),
        fitted=plan.experiment.initializer.fit(),
        loaded=literal(loaded),
    )


def trained_parameters(plan: ScriptPlan) -> tuple[list[str], str]:
    """Return lines before the optimizer, and what it is given."""
    start = plan.experiment.start
    if not start.weights_digest:
        return [], "model.parameters()"
    if not start.has_rates:
        return [], "[p for p in model.parameters() if p.requires_grad]"
    rate: Any = plan.experiment.optimizer.call().arguments["lr"]
    lines = [
        "# Layers have different learning rates: parameters by the factor of theirs.",
        code(ScriptStart(plan).groups, str, before="FACTORS = "),
        "named = dict(model.named_parameters())",
        "groups = [",
        f'    {{"params": [named[name] for name in names], "lr": {literal(rate)} * factor}}',
        "    for factor, names in FACTORS.items()",
        "]",
    ]
    return lines, "groups"


def unfreezing(plan: ScriptPlan, definitions: Definitions) -> Section | None:
    """The function that unfreezes layers, if the start does so gradually."""
    start = plan.experiment.start
    if start.trained_layers(0) is None:
        return None
    tuning = ScriptStart(plan).tuning
    text = fill(
        UNFREEZE,
        order=code(tuning.order, str, before="ORDER = ") + "  # depths, from the last layer",
        depths=code(tuning.depths, str, before="DEPTHS = "),
        every=start.unfreeze_every,
    )
    return Section("Gradual unfreezing", text)
