"""The update rules of the papers in NumPy, to compare optimizers with."""

from collections.abc import Callable

import numpy as np

from core.optim.adaptive import Adafactor, Adagrad, Adam, AdamW, AMSGrad, Lion, NAdam, RMSprop
from core.optim.matrices import Muon
from core.optim.momentum import SGD, AveragedMomentum, Nesterov
from core.optim.optimizer import Optimizer
from core.optim.schedule_free import ScheduleFreeAdamW

STEPS = 20


def gradients(shape: tuple[int, ...] = (7,)) -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(STEPS, *shape)))


def start(shape: tuple[int, ...] = (7,)) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape)


def by_formula(choice: Optimizer, shape: tuple[int, ...] = (7,)) -> np.ndarray:
    """The update rules of the papers, written out in float64, from all memories at 0."""
    theta, memory = start(shape), {}
    for k, g in enumerate(gradients(shape), 1):
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


def _amsgrad(o: AMSGrad, theta, g, k, memory):
    m, v = _mean(memory, "m", o.beta1, g), _mean(memory, "v", o.beta2, g**2)
    memory["largest"] = np.maximum(memory.get("largest", 0.0), v)
    m_hat, v_hat = m / (1 - o.beta1**k), memory["largest"] / (1 - o.beta2**k)
    return theta - o.learning_rate * m_hat / (np.sqrt(v_hat) + o.epsilon)


def _nadam(o: NAdam, theta, g, k, memory):
    m, v = _mean(memory, "m", o.beta1, g), _mean(memory, "v", o.beta2, g**2)
    mu = [o.beta1 * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in range(1, k + 2)]
    m_hat = (1 - mu[-2]) * g / (1 - np.prod(mu[:-1])) + mu[-1] * m / (1 - np.prod(mu))
    return theta - o.learning_rate * m_hat / (np.sqrt(v / (1 - o.beta2**k)) + o.epsilon)


def _lion(o: Lion, theta, g, k, memory):
    direction = np.sign(o.beta1 * memory.get("m", 0.0) + (1 - o.beta1) * g)
    _mean(memory, "m", o.beta2, g)
    return theta - o.learning_rate * (direction + o.weight_decay * theta)


def _adamw(o: AdamW, theta, g, k, memory):
    return _adam(o, (1 - o.learning_rate * o.weight_decay) * theta, g, k, memory)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def _adafactor(o: Adafactor, theta, g, k, memory):
    """Algorithms 4 (matrices) and 5 (vectors) with an upper limit of the relative step."""
    keep = 1 - float(k) ** -o.decay
    if g.ndim == 1:
        v = _mean(memory, "v", keep, g**2)
    else:
        rows = _mean(memory, "rows", keep, (g**2).mean(1, keepdims=True))
        columns = _mean(memory, "columns", keep, (g**2).mean(0, keepdims=True))
        v = rows @ columns / rows.mean()
    u = g / np.sqrt(v)
    scale = max(o.smallest, _rms(theta)) * min(o.learning_rate, k**-0.5)
    kept = (1 - o.learning_rate * o.weight_decay) * theta
    return kept - scale * u / max(1.0, _rms(u) / o.clip)


def _muon(o: Muon, theta, g, k, memory):
    """A vector is no matrix: AdamW."""
    return _adamw(
        AdamW(learning_rate=o.learning_rate, weight_decay=o.weight_decay), theta, g, k, memory
    )


def _schedule_free(o: ScheduleFreeAdamW, theta, g, k, memory):
    """Algorithm 1: theta is y; all learning rates are equal, so that c = 1/k."""
    z, x = memory.get("z", theta), memory.get("x", theta)
    v = _mean(memory, "v", o.beta2, g**2) / (1 - o.beta2**k)
    rate = o.learning_rate
    z = z - rate * g / (np.sqrt(v) + o.epsilon) - rate * o.weight_decay * theta
    x = (1 - 1 / k) * x + z / k
    memory["z"], memory["x"] = z, x
    return (1 - o.beta1) * z + o.beta1 * x


UPDATES: dict[type[Optimizer], Callable] = {
    SGD: _sgd,
    AveragedMomentum: _averaged,
    Nesterov: _nesterov,
    Adagrad: _adagrad,
    RMSprop: _rmsprop,
    Adam: _adam,
    AMSGrad: _amsgrad,
    NAdam: _nadam,
    AdamW: _adamw,
    Lion: _lion,
    Adafactor: _adafactor,
    ScheduleFreeAdamW: _schedule_free,
    Muon: _muon,
}
