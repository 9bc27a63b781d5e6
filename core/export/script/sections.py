"""The sections of a script that describe the network and its training: layers and initial weights,
loss, optimizer, schedule, regularizers, stopping rules.
"""

import torch

from core.base.numbers import whole
from core.base.spec import Call
from core.export.script import fine_tuning
from core.export.script.definitions import Definitions
from core.export.script.plan import ScriptPlan
from core.export.script.rendering import code, describe, literal
from core.export.script.section import Section
from core.export.script.specialized import Specializer
from core.network.build import walk_facts, weight_places
from core.network.layers import layer_names
from core.optim.stopping import StoppingRule
from core.training.metrics import CPU_BATCH


def network(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The model and its initial weights."""
    definitions.imports["nn"] = "from torch import nn"
    definitions.imports["OrderedDict"] = "from collections import OrderedDict"
    chain = plan.experiment.network
    shape, calls, notes = plan.facts.shape, {}, []
    for layer, name in zip(chain, layer_names(chain), strict=True):
        calls[name] = layer.call(shape, plan.facts.outputs)
        shape = layer.output(shape, plan.facts.outputs)
    kinds = {type(fact.layer): fact.layer for fact in plan.layers}
    notes = [describe(type(layer)()) for layer in kinds.values()]
    tree = code(calls, definitions.name, indent=4)
    model = f"model = nn.Sequential(\n    OrderedDict(\n        {_indented(tree, 4)}\n    )\n)"
    total = sum(fact.parameters for fact in plan.layers if "." not in fact.path)
    lines = [*notes, model, f"# {whole(total)} parameters", "", *_initialization(plan, definitions)]
    if plan.draws_dropout:
        definitions.imports["torch"] = "import torch"
        lines += [
            "",
            "# Layers that draw random numbers have a generator of their own.",
            f"dropout = torch.Generator(device).manual_seed({plan.experiment.seeds.dropout})",
            "for module in model.modules():",
            '    if hasattr(module, "generator"):',
            "        module.generator = dropout",
        ]
    move = ", memory_format=torch.channels_last" * plan.channels_last
    lines += ["", f"model.to(device{move})"]
    if start := fine_tuning.loading(plan, definitions):
        lines += ["", start]
    if fit := plan.experiment.initializer.fit():
        lines += ["", *_fitted(plan, definitions, fit)]
    name = layer_names(chain)[-1]
    if (fit := chain[-1].fit_bias()) and plan.experiment.start.is_new(name):
        about = "# The output starts at the best constant: that of the training set."
        set_bias = code(
            fit, definitions.name, f"model.get_submodule({name!r}).bias", "train_targets"
        )
        lines += ["", about, set_bias]
    if plan.experiment.precision == "bfloat16":
        use = definitions.name("core.training.precision.use_bfloat16")
        lines += ["", f"{use}(model, device)"]
    return Section("Network", "\n".join(lines))


def _indented(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _initialization(plan: ScriptPlan, definitions: Definitions) -> list[str]:
    """Return the loop that draws the initial weights, in the order of `core.network.build`."""
    choice = plan.experiment.initializer
    places = weight_places(plan.experiment.network, plan.facts.shape, plan.facts.outputs)
    calls = {path: choice.call(place) for path, place in places.items()}
    first = next(iter(calls.values()))
    by_place: list[str] = []
    if all(call == first for call in calls.values()):
        draw = code(first, definitions.name, "module.weight")
        draw = f"{draw[:-1]}, generator=weights)"
    else:  # one function with other arguments for each weight tensor
        arguments = {path: call.arguments for path, call in calls.items()}
        by_place = [code(arguments, definitions.name, before="DRAWN = ")]
        draw = f"{definitions.name(first.target)}(module.weight, **DRAWN[name], generator=weights)"
    loop = _loop_over_drawn(plan, definitions, by_place=bool(by_place))
    low, high = choice.biases(1)
    if low == high:
        bias = f"nn.init.uniform_(module.bias, {low}, {high}, generator=weights)"
        bias += "" if low else "  # zeros, drawn as in the lab"
    else:
        definitions.imports["math"] = "import math"
        limit = Specializer(choice, definitions).define("biases", "bias_limits")
        bias = (
            f"low, high = {limit}(math.prod(module.weight.shape[1:]))\n            "
            "nn.init.uniform_(module.bias, low, high, generator=weights)"
        )
    definitions.imports["torch"] = "import torch"
    offsets = [
        f"model.get_submodule({fact.path!r}).bias.data += {fact.layer.initial_bias}"
        for fact in plan.layers
        if getattr(fact.layer, "initial_bias", 0.0) and fact.layer.bias
    ]
    return [
        describe(choice),
        f"weights = torch.Generator().manual_seed({plan.experiment.seeds.initialization})",
        *by_place,
        *loop,
        f"        {draw}",
        "        if module.bias is not None:",
        f"            {bias}",
        *(["        module.uses_initializer = True"] * bool(choice.fit())),
        *offsets,
    ]


def _loop_over_drawn(
    plan: ScriptPlan, definitions: Definitions, *, by_place: bool
) -> tuple[str, str]:
    """Return the head of the loop over the modules whose weights are drawn."""
    if by_place:
        return "for name, module in model.named_modules():", "    if name in DRAWN:"
    names = [definitions.name(target) for target in _weighted_modules(plan)]
    kinds = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return "for module in model.modules():", f"    if isinstance(module, {kinds}):"


def _weighted_modules(plan: ScriptPlan) -> list[str]:
    """Return the classes of the modules whose weights are drawn, as `core.network.build` finds
    them: those with a weight matrix, except in normalizations.
    """
    found: dict[str, None] = {}
    for fact in plan.layers:
        with torch.device("meta"):
            module = fact.layer.call(fact.input, plan.facts.outputs).make()
        inner = {f.path.removeprefix(f"{fact.path}."): f for f in walk_facts([fact]) if f != fact}
        for name, part in module.named_modules():
            layer = fact.layer if not name else getattr(inner.get(name), "layer", None)
            weight = getattr(part, "weight", None)
            is_matrix = isinstance(weight, torch.nn.Parameter) and weight.ndim > 1
            if is_matrix and not (layer and layer.is_normalization):
                found[_full_name(type(part))] = None
    return list(found)


def _full_name(kind: type) -> str:
    if getattr(torch.nn, kind.__name__, None) is kind:
        return f"torch.nn.{kind.__name__}"
    return f"{kind.__module__}.{kind.__qualname__}"


def _fitted(plan: ScriptPlan, definitions: Definitions, fit: Call) -> list[str]:
    line = code(fit, definitions.name, "model", "scaled(train_inputs[rows])")
    return [
        "# It measures the outputs for evenly spaced samples of the training set.",
        "every = max(1, len(train_targets) // 256)",
        "rows = torch.arange(0, len(train_targets), every, device=device)[:256]",
        line,
    ]


def loss(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The loss."""
    choice = plan.experiment.loss
    lines = [describe(choice), code(choice.call(), definitions.name, before="criterion = ")]
    if plan.mixes:
        each = code(choice.each(), definitions.name, before="sample_loss = ")
        lines += [f"{each}  # of each sample, for mixed samples"]
    names = ["criterion"] + ["sample_loss"] * plan.mixes
    if choice.fitted_to == "targets":
        lines += [f"{name}.fit(train_targets, {plan.facts.outputs})" for name in names]
    if choice.fitted_to == "inputs":
        rows = f"torch.arange(len(train_targets), device=device).split({CPU_BATCH})"
        pairs = f"((scaled(train_inputs[part]), train_targets[part]) for part in {rows})"
        lines += [f"{name}.fit({pairs}, {plan.facts.outputs})" for name in names]
    return Section("Loss", "\n".join(lines))


def optimizer(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The optimizer."""
    chosen = plan.experiment.optimizer
    call = chosen.call()
    fused = {"fused": True} if chosen.fused else {}
    call = Call(call.target, {**call.arguments, **fused})
    before, parameters = fine_tuning.trained_parameters(plan)
    lines = [
        describe(chosen),
        f"LEARNING_RATE = {literal(chosen.learning_rate)}",
        *before,
        code(call, definitions.name, parameters, before="optimizer = "),
        *["optimizer.bind(model)"] * chosen.averages_weights,
    ]
    if plan.has_ratios:
        lines += [
            "# Each group of parameters keeps the ratio of its learning rate to LEARNING_RATE.",
            'ratios = [group["lr"] / LEARNING_RATE for group in optimizer.param_groups]',
        ]
    return Section("Optimizer", "\n".join(lines))


def schedule(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The learning rate of each step."""
    chosen = plan.experiment.schedule
    specializer = Specializer(chosen, definitions)
    about = "Return the learning rate of step `step`, from 0, of `steps`."
    uses = [
        specializer.define(
            "learning_rate" if chosen.warmup else "base_schedule", "learning_rate", about
        )
    ]
    if chosen.reacts and plan.has_validation:
        about = "Return the factor that follows from the validation losses so far."
        uses.append(specializer.define("plateau_factor", "plateau_factor", about))
    return Section("Schedule", describe(chosen), tuple(uses))


def regularizers(plan: ScriptPlan, definitions: Definitions) -> Section | None:
    """Changes of the training step beyond the optimizer."""
    chosen = plan.experiment.regularizers
    if not chosen:
        later = any(experiment.regularizers for experiment in plan.experiments)
        return Section("Regularization", "transforms = []") if later else None
    lines = [describe(regularizer) for regularizer in chosen]
    if plan.acts("watching"):
        names = [fact.path for fact in plan.layers if fact.layer.is_activation]
        lines += [
            f"for name in {literal(names)}:",
            "    model.get_submodule(name).is_activation = True  # its outputs are penalized",
        ]
    calls = [regularizer.call() for regularizer in chosen]
    lines += [
        code(calls, definitions.name, before="transforms = "),
        "for transform in transforms:",
        "    transform.bind(model)",
    ]
    return Section("Regularization", "\n".join(lines))


def stopping(plan: ScriptPlan, definitions: Definitions) -> Section | None:
    """The rules that end the training before its last epoch."""
    rules = plan.ending_rules
    if not rules:
        return None
    uses = tuple(stopping_function(rule, definitions) for rule in rules)
    return Section("Stopping", "\n".join(map(describe, rules)), uses)


def stopping_function(rule: StoppingRule, definitions: Definitions) -> str:
    """Define the function of a stopping rule: of the epochs so far, or of the seconds for a rule
    that limits the time. Returns its name.
    """
    specializer = Specializer(rule, definitions, prefix=rule.kind)
    if rule.limits_time:
        return specializer.define("in_time", "in_time", "Return whether training may go on.")
    about = "Yield for each epoch whether the training ends after it."
    return specializer.define("verdicts", rule.kind, about)
