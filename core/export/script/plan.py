"""What a script has to reproduce: an experiment, its data before it is loaded, and where its run
ended. Everything that decides which sections the script has is computed here once.
"""

import importlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.base.spec import Call
from core.data.dataset import Facts
from core.experiment import Experiment
from core.network.build import LayerFacts, check, walk_facts
from core.optim.transforms import Transform


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run: on which device and with how many threads it was trained, with which
    version of torch, and the step after which it was stopped by hand or by a time limit (0 for a
    run that a rule ended).
    """

    device: str = "cpu"
    threads: int = 1
    torch: str = ""
    stopped_after: int = 0
    is_finished: bool = False
    epochs: int = 0  # complete ones, and the one in which it was stopped


@dataclass(frozen=True)
class ScriptPlan:
    """An experiment with the facts of its data and its run. `fills` are those of the dataset, and
    `block_size` is that of one which is trained from the disk, else 0.
    """

    experiment: Experiment
    facts: Facts
    run: RunFacts = field(default_factory=RunFacts)
    fills: tuple[Any, ...] = ()
    corrected: Any = None  # the choice of a dataset that a person corrected
    parts: tuple[Any, ...] = ()  # of a training whose settings change (core/export/script/parts.py)
    block_size: int = 0

    @property
    def device(self) -> str:
        return self.run.device

    @cached_property
    def layers(self) -> tuple[LayerFacts, ...]:
        """The layers, the inner ones included. Raises BadNetwork."""
        facts = check(self.experiment.network, self.facts.shape, self.facts.outputs)
        return tuple(walk_facts(facts))

    @property
    def regression(self) -> bool:
        return not self.facts.classes

    @property
    def channels_last(self) -> bool:
        """Whether images are stored with their channels last, as `Setup` decides it."""
        return self.convolves and not self.experiment.optimizer.closure

    @property
    def convolves(self) -> bool:
        """Whether layers with weights work on images that the data consists of."""
        maps = any(fact.parameters and len(fact.input) == 3 for fact in self.layers)
        return maps and len(self.facts.shape) == 3

    @property
    def has_validation(self) -> bool:
        """Whether there is a validation set."""
        held = int(self.facts.rows * self.experiment.split.validation + 0.5)
        return bool(self.facts.validation_rows or held)

    @property
    def has_test(self) -> bool:
        """Whether there is a test set, in the dataset or held out from it."""
        others = self.facts.rows - self.facts.validation_rows
        return bool(self.facts.test_rows or int(others * self.experiment.split.test + 0.5))

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The settings of all parts of the training: the functions of a step are those of all."""
        return tuple(part.experiment for part in self.parts) or (self.experiment,)

    @property
    def accumulates(self) -> bool:
        """Whether the gradient of a mini-batch is computed in parts."""
        return any(experiment.accumulation > 1 for experiment in self.experiments)

    @property
    def mixes(self) -> bool:
        """Whether samples of a mini-batch are mixed with each other."""
        return any(map(_mixes, self.experiments))

    @property
    def mixes_always(self) -> bool:
        """Whether they are in all parts."""
        return all(map(_mixes, self.experiments))

    @cached_property
    def transforms(self) -> tuple[type[Transform], ...]:
        """The classes of the regularizers' transforms."""
        return tuple(load_class(r.call()) for e in self.experiments for r in e.regularizers)

    def acts(self, hook: str) -> bool:
        """Whether a regularizer acts at this place of a step, a method of `Transform`."""
        own = getattr(Transform, hook)
        return any(getattr(transform, hook) is not own for transform in self.transforms)

    @property
    def recomputes_statistics(self) -> bool:
        """Whether batch normalization is measured again with averaged weights."""
        return self.optimizer_averages or any(
            transform.recompute_statistics for transform in self.transforms
        )

    @property
    def optimizer_averages(self) -> bool:
        """Whether an optimizer averages the weights."""
        return any(experiment.optimizer.averages_weights for experiment in self.experiments)

    @property
    def averages(self) -> bool:
        """Whether the network is evaluated with averaged weights."""
        return self.optimizer_averages or self.acts("average")

    @property
    def changes(self) -> bool:
        """Whether settings change on the way."""
        return len(self.parts) > 1

    @property
    def ending_rules(self) -> list[Any]:
        """The stopping rules that end a run; those that only mark an epoch change nothing. The
        step where a time limit ended a run is known, so that its script needs no clock. The end of
        a run whose settings changed is known as well.
        """
        if self.changes:
            return []
        rules = [rule for rule in self.experiment.stopping if not rule.only_mark]
        return [rule for rule in rules if not (rule.limits_time and self.run.is_finished)]

    @property
    def has_ratios(self) -> bool:
        """Whether the optimizer's learning rate differs from that of the experiment."""
        if self.experiment.start.has_rates:
            return True
        chosen = [experiment.optimizer for experiment in self.experiments]
        return any(c.call().arguments.get("lr", c.learning_rate) != c.learning_rate for c in chosen)

    @property
    def closures(self) -> frozenset[bool]:
        """Whether a step of the optimizer evaluates the loss several times, over all parts."""
        return frozenset(experiment.optimizer.closure for experiment in self.experiments)

    @property
    def draws_dropout(self) -> bool:
        """Whether layers draw random numbers."""
        return any(fact.layer.draws_random_numbers for fact in self.layers)


def _mixes(experiment: Experiment) -> bool:
    return any(augmentation.mixes for augmentation in experiment.augmentations)


def load_class(call: Call) -> Any:
    """Return the class or function that a call names."""
    module, _, name = call.target.rpartition(".")
    return getattr(importlib.import_module(module), name)
