"""What a setup stores in a checkpoint, and how a new setup goes on from it: weights, the state of
the optimizer and of the regularizers, and the generators.
"""

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from core.training.setup import Setup

State = dict[str, Any]


def to_cpu(value: Any) -> Any:
    """Return nested values with every tensor copied to the CPU."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: to_cpu(inner) for key, inner in value.items()}
    return [to_cpu(inner) for inner in value] if isinstance(value, list) else value


def collect_setup(setup: "Setup") -> State:
    """Return plain values and CPU tensors; generators beside the state_dicts, never in them."""
    transforms = setup.transforms_by_kind()
    return {
        "model": setup.weights(),
        "optimizer": to_cpu(setup.optimizer.state_dict()),
        "transforms": {kind: to_cpu(each.state()) for kind, each in transforms.items()},
        "scale": setup.scale.state(),
        "inputs": {
            "classes": list(setup.classes),
            "columns": list(setup.columns),
            "shape": list(setup.shape),
        },
        "generators": {
            "order": setup.epoch_order,
            "dropout": setup.dropout.get_state(),
            "augmentation": setup.augmentation.get_state(),
        },
        "device": setup.device,
        "threads": setup.threads,
    }


def restore_setup(setup: "Setup", state: State) -> None:
    """Give a new setup the weights, optimizer, regularizers and generators of this state."""
    setup.model.load_state_dict(state["model"])
    if state["optimizer"] is not None:  # None: it begins anew (core/training/course.py)
        _restore_optimizer(setup.optimizer, state["optimizer"])
    stored = state.get("transforms", {})
    for kind, transform in setup.transforms_by_kind().items():
        if kind in stored:
            transform.load_state(stored[kind])
        else:
            transform.bind(setup.model)  # it begins with these weights
    setup.epoch_order = state["generators"]["order"]
    kinds = {name.partition(":")[0] for name in (state["device"], setup.device)}
    if len(kinds) == 1:  # the state of a generator only fits its own kind of device
        setup.dropout.set_state(state["generators"]["dropout"])
        if "augmentation" in state["generators"]:  # older checkpoints have none
            setup.augmentation.set_state(state["generators"]["augmentation"])


def _restore_optimizer(optimizer: torch.optim.Optimizer, state: State) -> None:
    """Load what the optimizer remembers; its settings stay those of the experiment."""
    settings = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(state)
    for group, values in zip(optimizer.param_groups, settings, strict=True):
        group.update(values)
