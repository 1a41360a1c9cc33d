"""The total variation loss: how much neighbouring pixels differ."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_feature_map, check_one_of
from lamakit._dtypes import at_least_float32
from lamakit.losses.loss_module import LossModule
from lamakit.losses.reduction import REDUCTIONS, Reduction, reduce


def total_variation_loss(
    prediction: Tensor, *, beta: float = 2.0, reduction: Reduction = "mean"
) -> Tensor:
    """Return the mean or the sum of (dx^2 + dy^2)^(beta / 2) over pixels and channels.

    dx is the difference to the next pixel on the right, dy to the next one below; both are 0 across
    the image's border. Where dx = dy = 0 the gradient is 0, for every ``beta``.

    Args:
        prediction: the image.
        beta: the power, above 0: 2 for squared differences, 1 for their Euclidean length.
        reduction: ``"mean"`` over all entries, or their ``"sum"``.

    Shape:
        - Input: (B, C, H, W)
        - Output: a scalar from 0 up; of an image in [0, 1], the mean is at most 2^(beta / 2)

    Raises:
        ValueError: if the image has other than four dimensions, or an argument is out of range.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> steps = torch.tensor([[[[0.0, 1.0, 3.0]]]])
        >>> total_variation_loss(steps, reduction="sum")
        tensor(5.)
        >>> total_variation_loss(steps, beta=1, reduction="sum")
        tensor(3.)

    Source:
        GLaMa, eq. 10; Mahendran and Vedaldi, "Understanding Deep Image Representations by Inverting
        Them" (CVPR 2015), sec. 2. Both print the sum, which grows with the image.
    """
    check_feature_map("prediction", prediction)
    _check_beta(beta)
    check_one_of("reduction", reduction, REDUCTIONS)
    squared = squared_gradient_unchecked(prediction)
    if beta == 2:
        return reduce(squared, reduction)
    flat = squared == 0  # powers below 1 have no finite slope there
    powers = squared.masked_fill(flat, 1) ** (beta / 2)
    return reduce(powers.masked_fill(flat, 0), reduction)


class TotalVariationLoss(LossModule):
    """The mean or the sum of (dx^2 + dy^2)^(beta / 2) over the pixels of an image.

    Called with an image it returns :func:`total_variation_loss`.

    Args:
        beta: the power, above 0: 2 for squared differences, 1 for their Euclidean length.
        reduction: ``"mean"`` over all entries, or their ``"sum"``.

    Shape:
        As :func:`total_variation_loss`.

    Raises:
        ValueError: if an argument is out of range, or the image has other than four dimensions.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> TotalVariationLoss()(torch.full((1, 3, 16, 16), 0.5))
        tensor(0.)

    Source:
        As :func:`total_variation_loss`.
    """

    def __init__(self, *, beta: float = 2.0, reduction: Reduction = "mean") -> None:
        super().__init__()
        _check_beta(beta)
        check_one_of("reduction", reduction, REDUCTIONS)
        self.beta = beta
        self.reduction: Reduction = reduction

    @override
    def forward(self, prediction: Tensor) -> Tensor:
        return total_variation_loss(prediction, beta=self.beta, reduction=self.reduction)


def squared_gradient_unchecked(image: Tensor) -> Tensor:
    """Return dx^2 + dy^2 by forward differences, 0 across the border, without checks."""
    image = at_least_float32(image)
    across = F.pad(torch.diff(image, dim=3).square(), (0, 1, 0, 0))
    down = F.pad(torch.diff(image, dim=2).square(), (0, 0, 0, 1))
    return across + down


def _check_beta(beta: float) -> None:
    if not (math.isfinite(beta) and beta > 0):
        raise ValueError(f"beta must be finite and above 0, got {beta}")
