"""Tool: what the lab does beside training, in words, formula and source: measurements before a run,
and the demonstrations of the Concepts page. Choices without fields; the numbers are computed
elsewhere.
"""

from typing import ClassVar, Literal

from core.base.spec import Choice


class Tool(Choice, family="tool"):
    """One of them; `page` is where it stands."""

    page: ClassVar[str] = "Concepts"


class Activations(Tool):
    """A layer without weights bends every value by itself. Training follows the slope: where that
    is 0, nothing before it learns.
    """

    kind: Literal["activations"] = "activations"
    label: ClassVar[str] = "Activations"
    formula: ClassVar[str] = (
        r"\frac{\partial L}{\partial a} = \frac{\partial L}{\partial z}\; z'(a)"
    )
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986; decks A and C"
    technique: ClassVar[str] = "N3"


class SoftmaxTable(Tool):
    """From the scores of one picture to its loss: exponentials, their shares, and −log of the
    right one. With label smoothing the loss is a divergence from what is asked for.
    """

    kind: Literal["softmax"] = "softmax"
    label: ClassVar[str] = "Softmax"
    formula: ClassVar[str] = (
        r"p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}, \qquad L = -\sum_j q_j \log p_j "
        r"= H(q) + \mathrm{KL}(q \Vert p)"
    )
    source: ClassVar[str] = "Bridle 1990; Szegedy et al. 2016 (label smoothing); deck B"
    technique: ClassVar[str] = "L1 L4 C7"


class LinearScores(Tool):
    """Scores of one picture as weighted sums of its pixels, and what the hinge loss makes of
    them.
    """

    kind: Literal["scores"] = "scores"
    label: ClassVar[str] = "Linear scores"
    formula: ClassVar[str] = r"s = Wx + b, \qquad L = \sum_{j \ne c} \max(0, 1 + s_j - s_c)"
    source: ClassVar[str] = "Weston & Watkins 1999; decks B and C"
    technique: ClassVar[str] = "L2 C7"


class RidgeDescent(Tool):
    """Ridge regression has its answer in closed form; descent gets there in about as many steps
    as the condition number says, and a larger λ makes it smaller.
    """

    kind: Literal["ridge"] = "ridge"
    label: ClassVar[str] = "Ridge"
    formula: ClassVar[str] = r"w = (X^\top X + \lambda I)^{-1} X^\top y"
    source: ClassVar[str] = "Hoerl & Kennard 1970; deck C"
    technique: ClassVar[str] = "L5"


class Backprop(Tool):
    """Four samples through a network 5-7-4-3 and back: every value and its gradient."""

    kind: Literal["backprop"] = "backprop"
    label: ClassVar[str] = "Backprop"
    formula: ClassVar[str] = (
        r"\frac{\partial L}{\partial Z_3} = \frac{A_3 - Y}{N}, \qquad "
        r"\frac{\partial L}{\partial A_3} = -\frac{Y}{N A_3}"
    )
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986; deck B"
    technique: ClassVar[str] = "C3"


class FirstLook(Tool):
    """Before any learning: the loss against that of a guess, and how large signal and gradient
    are in each layer.
    """

    kind: Literal["first_step"] = "first_step"
    label: ClassVar[str] = "Checks at step 0"
    formula: ClassVar[str] = r"L_0 \approx \log C"
    source: ClassVar[str] = "Glorot & Bengio 2010; decks B and D"
    technique: ClassVar[str] = "I5"
    page: ClassVar[str] = "Network"


class RangeTest(Tool):
    """A short training on a copy while the rate grows: the loss falls, then explodes; a good rate
    lies where it falls fastest.
    """

    kind: Literal["range_test"] = "range_test"
    label: ClassVar[str] = "Learning-rate range test"
    formula: ClassVar[str] = r"\eta_k = \eta_0\,(\eta_K/\eta_0)^{k/K}"
    source: ClassVar[str] = "Smith 2017; deck D"
    technique: ClassVar[str] = "O6"
    page: ClassVar[str] = "Train"
