"""The non-saturating adversarial loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss

__all__ = ["NonSaturatingLoss", "non_saturating_loss"]


def non_saturating_loss(logits: Tensor, real: Tensor | float) -> Tensor:
    """The mean logistic loss of the logits for labels: softplus(-x) if real, softplus(x) if fake.

    Args:
        logits: above 0 where a patch looks real. Half precision is computed in float32.
        real: the label, 1 for real and 0 for fake, of all patches or of each.

    Shape:
        - logits: (B, C, h, w), or any other
        - real: a number, or any shape that broadcasts to that of ``logits``
        - Output: a scalar from 0 up; log 2 for logits of 0

    Example:
        >>> import torch
        >>> non_saturating_loss(torch.zeros(1, 1, 4, 4), 1)
        tensor(0.6931)

    Source:
        Goodfellow et al., "Generative Adversarial Nets" (NeurIPS 2014), sec. 3; LaMa, eq. 2-3.
    """
    logits = at_least_float32(logits)
    return (real * F.softplus(-logits) + (1 - real) * F.softplus(logits)).mean()


class NonSaturatingLoss(AdversarialLoss):
    """The non-saturating loss of :func:`non_saturating_loss`: LaMa's.

    Args:
        mask_aware: whether a mask makes known patches of a filled image count as real.
        mask_resize: ``"nearest"`` as LaMa's released code, or ``"max"`` as its paper; see
            :func:`resize_mask`.

    Raises:
        ValueError: if ``mask_resize`` is unknown.

    Example:
        >>> import torch
        >>> loss = NonSaturatingLoss()
        >>> real_logits, fake_logits = torch.full((2, 1, 4, 4), 5.0), torch.full((2, 1, 4, 4), 5.0)
        >>> loss.discriminator_loss(real_logits, fake_logits, mask=torch.zeros(2, 1, 64, 64))
        tensor(0.0134)
        >>> loss.discriminator_loss(real_logits, fake_logits, mask=torch.ones(2, 1, 64, 64))
        tensor(5.0134)
        >>> loss.generator_loss(fake_logits)
        tensor(0.0067)

    Source:
        LaMa, sec. 2.2.2. By name its m is the mask of unknown pixels, but in "x ⊙ m" and in eq. 2
        it is 1 where a pixel is known; this is the text's way, and GLaMa's eq. 3.
    """

    @override
    def compare(self, logits: Tensor, real: Tensor | float) -> Tensor:
        return non_saturating_loss(logits, real)
