"""The terms of a generator's loss that settings add to those of the objective."""

from __future__ import annotations

from torch import Tensor, nn

from lamakit.losses import log_spectral_loss
from lamakit.training.consistency import ScaleConsistency
from lamakit.training.settings import TrainingSettings
from lamakit.training.steps import FurtherTerm


def build_further_terms(settings: TrainingSettings) -> dict[str, FurtherTerm]:
    """Build what :func:`~lamakit.training.training_step` takes as ``further_terms``.

    Args:
        settings: those of the training: scales and weight of the consistency loss, and the weight
            of the log-spectral loss.

    Example:
        >>> from lamakit.training import TrainingSettings
        >>> list(build_further_terms(TrainingSettings(images="photos", spectral_weight=0.03)))
        ['log_spectral']
    """
    terms: dict[str, FurtherTerm] = {}
    if settings.consistency_scales:
        terms["consistency"] = ScaleConsistency(
            scales=settings.consistency_scales, weight=settings.consistency_weight
        )
    if settings.spectral_weight:

        def log_spectral(_: nn.Module, prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
            return settings.spectral_weight * log_spectral_loss(prediction, image, mask)

        terms["log_spectral"] = log_spectral
    return terms
