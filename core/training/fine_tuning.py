"""Fine-tuning: give a network the weights that an experiment starts from, freeze layers, and give
each layer its learning rate.

Frozen layers have no gradient, and their batch normalization uses and keeps the stored statistics.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from core.base.errors import BadExperiment, BadNetwork, NotFound
from core.base.text import join_words
from core.optim.layer_decay import layer_depths
from core.weights.matching import Matching, Shapes, match
from core.weights.start import FromWeights, Start


def check_start(start: Start, want: Shapes, have: Shapes | None) -> Matching | None:
    """Return how the stored tensors `have` fit the tensors `want` of the network; None for a start
    from scratch. Raises NotFound where they are not stored here (`have` is None), and BadNetwork
    or BadExperiment where the training cannot start.
    """
    if not isinstance(start, FromWeights):
        return None
    if have is None:
        raise NotFound(
            f"The weights that this experiment starts from ({start.origin}) are not stored in this "
            "lab. Upload their file under Start from on the Network page, or start from scratch.",
            code="start_weights_missing",
        )
    for name in (*start.new_layers, *start.frozen, *(path for path, _ in start.rates)):
        if not any(tensor.startswith(f"{name}.") or tensor == name for tensor in want):
            raise BadExperiment(
                f"The start of this experiment names the layer {name}, but the network has no "
                "layer with weights of this name. Remove the name from the starting weights on the "
                "Network page, or rename it.",
                code="start_layer_unknown",
            )
    matching = match(want, have, start)
    if not matching.fits:
        layers = join_words(matching.layers)
        way_out = (
            f"Initialize {layers} instead, or use the network of the weights"
            if matching.layers
            else "Load the weights of at least one layer, or start from scratch"
        )
        text = f": {matching.text}" if matching.layers else ", because no layer uses them"
        raise BadNetwork(
            f"The weights of {start.origin} do not fit this network{text}. {way_out}.",
            code="start_weights_misfit",
        )
    if all(start.is_frozen(name) for name in want):
        raise BadExperiment(
            "All layers with weights are frozen, so nothing can be trained. Unfreeze at least the "
            "last one on the Network page.",
            code="all_layers_frozen",
        )
    return matching


class FineTuning:
    """The weights, the frozen layers and the learning rates of one network."""

    def __init__(self, start: Start, model: nn.Module):
        self.start, self.model = start, model
        self.depths = layer_depths(model)
        self.frozen_now: int | None = None  # trained layers, counted from the last one; None: all
        parameters = dict(model.named_parameters())
        for name, parameter in parameters.items():
            parameter.requires_grad_(not start.is_frozen(name))
        trained = {self._depth(name) for name, p in parameters.items() if p.requires_grad}
        self.order = sorted(trained)  # the depths in the order in which they are unfrozen
        if isinstance(start, FromWeights):
            for name, module in model.named_modules():
                if isinstance(module, nn.modules.batchnorm._NormBase):
                    _hold_statistics(module, frozen=start.is_frozen(name))
            model.train()

    def load(self, weights: Mapping[str, Tensor] | None) -> None:
        """Copy the weights into the network. Raises what `check_start` raises."""
        state = self.model.state_dict()
        have = None if weights is None else {name: tuple(t.shape) for name, t in weights.items()}
        want = {name: tuple(tensor.shape) for name, tensor in state.items()}
        if (matching := check_start(self.start, want, have)) is None:
            return
        with torch.no_grad():
            for name, source in matching.pairs:
                state[name].copy_(weights[source])
        for name, module in self.model.named_modules():
            if not self.start.is_new(name):
                module.uses_initializer = False  # LSUV scales only new layers

    def parameters(self, learning_rate: float) -> Any:
        """Return what the optimizer trains: all trained parameters, or groups of them with their
        own learning rates, where those differ; `learning_rate` is that of the constructor.
        """
        trained = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        if not self.start.has_rates:
            return [p for _, p in trained]
        groups: dict[float, list[nn.Parameter]] = {}
        for name, parameter in trained:
            factor = self.start.rate_factor(name, self._depth(name))
            groups.setdefault(factor, []).append(parameter)
        return [{"params": group, "lr": learning_rate * f} for f, group in groups.items()]

    def begin_epoch(self, epoch: int) -> None:
        """Unfreeze the layers that learn from this epoch (from 0) on."""
        count = self.start.trained_layers(epoch)
        if count == self.frozen_now:
            return
        self.frozen_now, learning = count, {*self.order[:count]}
        for name, parameter in self.model.named_parameters():
            frozen = self.start.is_frozen(name) or self._depth(name) not in learning
            parameter.requires_grad_(not frozen)
            parameter.grad = None
        for name, module in self.model.named_modules():
            if isinstance(module, nn.modules.batchnorm._NormBase):
                module.is_frozen = self.start.is_frozen(name) or self._depth(name) not in learning
        self.model.train()

    def _depth(self, name: str) -> int:
        return self.depths[name.partition(".")[0]]


def _hold_statistics(module: nn.Module, *, frozen: bool) -> None:
    """Let a normalization stay in evaluation mode while it is frozen, also when the network is set
    to training mode.
    """
    module.is_frozen, train = frozen, module.train
    module.train = lambda mode=True: train(mode and not module.is_frozen)
