"""Tool: what the lab offers besides training, with its formula and source: the demonstrations of
the Concepts page, and the measurements that precede a run. The numbers are computed elsewhere.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """`kind` names the tool in an address, `page` is the page that shows it, `technique` lists the
    techniques that it covers.
    """

    kind: str
    label: str
    about: str
    formula: str
    source: str
    technique: str
    page: str = "Concepts"


ACTIVATIONS = Tool(
    kind="activations",
    label="Activations",
    about=(
        "An activation function transforms each value separately and has no weights. "
        "Backpropagation multiplies by its slope: where the slope is 0, no gradient reaches "
        "earlier layers."
    ),
    formula=r"\frac{\partial L}{\partial a} = \frac{\partial L}{\partial z}\; z'(a)",
    source="Rumelhart, Hinton & Williams 1986",
    technique="N3",
)
SOFTMAX = Tool(
    kind="softmax",
    label="Softmax",
    about=(
        "From the scores of one image to its loss: exponentials, normalized to probabilities, and "
        "the negative logarithm for the correct class. With label smoothing, the loss is the "
        "entropy of the targets plus a KL divergence."
    ),
    formula=(
        r"p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}, \qquad L = -\sum_j q_j \log p_j "
        r"= H(q) + \mathrm{KL}(q \Vert p)"
    ),
    source="Bridle 1990; Szegedy et al. 2016 (label smoothing)",
    technique="L1 L4 C7",
)
LINEAR_SCORES = Tool(
    kind="scores",
    label="Linear scores",
    about=(
        "The score of each class is a weighted sum of the pixels plus a bias. The hinge loss adds "
        "up by how much the wrong classes violate the margin."
    ),
    formula=r"s = Wx + b, \qquad L = \sum_{j \ne c} \max(0, 1 + s_j - s_c)",
    source="Weston & Watkins 1999",
    technique="L2 C7",
)
MARGIN_LOSSES = Tool(
    kind="margins",
    label="Margin losses",
    about=(
        "With two classes, y = 1 or −1, a loss is a function of the margin: y times the score f. "
        "The 0–1 loss counts errors, but has no slope; the others can be minimized in its place."
    ),
    formula=r"m = y f, \qquad -\log p(y \mid f) = \log(1 + e^{-m})",
    source="Hastie, Tibshirani & Friedman 2009, section 10.6",
    technique="L2 C7",
)
RIDGE = Tool(
    kind="ridge",
    label="Ridge",
    about=(
        "Ridge regression has a closed-form solution. Gradient descent reaches it in a number of "
        "steps proportional to the condition number, and a larger λ lowers the condition number."
    ),
    formula=r"w = (X^\top X + \lambda I)^{-1} X^\top y",
    source="Hoerl & Kennard 1970",
    technique="L5",
)
REGULARIZATION = Tool(
    kind="regularization",
    label="Penalties",
    about=(
        "A penalty on the weights. Where a threshold separates two classes, the loss alone has no "
        "minimum: the weight grows without limit. A penalty gives it one."
    ),
    formula=r"\min_w\; \tfrac1N \sum_n \log\big(1 + e^{-y_n w x_n}\big) + \lambda w^2",
    source="Tikhonov 1963 (L2); Tibshirani 1996 (L1)",
    technique="C6",
)
SIGNALS = Tool(
    kind="signals",
    label="Signals",
    about=(
        "Every layer multiplies the signal, and on the way back the gradient. Over 15 layers, "
        "factors below 1 let them vanish, factors above 1 explode. The second chart measures a "
        "network."
    ),
    formula=r"\frac{\partial L}{\partial a_0} = \frac{\partial L}{\partial a_{15}} "
    r"\prod_{l=1}^{15} \frac{\partial a_l}{\partial a_{l-1}}",
    source="Hochreiter 1991; Glorot & Bengio 2010",
    technique="C5",
)
BACKPROP = Tool(
    kind="backprop",
    label="Backprop",
    about=(
        "Four samples pass forward and backward through a network with layers of 5, 7, 4 and 3 "
        "units. Every value is shown beside its gradient."
    ),
    formula=(
        r"\frac{\partial L}{\partial Z_3} = \frac{A_3 - Y}{N}, \qquad "
        r"\frac{\partial L}{\partial A_3} = -\frac{Y}{N A_3}"
    ),
    source="Rumelhart, Hinton & Williams 1986",
    technique="C3",
)
AUTODIFF = Tool(
    kind="autodiff",
    label="Autodiff",
    about=(
        "An expression becomes a graph. Above each node: its value (blue), computed forward, and "
        "its derivative (orange), computed backward, or along with the value in forward mode."
    ),
    formula=(
        r"\frac{\partial f}{\partial u} = \sum_{v = v(u, \dots)} "
        r"\frac{\partial f}{\partial v}\, \frac{\partial v}{\partial u}"
    ),
    source="Linnainmaa 1970 (reverse mode); Wengert 1964 (forward mode)",
    technique="C2",
)
OPTIMIZERS = Tool(
    kind="optimizers",
    label="Optimizers",
    about=(
        "Optimizers start at one point of a loss surface of two weights. Click the surface to "
        "start elsewhere. They are the same classes that train networks."
    ),
    formula=(
        r"\lVert \theta_k - \theta^* \rVert \le \max_\lambda |1 - \eta\lambda|^k\; "
        r"\lVert \theta_0 - \theta^* \rVert, \qquad \eta < 2/\lambda_{\max}"
    ),
    source="Nesterov 2004; Polyak 1964",
    technique="C1",
)
CONVOLUTION = Tool(
    kind="convolution",
    label="Convolution",
    about=(
        "A kernel moves over an image; each output pixel is the sum of the products under it. "
        "Click an output pixel to see its multiplications, and edit the weights of the kernel."
    ),
    formula=(
        r"z_{ij} = \sum_{d,k,m} w_{dkm}\; a_{d,\; si+\delta k,\; sj+\delta m}, \qquad "
        r"n' = \Big\lfloor \frac{n + 2p - \delta(k-1) - 1}{s} \Big\rfloor + 1"
    ),
    source="LeCun et al. 1989; Dumoulin & Visin 2016",
    technique="C4",
)
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
    ACTIVATIONS, SIGNALS, CONVOLUTION, SOFTMAX, LINEAR_SCORES, MARGIN_LOSSES, AUTODIFF, BACKPROP,
    OPTIMIZERS, RIDGE, REGULARIZATION, FIRST_STEP, RANGE_TEST, SPLIT, LABEL_NOISE, LAYER_MAPS,
    DISTRIBUTIONS,
)  # fmt: skip
