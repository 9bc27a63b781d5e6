"""Losses: what the training makes small. Choices only; torch is named, not imported."""

from typing import ClassVar, Literal

from core.spec import Call, Choice


class Loss(Choice, family="loss"):
    """N: pictures in the batch, C: classes, z: the network's scores (logits) (N, C), c: the right
    class.
    """

    def call(self) -> Call:
        """A module that takes logits (N, C) and class numbers (N,) and gives a scalar."""
        raise NotImplementedError


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
    """The mean square between the scores and 1 for the right class, 0 for the others (one-hot)."""

    kind: Literal["mse"] = "mse"
    label: ClassVar[str] = "Squared error"
    formula: ClassVar[str] = r"L = \tfrac1{NC}\sum_{n,j} (z_{nj} - y_{nj})^2"
    source: ClassVar[str] = "deck C; Hui & Belkin 2020 for classification"
    technique: ClassVar[str] = "L3"

    def call(self) -> Call:
        return Call("core.network.modules.OneHotMSELoss")
