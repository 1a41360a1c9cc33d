"""What each term of a published objective is multiplied by."""

from __future__ import annotations

from dataclasses import dataclass, fields

from typing_extensions import Self

from lamakit._checks import check_non_negative

__all__ = ["GlamaWeights", "LamaWeights"]


@dataclass(frozen=True, kw_only=True)
class LamaWeights:
    """The weights of LaMa's objective; a term whose weight is 0 is not computed.

    Args:
        l1_known: absolute difference of known pixels.
        l1_missing: absolute difference of missing pixels.
        adversarial: the generator's adversarial loss. The discriminator's is not multiplied.
        feature_matching: squared difference of the discriminator's features.
        perceptual: the perceptual loss, if the objective has one.
        r1: the squared norm of the discriminator's gradient, beside its adversarial loss.

    Raises:
        ValueError: if one is negative or not finite.

    Example:
        >>> from dataclasses import replace
        >>> replace(LamaWeights(), l1_missing=5).perceptual
        30.0

    Source:
        LaMa, eq. 5, with the values of sec. 3: adversarial 10, perceptual 30, feature matching 100,
        R1 0.001. These are the released code's, which differs from the paper. It adds 10 times the
        L1 distance of known pixels, which eq. 5 lacks. It adds the perceptual loss up over layers,
        where eq. 1 takes their mean. It does not multiply the discriminator's loss by 10, where eq.
        5 does. It squares the differences of the discriminator's features, of which the paper says
        nothing. And it calls a patch filled if the mask's nearest pixel is missing, where sec.
        2.2.2 says so of every patch that meets the hole: for thin masks at 256 pixels 29 % of the
        patches, not 58 %. The paper's rule is ``NonSaturatingLoss(mask_resize="max")``.
    """

    l1_known: float = 10.0
    l1_missing: float = 0.0
    adversarial: float = 10.0
    feature_matching: float = 100.0
    perceptual: float = 30.0
    r1: float = 0.001

    def __post_init__(self) -> None:
        for field in fields(self):
            check_non_negative(field.name, getattr(self, field.name))


@dataclass(frozen=True, kw_only=True)
class GlamaWeights(LamaWeights):
    """The weights of GLaMa's objective; a term whose weight is 0 is not computed.

    By default they are as printed. With :class:`GlamaObjective` total variation and the focal
    frequency loss then have next to no effect; :meth:`balanced` changes that.

    Args:
        l1_known: absolute difference of known pixels.
        l1_missing: absolute difference of missing pixels.
        adversarial: the generator's adversarial loss. The discriminator's is not multiplied.
        feature_matching: absolute difference of the discriminator's features.
        perceptual: the perceptual loss, if the objective has one.
        r1: the squared norm of the discriminator's gradient, beside its adversarial loss.
        total_variation: total variation of the prediction.
        focal_frequency: focal frequency loss of prediction and image.

    Raises:
        ValueError: if one is negative or not finite.

    Example:
        >>> GlamaWeights().feature_matching
        30.0

    Source:
        GLaMa, eq. 6, 7 and 11. Eq. 7 is called LaMa's loss, but LaMa has 30 for the perceptual loss
        and 100 for feature matching. The paper gives no weight of R1, which stands inside the
        adversarial term (eq. 6), so that it counts relative to the discriminator's loss: LaMa's
        0.001 is taken. Differences: the discriminator's loss is not multiplied by 10; the weights
        of 1 belong to a total variation that is summed over pixels and to a focal frequency loss
        without division by its maximum.
    """

    feature_matching: float = 30.0
    perceptual: float = 100.0
    total_variation: float = 1.0
    focal_frequency: float = 1.0

    @classmethod
    def balanced(cls) -> Self:
        """Return weights with which total variation and the focal frequency loss matter.

        Measured after 500 steps of a small run with three seeds: 64-pixel crops of photographs,
        which GLaMa's strokes mostly cover, batches of 4, a generator of width 16, no perceptual
        loss. The gradient of total variation
        had 6 to 11 % of the norm of the generator's whole gradient, that of the focal frequency
        loss 10 to 15 %; with the weights as printed it was 0.2 to 0.4 % and 0.8 to 1.1 %. A
        perceptual loss makes the whole gradient larger, and so these shares smaller.
        ``benchmarks/bench_glama_weights.py`` measures them.

        Example:
            >>> GlamaWeights.balanced().total_variation
            300.0
        """
        return cls(total_variation=300.0, focal_frequency=12.0)
