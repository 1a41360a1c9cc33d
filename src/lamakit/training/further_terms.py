"""The terms of a generator's loss that settings add to those of the objective."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from lamakit.losses import log_spectral_loss, ssim_loss
from lamakit.training.consistency import ScaleConsistency
from lamakit.training.settings import TrainingSettings
from lamakit.training.steps import FurtherTerm


def build_further_terms(settings: TrainingSettings) -> dict[str, FurtherTerm]:
    """Build what :func:`~lamakit.training.training_step` takes as ``further_terms``.

    Args:
        settings: those of the training: scales and weight of the consistency loss, and the
            weights of the log-spectral and the SSIM loss.

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
        terms["log_spectral"] = _weighted(log_spectral_loss, settings.spectral_weight)
    if settings.ssim_weight:
        terms["ssim"] = _weighted(ssim_loss, settings.ssim_weight)
    return terms


def _weighted(loss: Callable[[Tensor, Tensor, Tensor], Tensor], weight: float) -> FurtherTerm:
    """Return a term that is a loss of prediction, image and mask times its weight."""

    def term(_: nn.Module, prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
        return weight * loss(prediction, image, mask)

    return term
