"""What GLaMa minimises, each term by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor
from typing_extensions import override

from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.feature_matching import Distance
from lamakit.losses.focal_frequency import FocalFrequencyLoss
from lamakit.losses.objective import Discriminator, LamaObjective, PairLoss
from lamakit.losses.objective_weights import GlamaWeights
from lamakit.losses.total_variation import TotalVariationLoss

__all__ = ["GlamaObjective"]


class GlamaObjective(LamaObjective):
    """The losses that train GLaMa: LaMa's, the focal frequency loss and total variation.

    It works as :class:`LamaObjective` does. Discriminator features differ absolutely rather than
    squared. With the weights as printed, the two losses that GLaMa adds have next to no effect:
    :meth:`GlamaWeights.balanced` has weights with which they do.

    Args:
        discriminator: as in :class:`LamaObjective`.
        perceptual: as in :class:`LamaObjective`; None to train without one.
        weights: what each term is multiplied by; 0 for a term that is not computed.
        adversarial: as in :class:`LamaObjective`.
        frequency: from prediction and image to a scalar; None for ``FocalFrequencyLoss()``, whose
            weights are divided by their maximum, as Jiang et al. have it. GLaMa's eq. 9 prints no
            division: ``FocalFrequencyLoss(normalize_weight=False)``.
        variation: from the prediction to a scalar; None for ``TotalVariationLoss()``, a mean over
            pixels. GLaMa's eq. 10 prints the sum: ``TotalVariationLoss(reduction="sum")``.

    Example:
        >>> import torch
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> objective = GlamaObjective(PatchDiscriminator(base_channels=8))
        >>> image, mask = torch.rand(2, 3, 64, 64), torch.ones(2, 1, 64, 64)
        >>> prediction = torch.rand(2, 3, 64, 64, requires_grad=True)
        >>> sorted(objective.generator_loss(prediction, image, mask).terms)
        ['adversarial', 'feature_matching', 'focal_frequency', 'l1', 'total_variation']

    Source:
        GLaMa, eq. 1-11. Differences: total variation is a mean over pixels, since the printed sum,
        about 1,000 on a photograph, would swamp every other term; it is the prediction's, where eq.
        10 prints the true image's symbol; focal frequency weights are divided by their maximum; the
        discriminator's loss is not multiplied by the adversarial weight.
    """

    feature_distance: ClassVar[Distance] = "l1"

    def __init__(
        self,
        discriminator: Discriminator,
        *,
        perceptual: PairLoss | None = None,
        weights: GlamaWeights = GlamaWeights(),  # noqa: B008 (it is frozen)
        adversarial: AdversarialLoss | None = None,
        frequency: PairLoss | None = None,
        variation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__(
            discriminator, perceptual=perceptual, weights=weights, adversarial=adversarial
        )
        self.weights: GlamaWeights = weights
        self.frequency: PairLoss = FocalFrequencyLoss() if frequency is None else frequency
        self.variation = TotalVariationLoss() if variation is None else variation

    @override
    def _generator_terms(
        self, prediction: Tensor, image: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        terms = super()._generator_terms(prediction, image, mask)
        if self.weights.focal_frequency:
            loss = self.frequency(prediction, image)
            terms["focal_frequency"] = self.weights.focal_frequency * loss
        if self.weights.total_variation:
            loss = self.variation(prediction)
            terms["total_variation"] = self.weights.total_variation * loss
        return terms
