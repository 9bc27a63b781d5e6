"""The first and the last event of a training: its sizes and versions at the start; at the end the
scores of all parts and the reason in one sentence.
"""

import platform
import time
from typing import TYPE_CHECKING

import torch

import core
from core.base.events import Ended, Started
from core.base.numbers import short, whole
from core.training.metrics import evaluate
from core.training.setup import Setup
from core.training.setup_state import State

if TYPE_CHECKING:
    from core.training.loop import Training

PAIRS = 400  # of a chart of predicted against true values


def started(training: "Training") -> Started:
    """Return the first event."""
    setup = training.setup
    parts = {"train": setup.train, "validation": setup.validation, "test": setup.test}
    common = setup.train.targets.bincount().argmax() if setup.classes else None
    return Started(
        step=training.step,
        steps=training.steps,
        epoch_steps=setup.epoch_steps,
        epochs=training.experiment.epochs,
        batch_size=setup.batch_size,
        parameters=sum(fact.parameters for fact in setup.facts),
        layers=tuple(training.layer_probe.norms.layers),
        activations=tuple(training.layer_probe.signals.activations),
        sizes={name: len(part) for name, part in parts.items()},
        normalization=setup.scale.facts(),
        device=setup.device,
        threads=setup.threads,
        versions={
            "lab": core.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
        },
        time=time.time(),
        common_class="" if common is None else setup.classes[common],
        common={
            name: (part.targets == common).double().mean().item()
            for name, part in parts.items()
            if common is not None and len(part)
        },
    )


def ended(training: "Training", reason: str) -> Ended:
    """Return the last event: all parts scored with the weights of the best epoch, or with the last
    ones where no validation set chooses.
    """
    setup, last = training.setup, training.setup.weights()
    diverged = reason == "diverged"
    kept = training.best or (None if diverged else averaged(training) or last)
    best_epoch = training.best_epoch or (None if diverged else training.epoch or None)
    train = validation = test = None
    pairs: tuple[tuple[float, float], ...] = ()
    if kept is not None:
        setup.model.load_state_dict(kept)
        train = evaluate(setup.model, setup.train, setup.criterion)
        validation = evaluate(setup.model, setup.validation, setup.criterion)
        test = evaluate(setup.model, setup.test, setup.criterion)
        pairs = predictions(setup)
        setup.model.load_state_dict(kept if diverged else last)
    seconds = training.watch.seconds
    return Ended(
        reason=reason,
        message=describe_end(training, reason),
        step=training.diverged_step if diverged else training.step,
        epochs=training.epoch,
        best_epoch=best_epoch,
        train=train,
        validation=validation,
        test=test,
        seconds=seconds,
        probe_share=training.budget.spent / max(seconds, 1e-9),
        clipped=setup.clip_fractions(),
        predictions=pairs,
    )


@torch.inference_mode()
def predictions(setup: Setup) -> tuple[tuple[float, float], ...]:
    """Return (true, predicted) values of at most PAIRS evenly spaced samples of the test set, or of
    the validation set where there is none; nothing for classes.
    """
    part = setup.test if len(setup.test) else setup.validation
    if not part.values or not len(part):
        return ()
    setup.model.eval()
    batches = [(y, setup.model(x)[:, 0]) for x, y in part.in_order(PAIRS)]
    setup.model.train()
    pairs = torch.stack([torch.cat(column).double() for column in zip(*batches, strict=True)], 1)
    every = -(-len(part) // PAIRS)
    values = (setup.scale.mean + setup.scale.std * pairs[::every]).tolist()
    return tuple((float(f"{true:.6g}"), float(f"{guess:.6g}")) for true, guess in values)


def stopped(training: "Training", by: str = "") -> Ended:
    """Return the last event of a training that its consumer does not continue; `by` as in Ended."""
    return Ended(
        reason="stopped",
        message=f"Stopped by {by or 'hand'}: resume it to continue from step {training.step}.",
        step=training.step,
        epochs=training.epoch,
        best_epoch=training.best_epoch,
        seconds=training.watch.seconds,
        by=by,
    )


def averaged(training: "Training") -> State | None:
    """Return the averaged weights where they count: when no epoch is the best one."""
    setup = training.setup
    if training.best or not setup.averages:
        return None
    with setup.averaged():
        return setup.weights()


def describe_end(training: "Training", reason: str) -> str:
    """Return why the training ended, as a sentence."""
    if reason == "epochs":
        count = training.experiment.epochs
        return f"Finished all {whole(count)} epochs." if count > 1 else "Finished the only epoch."
    if reason == "diverged":
        rate = training.learning_rate(training.diverged_step - 1)
        kept = f" The weights of epoch {training.best_epoch} were kept." if training.best else ""
        return (
            f"Diverged at step {whole(training.diverged_step)}: the loss is "
            f"{training.diverged_loss}. Use a smaller learning rate (it was {short(rate, 3)}), "
            f"clip the gradient, or change the initialization.{kept}"
        )
    rule = next(rule for rule in training.experiment.stopping if rule.kind == reason)
    return f"{rule.label} ended the run after epoch {training.epoch}: {rule.summary}."
