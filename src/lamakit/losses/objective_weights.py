"""The weights of the terms of LaMa's and GLaMa's objectives."""

from __future__ import annotations

from dataclasses import dataclass, fields

from typing_extensions import Self

from lamakit._checks import check_non_negative


@dataclass(frozen=True, kw_only=True)
class LamaWeights:
    """The weights of LaMa's objective; a term whose weight is 0 is not computed.

    Args:
        l1_known: absolute difference of known pixels.
        l1_missing: absolute difference of missing pixels.
        adversarial: the generator's adversarial loss. The discriminator's is not multiplied.
        feature_matching: squared difference of the discriminator's features.
        perceptual: the perceptual loss, if the objective has one.
        r1: the R1 penalty, part of the discriminator's loss.

    Raises:
        ValueError: if one is negative or not finite.

    Example:
        >>> from dataclasses import replace
        >>> replace(LamaWeights(), l1_missing=5).perceptual
        30.0

    Source:
        LaMa, eq. 5, with the values of sec. 3: adversarial 10, perceptual 30, feature matching 100,
        R1 0.001. The defaults follow the released code, which differs from the paper:

        - It adds 10 times the L1 distance of known pixels, which eq. 5 lacks.
        - It adds the perceptual loss up over layers, where eq. 1 takes their mean.
        - It does not multiply the discriminator's loss by 10, where eq. 5 does.
        - It squares the differences of the discriminator's features; the paper prints no formula.
        - It calls a patch filled if the nearest pixel of the mask is missing, where sec. 2.2.2
          calls every patch filled that meets the hole. For thin masks at 256 pixels that is 29 % of
          the patches instead of 58 %. The paper's rule is
          ``NonSaturatingLoss(mask_resize="max")``.
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

    The defaults are as printed. With them, total variation and the focal frequency loss have almost
    no effect in :class:`GlamaObjective`; with those of :meth:`balanced` they have.

    Args:
        l1_known: absolute difference of known pixels.
        l1_missing: absolute difference of missing pixels.
        adversarial: the generator's adversarial loss. The discriminator's is not multiplied.
        feature_matching: absolute difference of the discriminator's features.
        perceptual: the perceptual loss, if the objective has one.
        r1: the R1 penalty, part of the discriminator's loss.
        total_variation: total variation of the prediction.
        focal_frequency: focal frequency loss between prediction and target.

    Raises:
        ValueError: if one is negative or not finite.

    Example:
        >>> GlamaWeights().feature_matching
        30.0

    Source:
        GLaMa, eq. 6, 7 and 11. Eq. 7 is called LaMa's loss, but LaMa has 30 for the perceptual loss
        and 100 for feature matching. R1 stands inside the adversarial term (eq. 6), so that it
        counts relative to the discriminator's loss; the paper gives no weight for it, and the
        default is LaMa's 0.001. Differences: the discriminator's loss is not multiplied by 10; the
        printed weights of 1 belong to a total variation that is summed over pixels and to a focal
        frequency loss without division by its maximum.
    """

    feature_matching: float = 30.0
    perceptual: float = 100.0
    total_variation: float = 1.0
    focal_frequency: float = 1.0

    @classmethod
    def balanced(cls) -> Self:
        """Return weights with which total variation and the focal frequency loss matter.

        The weights 300 and 12 were chosen among about six pairs, by small training runs with three
        seeds: 500 steps on batches of four 64-pixel crops of photographs, most of which GLaMa's
        strokes cover, a generator with 16 base channels, no perceptual loss. With these weights,
        on the seeds by which they were chosen, the gradient of total variation had 6 to 12 % of
        the norm of the generator's whole gradient, and that of the focal frequency loss 10 to 15 %.
        On four other seeds the shares were 7 to 15 % and 10 to 17 %.
        With the weights as printed these shares were 0.2 to 0.4 % and 0.8 to 1.1 %. A perceptual
        loss makes the whole gradient larger, and so these shares smaller.
        ``benchmarks/bench_glama_weights.py`` measures them.

        Example:
            >>> GlamaWeights.balanced().total_variation
            300.0
        """
        return cls(total_variation=300.0, focal_frequency=12.0)
