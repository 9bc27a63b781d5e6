"""How often the three sources of error are right: `python -m benchmarks.error_sources`.

Blobs with a known Bayes error, ten draws of data and weights: a linear model that is trained
enough, one that is trained too little, and two classes that no line separates. A part counts as
right if it is within 0.01 of the known value.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from core.analysis.results import result_of
from core.analysis.verdict.error_sources import SOURCES, ErrorSources
from core.base.encoding import encode
from core.data.datasets import Blobs, Xor
from core.data.split import Split
from core.experiment import Experiment, Seeds
from core.jobs.kinds import KINDS, RUN
from core.network.layers import Output
from core.optim.optimizers import SGD, AdamW
from core.runs.store import Store

NOISE, POINTS, NEAR = 0.5, 20_000, 0.01
CASES = ("trained enough", "trained too little", "needs two lines")


def bayes_error(clouds: int = 3, count: int = 2_000_000) -> float:
    """Return the error of the nearest mean, the best model for round clouds of one size."""
    draw = np.random.default_rng(0)
    angles = 2 * np.pi * np.arange(clouds) / clouds
    means = np.stack([np.cos(angles), np.sin(angles)], 1)
    points = means[0] + NOISE * draw.standard_normal((count, 2))
    nearest = ((points[:, None] - means) ** 2).sum(2).argmin(1)
    return float((nearest != 0).mean())


def experiment(case: str, seed: int) -> Experiment:
    """Return one of CASES; `seed` draws the data, the split and the weights."""
    data = Xor if case == "needs two lines" else Blobs
    noise = 0.0 if case == "needs two lines" else NOISE
    little = case == "trained too little"
    return Experiment(
        data=data(points=POINTS, noise=noise, seed=seed),
        network=(Output(),),
        epochs=1 if little else 12,
        batch_size=256,
        split=Split(validation=0.05, test=0.45, seed=seed),
        optimizer=SGD(learning_rate=1e-4) if little else AdamW(learning_rate=0.02),
        stopping=(),
        regularizers=(),
        augmentations=(),
        seeds=Seeds(initialization=seed, order=seed),
    )


def main() -> None:
    """Print each case."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    bayes = bayes_error()
    print(f"Bayes error {bayes:.4f}, {seeds} seeds")
    for case in CASES:
        near, verdicts = dict.fromkeys([*SOURCES, "rest"], 0), []
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as home:
                found, own = measure(Path(home), experiment(case, seed), bayes, case)
            known = {"generalization": 0.0}
            if case != "needs two lines":
                known |= {"optimization": own - bayes, "approximation": 0.0, "rest": bayes}
            for name, value in known.items():
                near[name] += abs(found[name][0] - value) <= NEAR
            verdicts.append(found["largest"])
        right = ", ".join(f"{name} {near[name]}" for name in known)
        counts = ", ".join(f"{verdicts.count(v)} × {v}" for v in sorted(set(verdicts)))
        print(f"{case}: within {NEAR} in {seeds}: {right}; verdicts: {counts}", flush=True)


def measure(home: Path, one: Experiment, bayes: float, case: str) -> tuple[dict, float]:
    """Train the experiment; return its sources of error, and its training error."""
    store = Store(home)
    run = store.create(encode(one))
    KINDS[RUN].execute(home, run)
    own = 1 - store.last(run, "reason")["train"]["accuracy"]
    human = 0.0 if case == "needs two lines" else round(bayes, 4)
    return result_of(store, run, ErrorSources(human_error=human, restarts=1)), own


if __name__ == "__main__":
    main()
