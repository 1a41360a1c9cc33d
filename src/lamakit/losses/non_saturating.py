"""The non-saturating adversarial loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.nested_tensors import NestedTensors, mean_over_scales


def non_saturating_loss(logits: NestedTensors, labels: NestedTensors | float) -> Tensor:
    """Return the mean of softplus(-x) over real logits x and of softplus(x) over fake ones.

    Args:
        logits: above 0 where a patch looks real. Half precision is computed in float32.
        labels: 1 for real and 0 for fake: one for all patches, or one for each.

    Shape:
        - logits: (B, C, h, w), or any other; or a list of such, one for each scale, of which the
          mean is taken
        - labels: a number, or any shape that broadcasts to that of ``logits``; with a list of
          logits, a number or as many tensors
        - Output: a scalar from 0 up; log 2 for logits of 0

    Example:
        >>> import torch
        >>> non_saturating_loss(torch.zeros(1, 1, 4, 4), 1)
        tensor(0.6931)

    Source:
        Goodfellow et al., "Generative Adversarial Nets" (NeurIPS 2014), sec. 3; LaMa, eq. 2-3.
    """
    return mean_over_scales(_non_saturating_loss, logits, labels)


def _non_saturating_loss(logits: Tensor, labels: Tensor | float) -> Tensor:
    logits = at_least_float32(logits)
    return (labels * F.softplus(-logits) + (1 - labels) * F.softplus(logits)).mean()


class NonSaturatingLoss(AdversarialLoss):
    """The non-saturating adversarial loss, LaMa's.

    Args:
        mask_aware: as in :class:`AdversarialLoss`.
        mask_resize: ``"nearest"`` as in LaMa's released code, or ``"max"`` as in its paper; see
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
        LaMa, sec. 2.2.2. Its text calls patches in the hole fake, and so does this loss, as
        GLaMa's eq. 3 does. Its eq. 2 prints the mask m the other way round: the paper names m the
        mask of unknown pixels, but in "x ⊙ m" and in eq. 2 it is 1 where a pixel is known.
    """

    @override
    def loss_for_labels(self, logits: Tensor, labels: Tensor | float) -> Tensor:
        return non_saturating_loss(logits, labels)
