"""The stopping rules of a training, and from which epoch on each of them counts. Knows no torch."""

from collections.abc import Mapping, Sequence

from core.base.events import Epoch
from core.optim.stopping import StoppingRule


class EndingRules:
    """The rules that end a training; those that only mark an epoch do not.

    `counted_from` maps the kind of a rule to the number of epochs that it does not count: a run
    that goes on after a rule has ended its parent must not end again before it has begun.
    """

    def __init__(self, rules: Sequence[StoppingRule], counted_from: Mapping[str, int]):
        self.rules = [rule for rule in rules if not rule.only_mark]
        self.counted_from = {**counted_from}

    def after_epoch(self, history: Sequence[Epoch]) -> str | None:
        """Return the kind of the rule that ends the training after these epochs, if any."""
        for rule in self.rules:
            if not rule.limits_time and rule.after_epoch(history[self._first(rule) :]):
                return rule.kind
        return None

    def after(self, seconds: float, history: Sequence[Epoch]) -> str | None:
        """Return the kind of the rule that ends it after this time of training, if any."""
        for rule in self.rules:
            first = self._first(rule)
            before = history[first - 1].seconds if first else 0.0
            if not rule.in_time(seconds - before):
                return rule.kind
        return None

    def resumed(
        self, rules: Sequence[StoppingRule], history: Sequence[Epoch], seconds: float
    ) -> "EndingRules":
        """Return these rules for a training that goes on here: those that would end it now count
        from here, also those that only mark until they are changed.
        """
        counted_from = {}
        for rule in rules:
            ending = rule.model_copy(update={"only_mark": False})
            now = EndingRules([ending], self.counted_from)
            ends = now.after_epoch(history) or now.after(seconds, history)
            counted_from[rule.kind] = len(history) if ends else now._first(rule)
        chosen = {kind: first for kind, first in counted_from.items() if first}
        return EndingRules(rules, chosen)

    def _first(self, rule: StoppingRule) -> int:
        return self.counted_from.get(rule.kind, 0)
