"""The least-squares adversarial loss."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss

__all__ = ["LeastSquaresLoss", "least_squares_loss"]


def least_squares_loss(logits: Tensor, real: Tensor | float) -> Tensor:
    """Half the mean squared distance of the logits from their label: from 1 if real, 0 if fake.

    Args:
        logits: near 1 where a patch looks real. Half precision is computed in float32.
        real: the label, 1 for real and 0 for fake, of all patches or of each.

    Shape:
        - logits: (B, C, h, w), or any other
        - real: a number, or any shape that broadcasts to that of ``logits``
        - Output: a scalar from 0 up

    Example:
        >>> import torch
        >>> least_squares_loss(torch.tensor([3.0, 1.0]), 1)
        tensor(1.)

    Source:
        Mao et al., "Least Squares Generative Adversarial Networks" (ICCV 2017), eq. 9.
    """
    logits = at_least_float32(logits)
    return (real * (logits - 1).square() + (1 - real) * logits.square()).mean() / 2


class LeastSquaresLoss(AdversarialLoss):
    """The least-squares loss of :func:`least_squares_loss`.

    Args:
        mask_aware: whether a mask makes known patches of a filled image count as real.
        mask_resize: how the mask gets the logits' size; see :func:`resize_mask`.

    Raises:
        ValueError: if ``mask_resize`` is unknown.

    Example:
        >>> import torch
        >>> LeastSquaresLoss().generator_loss(torch.zeros(2, 1, 4, 4))
        tensor(0.5000)

    Source:
        Mao et al., "Least Squares Generative Adversarial Networks" (ICCV 2017), eq. 9.
    """

    @override
    def compare(self, logits: Tensor, real: Tensor | float) -> Tensor:
        return least_squares_loss(logits, real)
