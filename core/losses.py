"""Losses: what the training makes small. Choices only; torch is named, not imported."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.spec import Call, Choice


class Loss(Choice, family="loss"):
    """N: pictures in the batch, C: classes, z: the network's scores (logits) (N, C), c: the right
    class.
    """

    for_values: ClassVar[bool] = False  # whether it also fits targets that are no classes

    def call(self) -> Call:
        """A module that takes logits (N, C) and class numbers (N,), or with `for_values` outputs
        (N, 1) and values (N,), and gives a scalar.
        """
        raise NotImplementedError

    def each(self) -> Call:
        """The same, but the losses of the samples one by one, (N,); `call` gives their mean."""
        call = self.call()
        return Call(call.target, {**call.arguments, "reduction": "none"})

    def problem(self, classes: Sequence[str]) -> str | None:
        """Why it cannot train on targets of these classes (none: values), and the way out."""
        if classes or self.for_values:
            return None
        fit = " or ".join(m.label for m in Loss.members.values() if m.for_values)
        return f"{self.label} wants classes, but this data has values to predict: choose {fit}."


class CrossEntropy(Loss):
    """−log of the probability that softmax gives to the right class. A guess among C classes costs
    log C.
    """

    kind: Literal["cross_entropy"] = "cross_entropy"
    label: ClassVar[str] = "Cross-entropy"
    formula: ClassVar[str] = r"L = -\tfrac1N\sum \log\frac{e^{z_c}}{\sum_j e^{z_j}}"
    source: ClassVar[str] = "Bridle 1990; deck B"
    technique: ClassVar[str] = "L1"

    def call(self) -> Call:
        return Call("torch.nn.CrossEntropyLoss")


class MSE(Loss):
    """The mean square between the scores and 1 for the right class, 0 for the others (one-hot).

    For values: between the network's one output and the value, in units of the training values'
    variance, so that always answering their mean costs 1.
    """

    kind: Literal["mse"] = "mse"
    label: ClassVar[str] = "Squared error"
    formula: ClassVar[str] = r"L = \tfrac1{NC}\sum_{n,j} (z_{nj} - y_{nj})^2"
    source: ClassVar[str] = "deck C; Hui & Belkin 2020 for classification"
    technique: ClassVar[str] = "L3"
    for_values: ClassVar[bool] = True

    def call(self) -> Call:
        return Call("core.network.modules.SquaredError")
