"""GLaMa's objective: LaMa's, with two more terms in the generator's loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor
from typing_extensions import override

from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.feature_matching import Distance
from lamakit.losses.focal_frequency import FocalFrequencyLoss
from lamakit.losses.objective_checks import check_image_loss, check_pair_loss
from lamakit.losses.objective_lama import LamaObjective
from lamakit.losses.objective_terms import Discriminator, PairLoss
from lamakit.losses.objective_weights import GlamaWeights, LamaWeights
from lamakit.losses.total_variation import TotalVariationLoss


class GlamaObjective(LamaObjective):
    """The losses that train GLaMa: LaMa's, the focal frequency loss and total variation.

    It works as :class:`LamaObjective` does, but feature matching takes absolute instead of squared
    differences. With the weights as printed, the two losses that GLaMa adds have almost no effect;
    with those of :meth:`GlamaWeights.balanced` they have.

    Args:
        discriminator: as in :class:`LamaObjective`.
        perceptual: as in :class:`LamaObjective`; None to train without one.
        weights: the factor of each term; a term whose weight is 0 is not computed.
        adversarial: as in :class:`LamaObjective`.
        focal_frequency: from prediction and target to a scalar; None for ``FocalFrequencyLoss()``,
            which divides its weights by their maximum, as Jiang et al. do. GLaMa's eq. 9 prints no
            division: ``FocalFrequencyLoss(normalize_weight=False)``.
        total_variation: from the prediction to a scalar; None for ``TotalVariationLoss()``, a mean
            over pixels. GLaMa's eq. 10 prints the sum: ``TotalVariationLoss(reduction="sum")``.

    Raises:
        ValueError: if there is no discriminator, but a term that needs one.
        TypeError: if an argument is of the wrong type, such as weights that are a dictionary.

    Example:
        >>> import torch
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> objective = GlamaObjective(PatchDiscriminator(base_channels=8))
        >>> target, mask = torch.rand(2, 3, 64, 64), torch.ones(2, 1, 64, 64)
        >>> prediction = torch.rand(2, 3, 64, 64, requires_grad=True)
        >>> sorted(objective.generator_loss(prediction, target, mask).terms)
        ['adversarial', 'feature_matching', 'focal_frequency', 'l1', 'total_variation']

    Source:
        GLaMa, eq. 1-11. Differences: total variation is a mean over pixels, since the printed sum
        (about 1,000 on a photograph) would outweigh every other term; it is that of the prediction,
        where eq. 10 prints the symbol of the true image; focal frequency weights are divided by
        their maximum; the discriminator's loss is not multiplied by the adversarial weight.
    """

    feature_distance: ClassVar[Distance] = "l1"
    weights_type: ClassVar[type[LamaWeights]] = GlamaWeights

    def __init__(
        self,
        discriminator: Discriminator | None,
        *,
        perceptual: PairLoss | None = None,
        weights: GlamaWeights = GlamaWeights(),  # noqa: B008 (it is frozen)
        adversarial: AdversarialLoss | None = None,
        focal_frequency: PairLoss | None = None,
        total_variation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        check_pair_loss("focal_frequency", focal_frequency, "FocalFrequencyLoss()")
        check_image_loss("total_variation", total_variation, "TotalVariationLoss()")
        super().__init__(
            discriminator, perceptual=perceptual, weights=weights, adversarial=adversarial
        )
        self.weights: GlamaWeights = weights
        self.focal_frequency: PairLoss = (
            FocalFrequencyLoss() if focal_frequency is None else focal_frequency
        )
        self.total_variation = TotalVariationLoss() if total_variation is None else total_variation

    @override
    def _generator_terms(
        self, prediction: Tensor, target: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> dict[str, Tensor]:
        terms = super()._generator_terms(prediction, target, mask, condition)
        if self.weights.focal_frequency:
            loss = self.focal_frequency(prediction, target)
            terms["focal_frequency"] = self.weights.focal_frequency * loss
        if self.weights.total_variation:
            loss = self.total_variation(prediction)
            terms["total_variation"] = self.weights.total_variation * loss
        return terms
