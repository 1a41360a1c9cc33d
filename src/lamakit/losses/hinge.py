"""The hinge adversarial loss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.nested_tensors import NestedTensors, flatten_logits, mean_over_scales


def hinge_loss(logits: NestedTensors, labels: NestedTensors | float) -> Tensor:
    """Return the mean of max(0, 1 - x) over real logits x and of max(0, 1 + x) over fake ones.

    Args:
        logits: above 0 where a patch looks real. Half precision is computed in float32.
        labels: 1 for real and 0 for fake: one for all patches, or one for each.

    Shape:
        - logits: (B, C, h, w), or any other; or a list of such, one for each scale, of which the
          mean is taken
        - labels: a number, or any shape that broadcasts to that of ``logits``; with a list of
          logits, a number or as many tensors
        - Output: a scalar from 0 up; 1 for logits of 0

    Example:
        >>> import torch
        >>> hinge_loss(torch.tensor([3.0, -1.0]), 1)
        tensor(1.)

    Source:
        Lim and Ye, "Geometric GAN" (2017).
    """
    return mean_over_scales(_hinge_loss, logits, labels)


def _hinge_loss(logits: Tensor, labels: Tensor | float) -> Tensor:
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
    def generator_loss(self, fake_logits: NestedTensors, mask: Tensor | None = None) -> Tensor:
        means = [
            x.mean() for x in map(at_least_float32, flatten_logits("fake_logits", fake_logits))
        ]
        return -torch.stack(means).mean()
