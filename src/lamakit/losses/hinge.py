"""The hinge adversarial loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss

__all__ = ["HingeLoss", "hinge_loss"]


def hinge_loss(logits: Tensor, real: Tensor | float) -> Tensor:
    """The mean hinge loss of the logits for labels: max(0, 1 - x) if real, max(0, 1 + x) if fake.

    Args:
        logits: above 0 where a patch looks real. Half precision is computed in float32.
        real: the label, 1 for real and 0 for fake, of all patches or of each.

    Shape:
        - logits: (B, C, h, w), or any other
        - real: a number, or any shape that broadcasts to that of ``logits``
        - Output: a scalar from 0 up; 1 for logits of 0

    Example:
        >>> import torch
        >>> hinge_loss(torch.tensor([3.0, -1.0]), 1)
        tensor(1.)

    Source:
        Lim and Ye, "Geometric GAN" (2017).
    """
    logits = at_least_float32(logits)
    return (real * F.relu(1 - logits) + (1 - real) * F.relu(1 + logits)).mean()


class HingeLoss(AdversarialLoss):
    """The hinge loss of :func:`hinge_loss`; the generator's is the mean logit, negated.

    Args:
        mask_aware: whether a mask makes known patches of a filled image count as real.
        mask_resize: how the mask gets the logits' size; see :func:`resize_mask`.

    Raises:
        ValueError: if ``mask_resize`` is unknown.

    Example:
        >>> import torch
        >>> HingeLoss().generator_loss(torch.full((2, 1, 4, 4), 0.5))
        tensor(-0.5000)

    Source:
        Lim and Ye, "Geometric GAN" (2017).
    """

    @override
    def compare(self, logits: Tensor, real: Tensor | float) -> Tensor:
        return hinge_loss(logits, real)

    @override
    def generator_loss(self, fake_logits: Tensor, mask: Tensor | None = None) -> Tensor:
        return -at_least_float32(fake_logits).mean()
