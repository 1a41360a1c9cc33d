"""Losses of logits for labels between fake and real."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from lamakit._tensors import at_least_float32

__all__ = ["hinge", "least_squares", "non_saturating"]


def non_saturating(logits: Tensor, real: Tensor | float) -> Tensor:
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
        >>> non_saturating(torch.zeros(1, 1, 4, 4), 1)
        tensor(0.6931)

    Source:
        Goodfellow et al., "Generative Adversarial Nets" (NeurIPS 2014), sec. 3; LaMa, eq. 2-3.
    """
    logits = at_least_float32(logits)
    return (real * F.softplus(-logits) + (1 - real) * F.softplus(logits)).mean()


def hinge(logits: Tensor, real: Tensor | float) -> Tensor:
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
        >>> hinge(torch.tensor([3.0, -1.0]), 1)
        tensor(1.)

    Source:
        Lim and Ye, "Geometric GAN" (2017).
    """
    logits = at_least_float32(logits)
    return (real * F.relu(1 - logits) + (1 - real) * F.relu(1 + logits)).mean()


def least_squares(logits: Tensor, real: Tensor | float) -> Tensor:
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
        >>> least_squares(torch.tensor([3.0, 1.0]), 1)
        tensor(1.)

    Source:
        Mao et al., "Least Squares Generative Adversarial Networks" (ICCV 2017), eq. 9.
    """
    logits = at_least_float32(logits)
    return (real * (logits - 1).square() + (1 - real) * logits.square()).mean() / 2
