"""The update rules of the papers in NumPy, to compare optimizers with."""

from collections.abc import Callable

import numpy as np

from core.optim.adaptive import Adagrad, Adam, AdamW, RMSprop
from core.optim.matrices import Muon
from core.optim.momentum import SGD, AveragedMomentum, Nesterov
from core.optim.optimizer import Optimizer

STEPS = 20


def gradients() -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(STEPS, 7)))


def start() -> np.ndarray:
    return np.random.default_rng(1).normal(size=7)


def by_formula(choice: Optimizer) -> np.ndarray:
    """The update rules of the papers, written out in float64, from all memories at 0."""
    theta, memory = start(), {}
    for k, g in enumerate(gradients(), 1):
        theta = UPDATES[type(choice)](choice, theta, g, k, memory)
    return theta


def _mean(memory: dict, name: str, share: float, value: np.ndarray) -> np.ndarray:
    memory[name] = share * memory.get(name, 0.0) + (1 - share) * value
    return memory[name]


def _sgd(o: SGD, theta, g, k, memory):
    memory["v"] = o.momentum * memory.get("v", 0.0) + g
    return theta - o.learning_rate * memory["v"]


def _averaged(o: AveragedMomentum, theta, g, k, memory):
    return theta - o.learning_rate * _mean(memory, "v", o.momentum, g)


def _nesterov(o: Nesterov, theta, g, k, memory):
    memory["v"] = o.momentum * memory.get("v", 0.0) + g
    return theta - o.learning_rate * (g + o.momentum * memory["v"])


def _adagrad(o: Adagrad, theta, g, k, memory):
    memory["s"] = memory.get("s", 0.0) + g**2
    return theta - o.learning_rate * g / (np.sqrt(memory["s"]) + o.epsilon)


def _rmsprop(o: RMSprop, theta, g, k, memory):
    s = _mean(memory, "s", o.alpha, g**2)
    return theta - o.learning_rate * g / (np.sqrt(s) + o.epsilon)


def _adam(o: Adam, theta, g, k, memory):
    m, v = _mean(memory, "m", o.beta1, g), _mean(memory, "v", o.beta2, g**2)
    m_hat, v_hat = m / (1 - o.beta1**k), v / (1 - o.beta2**k)
    return theta - o.learning_rate * m_hat / (np.sqrt(v_hat) + o.epsilon)


def _adamw(o: AdamW, theta, g, k, memory):
    return _adam(o, (1 - o.learning_rate * o.weight_decay) * theta, g, k, memory)


def _muon(o: Muon, theta, g, k, memory):
    """A vector is no matrix: AdamW."""
    return _adamw(
        AdamW(learning_rate=o.learning_rate, weight_decay=o.weight_decay), theta, g, k, memory
    )


UPDATES: dict[type[Optimizer], Callable] = {
    SGD: _sgd,
    AveragedMomentum: _averaged,
    Nesterov: _nesterov,
    Adagrad: _adagrad,
    RMSprop: _rmsprop,
    Adam: _adam,
    AdamW: _adamw,
    Muon: _muon,
}
