"""All tools: the demonstrations of the Concepts page, the checks and measurements before and during
a run, and links. The numbers are computed elsewhere.
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
LABEL_TYPE = Tool(
    kind="label_type",
    label="Classes or values",
    about=(
        "Whether the labels are classes (classification) or values to predict (regression) is "
        "decided from how many different ones there are, and whether they are whole numbers. The "
        "checks of the file show the decision, and the label type can be changed there."
    ),
    formula=r"y \in \{1, \dots, C\} \quad \text{or} \quad y \in \mathbb{R}",
    source="Hastie, Tibshirani & Friedman 2009, section 2.2",
    technique="D5",
    page="Data",
)
STREAMING = Tool(
    kind="streaming",
    label="Data larger than memory",
    about=(
        "Large files are converted in chunks to an array on disk. Training reads it in shuffled "
        "blocks, and shuffles the samples of a window of blocks."
    ),
    formula=r"\text{samples in memory} \le 8\,b \ll N",
    source="numpy.org (numpy.memmap)",
    technique="D11",
    page="Data",
)
CURVES = Tool(
    kind="curves",
    label="Curves of loss and score",
    about=(
        "Loss and error, accuracy, RMSE or R² of the training and validation set while the run "
        "is trained: raw and smoothed, by step, epoch or time, on a linear or logarithmic axis."
    ),
    formula=r"s_k = \frac{\sum_{i \le k} \beta^{k-i} L_i}{\sum_{i \le k} \beta^{k-i}}",
    source="Kingma & Ba 2015 (unbiased moving average)",
    technique="V1",
    page="Watch",
)
PACE = Tool(
    kind="pace",
    label="Pace of a run",
    about="Learning rate, samples per second, remaining time and memory of a run in progress.",
    formula=r"t_{\mathrm{left}} = (K - k)\, \Delta t / \Delta k",
    source="Mattson et al. 2020 (MLPerf Training)",
    technique="V4",
    page="Watch",
)
GRADIENT_NOISE = Tool(
    kind="gradient_noise",
    label="Gradient noise scale",
    about=(
        "How much the gradients of mini-batches differ, compared with their mean: larger batches "
        "help until they have about as many samples as this number."
    ),
    formula=r"B_{\mathrm{noise}} = \mathrm{tr}(\Sigma) \,/\, \|G\|^2",
    source="McCandlish et al. 2018",
    technique="V5",
    page="Watch",
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
LINK = Tool(
    kind="link",
    label="Links to experiments and runs",
    about=(
        "The address of a shared experiment contains all of its settings as compressed JSON; the "
        "address of a run opens it live for everyone who may see it."
    ),
    formula=r"e = \mathrm{base64}(\mathrm{deflate}(\mathrm{JSON}))",
    source="Deutsch 1996 (RFC 1951); Josefsson 2006 (RFC 4648)",
    technique="K6",
    page="Train",
)
RESUME = Tool(
    kind="resume",
    label="Stop and resume",
    about=(
        "A checkpoint holds weights, optimizer state and random generators. A run that was stopped "
        "or killed continues from it with the losses of an uninterrupted run."
    ),
    formula=r"(\theta, m, g)_{k+1} = F\big((\theta, m, g)_k\big)",
    source="pytorch.org (general checkpoint)",
    technique="K2",
    page="Watch",
)
TOOLS = (
    *DEMONSTRATIONS, LABEL_TYPE, SPLIT, LABEL_NOISE, STREAMING, FIRST_STEP, RANGE_TEST, LINK,
    CURVES, PACE, LAYER_MAPS, DISTRIBUTIONS, GRADIENT_NOISE, RESUME,
)  # fmt: skip
