"""The least-squares adversarial loss."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.nested_tensors import NestedTensors, mean_over_scales


def least_squares_loss(logits: NestedTensors, labels: NestedTensors | float) -> Tensor:
    """Return half the mean squared difference between logits and labels.

    Args:
        logits: near 1 where a patch looks real. Half precision is computed in float32.
        labels: 1 for real and 0 for fake: one for all patches, or one for each. A label
            between weighs both: labels * (x - 1)^2 + (1 - labels) * x^2.

    Shape:
        - logits: (B, C, h, w), or any other; or a list of such, one for each scale, of which the
          mean is taken
        - labels: a number, or any shape that broadcasts to that of ``logits``; with a list of
          logits, a number or as many tensors
        - Output: a scalar from 0 up

    Example:
        >>> import torch
        >>> least_squares_loss(torch.tensor([3.0, 1.0]), 1)
        tensor(1.)

    Source:
        Mao et al., "Least Squares Generative Adversarial Networks" (ICCV 2017), eq. 9.
    """
    return mean_over_scales(_least_squares_loss, logits, labels)


def _least_squares_loss(logits: Tensor, labels: Tensor | float) -> Tensor:
    logits = at_least_float32(logits)
    return (labels * (logits - 1).square() + (1 - labels) * logits.square()).mean() / 2


class LeastSquaresLoss(AdversarialLoss):
    """The least-squares adversarial loss: half the squared distance to 1 (real) or 0 (fake).

    Args:
        mask_aware: as in :class:`AdversarialLoss`.
        mask_resize: as in :class:`AdversarialLoss`.

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
    def loss_for_labels(self, logits: Tensor, labels: Tensor | float) -> Tensor:
        return least_squares_loss(logits, labels)
