"""The hinge adversarial loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss


def hinge_loss(logits: Tensor, labels: Tensor | float) -> Tensor:
    """Return the mean of max(0, 1 - x) over real logits x and of max(0, 1 + x) over fake ones.

    Args:
        logits: above 0 where a patch looks real. Half precision is computed in float32.
        labels: 1 for real and 0 for fake: one for all patches, or one for each.

    Shape:
        - logits: (B, C, h, w), or any other
        - labels: a number, or any shape that broadcasts to that of ``logits``
        - Output: a scalar from 0 up; 1 for logits of 0

    Example:
        >>> import torch
        >>> hinge_loss(torch.tensor([3.0, -1.0]), 1)
        tensor(1.)

    Source:
        Lim and Ye, "Geometric GAN" (2017).
    """
    logits = at_least_float32(logits)
    return (labels * F.relu(1 - logits) + (1 - labels) * F.relu(1 + logits)).mean()


class HingeLoss(AdversarialLoss):
    """The hinge loss; the generator's is minus the mean logit.

    Args:
        mask_aware: as in :class:`AdversarialLoss`.
        mask_resize: as in :class:`AdversarialLoss`.

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
    def loss_for_labels(self, logits: Tensor, labels: Tensor | float) -> Tensor:
        return hinge_loss(logits, labels)

    @override
    def generator_loss(self, fake_logits: Tensor, mask: Tensor | None = None) -> Tensor:
        return -at_least_float32(fake_logits).mean()
