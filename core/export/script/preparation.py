"""The sections of a script that prepare the data: split, label noise, scaling."""

import inspect
import re

from core.base.numbers import percent
from core.base.spec import Call
from core.base.text import join_words
from core.export.script.definitions import Definitions
from core.export.script.plan import ScriptPlan
from core.export.script.rendering import code, comment, describe
from core.export.script.section import Section
from core.export.script.specialized import Specializer


def split(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The training, validation and test set."""
    chosen, facts = plan.experiment.split, plan.facts
    stratified = chosen.stratified and not plan.regression
    how = "" if stratified else ", stratified=False"
    how += f", seed={chosen.seed}"
    test = 0.0 if facts.test_rows else chosen.test
    labels = "original" if plan.corrected and plan.corrected.relabeled else "targets"
    held = [f"{percent(chosen.validation)} for validation"] * (not facts.validation_rows)
    held += [f"{percent(test)} for testing"] * (not facts.test_rows)
    text = f"Split: {join_words(held)}" if held else "Split: the dataset has its own parts"
    if chosen.method == "random":
        text += ", in the proportions of the classes." if stratified else ", drawn at random."
    if chosen.method != "random":
        words, line = _deal_by_key(plan, definitions, test)
        text += f", {words}."
    elif facts.validation_rows:
        deal = definitions.name("core.data.dealing.deal_around")
        line = f"{deal}({labels}, own_validation, {test}{how})"
    else:
        deal = definitions.name("core.data.dealing.deal")
        line = f"{deal}({labels}, {chosen.validation}, {test}{how})"
    lines = [comment(text), f"train, validation, test = {line}"]
    if chosen.fraction != 1:
        reduce = definitions.name("core.data.dealing.reduce_training")
        lines += [
            comment(f"Only {percent(chosen.fraction)} of the training set is used."),
            f"count = max(int(len(train) * {chosen.fraction} + 0.5), 1)",
            f"train = {reduce}(train, {labels}, count{how})",
        ]
    if plan.corrected and plan.corrected.dropped:
        lines += [
            "",
            "# Rows that a person has dropped.",
            "dropped = np.intersect1d(train, DROPPED)",
            "parts = (train, validation, test)",
            "train, validation, test = (np.setdiff1d(part, DROPPED) for part in parts)",
        ]
        definitions.imports["np"] = "import numpy as np"
    if plan.fills:
        lines += ["", *_fills(plan, definitions)]
    return Section("Split", "\n".join(lines))


def _deal_by_key(plan: ScriptPlan, definitions: Definitions, test: float) -> tuple[str, str]:
    """Return a description of a split by key, and the expression of its three parts."""
    chosen, has_keys = plan.experiment.split, plan.facts.keys is not None
    deal = {"groups": "deal_groups", "time": "deal_in_order", "hash": "deal_hashed"}[chosen.method]
    function = definitions.name(f"core.data.dealing_by_key.{deal}")
    fractions = f"{chosen.validation}, {test}"
    key = comment(plan.facts.keys.column).removeprefix("# ") if has_keys else "the row number"
    if chosen.method == "groups":
        line = f"{function}(split_codes, {fractions}, seed={chosen.seed})"
        return f"without a value of {key} in two parts", line
    if chosen.method == "time":
        return f"in the order of {key}", f"{function}(split_codes, {fractions})"
    places = definitions.name("core.data.dealing_by_key.hash_places")
    definitions.imports["np"] = "import numpy as np"
    names = "split_values" if has_keys else "np.arange(1, len(targets) + 1)"
    places = f"{places}({names}, {chosen.seed})" + ("[split_codes]" if has_keys else "")
    return f"by the hash of {key}", f"{function}({places}, {fractions})"


def _fills(plan: ScriptPlan, definitions: Definitions) -> list[str]:
    definitions.imports["np"] = "import numpy as np"
    fit = definitions.name("core.data.gaps.fit_fills")
    name = definitions.name("core.data.gaps.Fill")
    fills = [
        Call("core.data.gaps.Fill", {"start": f.start, "strategy": f.strategy, "width": f.width})
        for f in plan.fills
    ]
    lines = [
        "# Missing values are filled with values of the training set.",
        code(fills, lambda target: name, before="fills = "),
        f"fill_values = {fit}(inputs, train, fills)",
        "inputs = np.where(np.isnan(inputs), fill_values, inputs)",
    ]
    if plan.facts.test_rows:
        lines.append("test_inputs = np.where(np.isnan(test_inputs), fill_values, test_inputs)")
    return lines


def label_noise(plan: ScriptPlan, definitions: Definitions) -> Section | None:
    """Wrong labels on purpose."""
    noise = plan.experiment.label_noise
    if not noise.share:
        return None
    add = definitions.name("core.data.label_noise.add_noise")
    about = inspect.cleandoc(type(noise).__doc__).partition("\n\n")[0].replace("\n", " ")
    settings = f"{len(plan.facts.classes)}, {noise.share}, seed={noise.seed}"
    lines = [comment(about)]
    if not plan.corrected:
        lines += [
            "labels = targets.copy()",
            f"labels[train], changed = {add}(targets[train], {settings})",
        ]
    else:
        original = "original" if plan.corrected.relabeled else "targets"
        rows = "np.union1d(train, dropped)" if plan.corrected.dropped else "train"
        lines += [
            "# It is drawn for the original labels; corrected ones are not changed.",
            f"noisy = {rows}",
            f"labels = {original}.copy()",
            f"labels[noisy], changed = {add}({original}[noisy], {settings})",
        ]
        if plan.corrected.relabeled:
            lines.append("labels[list(RELABELED)] = list(RELABELED.values())")
    return Section("Label noise", "\n".join(lines))


def scaling(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The parts as tensors, and the normalization."""
    definitions.imports["torch"] = "import torch"
    lines = [*_normalization(plan, definitions), ""]
    labels = "labels" if plan.experiment.label_noise.share else "targets"
    if plan.regression:
        lines += [
            "# The network learns values with mean 0 and standard deviation 1.",
            "mean = float(targets[train].astype(np.float64).mean())",
            "std = float(targets[train].astype(np.float64).std()) or 1.0",
            "",
        ]
        definitions.imports["np"] = "import numpy as np"
    lines += [
        "",
        "def tensors(inputs, targets):",
        '    """Return inputs (N, …) and targets (N,) on the device."""',
        *(["    targets = ((targets - mean) / std).astype(np.float32)"] * plan.regression),
        "    return torch.tensor(inputs, device=device), torch.tensor(targets, device=device)",
        "",
        "",
        "def scaled(x):",
        '    """Normalize raw inputs (B, …) to float32: x\' = multiply · x + add."""',
        f"    return x.to(torch.float32{_format(plan)}) * multiply + add",
        "",
        "",
        f"train_inputs, train_targets = tensors(inputs[train], {labels}[train])",
    ]
    if plan.has_validation:
        lines.append("validation_set = tensors(inputs[validation], targets[validation])")
    if plan.has_test:
        own = "test_inputs, test_targets" if plan.facts.test_rows else "inputs[test], targets[test]"
        lines.append(f"test_set = tensors({own})")
    return Section("Scaling", "\n".join(lines))


def _format(plan: ScriptPlan) -> str:
    return ", memory_format=torch.channels_last" if plan.channels_last else ""


def _normalization(plan: ScriptPlan, definitions: Definitions) -> list[str]:
    """Return the lines that define `multiply` and `add`."""
    choice = plan.experiment.normalization
    specializer = Specializer(choice, definitions)
    lines = [describe(choice)]
    if not choice.is_fitted:
        function = specializer.define("map", "fixed_scale")
        definitions.sources[function] = definitions.sources[function].replace("(stats)", "()")
        return [*lines, f"multiply, add = {function}()"]
    definitions.imports["np"] = "import numpy as np"
    definitions.imports["SimpleNamespace"] = "from types import SimpleNamespace"
    function = specializer.define("map", "fit_scale")
    images = len(plan.facts.shape) == 3
    per = getattr(choice, "per", "set")
    axes = {"set": "", "channel": "(0, 2, 3)" if images else "0", "pixel": "0"}[per]
    kept = f"{axes}, keepdims=True" if axes else ""
    how = {
        "mean": f"x.mean({kept})",
        "std": f"x.std({', '.join(filter(None, (kept, 'ddof=1')))})",
        "low": f"x.min({kept})",
        "high": f"x.max({kept})",
    }
    names = re.findall(r"\bstats\.(\w+)", definitions.sources[function])
    used = [f"{name}={how[name]}" for name in how if name in names]
    lines += [
        "x = inputs[train].astype(np.float64)",
        f"stats = SimpleNamespace({', '.join(used)})",
        f"multiply, add = {function}(stats)",
    ]
    if axes:
        lines += [
            "multiply = torch.tensor(multiply[0], dtype=torch.float32, device=device)",
            "add = torch.tensor(add[0], dtype=torch.float32, device=device)",
        ]
    else:
        lines.append("multiply, add = float(multiply), float(add)")
    return lines
