"""All tools: the demonstrations of the Concepts page, and the measurements before and during a run.
The numbers are computed elsewhere.
"""

from core.concepts.demonstrations import DEMONSTRATIONS
from core.concepts.tool import Tool

FIRST_STEP = Tool(
    kind="first_step",
    label="Checks at step 0",
    about=(
        "Before training: the initial loss compared with uniform guessing, and the scale of "
        "activations and gradients in each layer."
    ),
    formula=r"L_0 \approx \log C",
    source="Glorot & Bengio 2010",
    technique="I5",
    page="Network",
)
RANGE_TEST = Tool(
    kind="range_test",
    label="Learning-rate range test",
    about=(
        "A short training run on a copy of the network with a growing learning rate: the loss "
        "falls, then diverges. A good learning rate is where the loss falls fastest."
    ),
    formula=r"\eta_k = \eta_0\,(\eta_K/\eta_0)^{k/K}",
    source="Smith 2017",
    technique="O6",
    page="Train",
)
SPLIT = Tool(
    kind="split",
    label="Split",
    about=(
        "Samples are divided into a training, a validation and a test set, on request with the "
        "same proportions of classes in each."
    ),
    formula=r"n_{\mathrm{val}} = v N, \qquad n_{\mathrm{test}} = t N",
    source="Stone 1974",
    technique="D6",
    page="Data",
)
LABEL_NOISE = Tool(
    kind="label_noise",
    label="Label noise",
    about=(
        "A fraction of the training labels is replaced with another class, to show memorization "
        "and double descent."
    ),
    formula=r"P(\tilde y = k \mid y) = \frac{p}{C - 1}, \qquad k \ne y",
    source="Zhang et al. 2017; Nakkiran et al. 2019",
    technique="D10",
    page="Data",
)
LAYER_MAPS = Tool(
    kind="layer_maps",
    label="Layer × time maps",
    about=(
        "For each layer over the training: norms of gradient and weights, the update-to-weight "
        "ratio, mean and standard deviation of the outputs, dead units and saturated outputs."
    ),
    formula=r"\|\nabla_{w} L\|, \quad \|w\|, \quad \|\Delta w\| / \|w\|",
    source="Glorot & Bengio 2010",
    technique="V2",
    page="Watch",
)
DISTRIBUTIONS = Tool(
    kind="distributions",
    label="Distributions over the training",
    about=(
        "Quantiles of the weights, gradients and outputs of each layer over the training: the "
        "median, the middle half of the values, and 90 % of them."
    ),
    formula=r"q_p = \inf\{v : P(w \le v) \ge p\}, \; p \in \{0.05, 0.25, 0.5, 0.75, 0.95\}",
    source="Hyndman & Fan 1996",
    technique="V3",
    page="Watch",
)
TOOLS = (
    *DEMONSTRATIONS, FIRST_STEP, RANGE_TEST, SPLIT, LABEL_NOISE, LAYER_MAPS, DISTRIBUTIONS,
)  # fmt: skip
