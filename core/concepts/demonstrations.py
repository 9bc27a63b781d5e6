"""The demonstrations of the Concepts page, in its order. Those of a group form one row of its menu.
Their numbers are computed in the other files of this package.
"""

from core.concepts.tool import Tool

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
    group="Networks",
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
    group="Losses",
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
    group="Losses",
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
    group="Losses",
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
    group="Generalization",
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
    group="Generalization",
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
    group="Networks",
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
    group="Gradients",
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
    group="Gradients",
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
    group="Optimization",
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
    group="Networks",
)
DROPOUT = Tool(
    kind="dropout",
    label="Dropout masks",
    about=(
        "Dropout sets random outputs of a layer to 0 during training and scales the others, so "
        "that the mean stays the same. At inference it does nothing."
    ),
    formula=(
        r"z = \frac{m \odot x}{1-p}, \qquad \mathrm{E}[z] = x, \qquad "
        r"\mathrm{Var}[z_i] = \frac{p}{1-p}\, x_i^2"
    ),
    source="Srivastava et al. 2014",
    technique="N5",
    group="Networks",
)
BATCH_NORM = Tool(
    kind="batch_norm",
    label="Batch norm steps",
    about=(
        "In training, batch normalization uses the mean and variance of the mini-batch and keeps "
        "running averages of both. At inference it uses the averages."
    ),
    formula=(
        r"y = \gamma\, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad "
        r"r \leftarrow (1 - \alpha)\, r + \alpha\, \mu"
    ),
    source="Ioffe & Szegedy 2015",
    technique="N4",
    group="Networks",
)
LIKELIHOOD = Tool(
    kind="likelihood",
    label="Likelihood and KL",
    about=(
        "A coin shows k heads in n tosses; a model gives heads the probability p. The largest "
        "likelihood is the smallest cross-entropy, and its gap to the entropy is the KL divergence."
    ),
    formula=(
        r"-\tfrac1n \log\big(p^k (1-p)^{n-k}\big) = H(q, p) = H(q) + \mathrm{KL}(q \Vert p), "
        r"\qquad q = k/n"
    ),
    source="Kullback & Leibler 1951; Fisher 1922",
    technique="L1 L2 C7",
    group="Losses",
)
BATCHES = Tool(
    kind="batches",
    label="Batch size",
    about=(
        "Gradient descent with all samples, with a mini-batch and with a single sample per update, "
        "from one start on one loss surface of two weights."
    ),
    formula=(
        r"w \leftarrow w - \frac{\eta}{B} \sum_{n \in \mathrm{batch}} \nabla L_n(w), \qquad "
        r"L_n = \tfrac12 (w \cdot x_n - y_n)^2"
    ),
    source="Robbins & Monro 1951; Bottou, Curtis & Nocedal 2018",
    technique="C1 O1",
    group="Optimization",
)
PERCEPTRON = Tool(
    kind="perceptron",
    label="Perceptron rule",
    about=(
        "Rosenblatt's rule visits one sample after another and changes the weights only after a "
        "mistake. Gradient descent on the logistic loss follows the mean of all samples."
    ),
    formula=(
        r"y\, w \cdot x \le 0: \; w \leftarrow w + y x, \qquad "
        r"\text{at most } (R/\gamma)^2 \text{ updates}"
    ),
    source="Rosenblatt 1958; Novikoff 1962",
    technique="L2 O1",
    group="Optimization",
)
TRAINING_LOOP = Tool(
    kind="loop",
    label="Training loop",
    about=(
        "The loop that trains a network, as PyTorch code. Leave out a line: a small network is "
        "trained on the included digits with the code as it is then."
    ),
    formula=r"\theta \leftarrow \theta - \eta\, \nabla_\theta L",
    source="Paszke et al. 2019 (PyTorch)",
    technique="O1",
    group="Optimization",
)
POLYNOMIALS = Tool(
    kind="polynomials",
    label="Bias and variance",
    about=(
        "Polynomials are fitted to noisy samples of one function. The expected test error is the "
        "sum of squared bias, variance and noise, in closed form."
    ),
    formula=(
        r"\mathrm{E}\big[(y - \hat f(x))^2\big] = \big(f - \mathrm{E}\hat f\big)^2 "
        r"+ \mathrm{Var}\,\hat f + \sigma^2"
    ),
    source="Geman, Bienenstock & Doursat 1992",
    technique="C6",
    group="Generalization",
)
DEMONSTRATIONS = (
    ACTIVATIONS, SIGNALS, CONVOLUTION, DROPOUT, BATCH_NORM, SOFTMAX, LIKELIHOOD, LINEAR_SCORES,
    MARGIN_LOSSES, AUTODIFF, BACKPROP, OPTIMIZERS, BATCHES, PERCEPTRON, TRAINING_LOOP, RIDGE,
    REGULARIZATION, POLYNOMIALS,
)  # fmt: skip
