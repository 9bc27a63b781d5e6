"""Augmentation checks: augmentations that may destroy what the samples show, with a milder form."""

from core.advice.suggestions import check_mirroring
from core.base.finding import Action, Finding
from core.experiment import Experiment


def check_augmentations(experiment: Experiment, shape: tuple[int, ...]) -> list[Finding]:
    """Return findings on the augmentations for samples of this shape, (C, H, W) or (F,)."""
    findings = check_mirroring(experiment, 0, 0)
    for index, augmentation in enumerate(experiment.augmentations):
        if doubt := augmentation.doubt(shape):
            misfit, milder = doubt
            values = [other.model_dump(mode="json") for other in experiment.augmentations]
            values[index] = milder.model_dump(mode="json")
            action = Action(f"Use {milder.summary}", {"augmentations": values})
            findings.append(Finding(misfit.code, "warn", misfit.text, misfit.evidence, action))
    return findings
