"""What each term of a published objective is multiplied by."""

from __future__ import annotations

from dataclasses import dataclass, fields

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
        LaMa, eq. 5: adversarial 10, perceptual 30, feature matching 100, R1 0.001. The released
        code differs from the paper: it adds 10 times the L1 distance of known pixels, which eq. 5
        lacks; it adds the perceptual loss up over layers, where eq. 1 takes their mean; and it does
        not multiply the discriminator's loss by 10, where eq. 5 does. These are the code's.
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
        GLaMa, eq. 6, 7 and 11. The paper gives no weight of R1, which stands inside the adversarial
        term (eq. 6), so that it counts relative to the discriminator's loss: LaMa's 0.001 is taken.
    """

    feature_matching: float = 30.0
    perceptual: float = 100.0
    total_variation: float = 1.0
    focal_frequency: float = 1.0
