"""Maximum likelihood, cross-entropy and KL divergence of a coin: k heads in n tosses. Pure
functions, in nats.

With the observed fraction q = k/n and a model that gives heads the probability p, the likelihood
is p^k (1 − p)^(n − k). Its negative logarithm divided by n is the cross-entropy H(q, p).
"""

from math import exp, log


def cross_entropy(q: float, p: float) -> float:
    """Return H(q, p) = −q log p − (1 − q) log(1 − p) for 0 ≤ q ≤ 1 and 0 < p < 1."""
    return -q * log(p) - (1 - q) * log(1 - p)


def entropy(q: float) -> float:
    """Return H(q), the smallest cross-entropy, reached at p = q; 0 for q = 0 and q = 1."""
    return sum(-part * log(part) for part in (q, 1 - q) if part)


def kl_divergence(q: float, p: float) -> float:
    """Return KL(q ‖ p) = H(q, p) − H(q), which is 0 for p = q and positive elsewhere (Kullback &
    Leibler 1951).
    """
    return cross_entropy(q, p) - entropy(q)


def log_likelihood(heads: int, tosses: int, p: float) -> float:
    """Return log p^k (1 − p)^(n − k) = −n H(k/n, p)."""
    return heads * log(p) + (tosses - heads) * log(1 - p)


def relative_likelihood(heads: int, tosses: int, p: float) -> float:
    """Return the likelihood of p relative to the largest one, exp(−n KL(k/n ‖ p))."""
    return exp(-tosses * kl_divergence(heads / tosses, p))
