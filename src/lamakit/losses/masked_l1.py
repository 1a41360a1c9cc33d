"""The masked L1 loss: the absolute difference of pixels, with a weight for each region."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_non_negative
from lamakit._dtypes import at_least_float32
from lamakit.losses.argument_order import check_prediction_target_mask
from lamakit.losses.loss_module import LossModule
from lamakit.losses.reduction import masked_mean


def masked_l1_loss(
    prediction: Tensor,
    target: Tensor,
    mask: Tensor,
    *,
    weight_known: float = 10.0,
    weight_missing: float = 0.0,
    per_region: bool = False,
) -> Tensor:
    """Return the mean absolute difference, with a weight for known and one for missing pixels.

    In a formula::

        loss = mean(|prediction - target| * (weight_known * (1 - mask) + weight_missing * mask))

    For images in [0, 1] it lies between 0 and the larger weight; with ``per_region``, between 0 and
    the sum of the weights. An empty region adds 0.

    Args:
        prediction: the network's raw output.
        target: the true image.
        mask: 1 where a pixel is missing, 0 where it is known.
        weight_known: factor of known pixels, from 0 up.
        weight_missing: factor of missing pixels, from 0 up.
        per_region: whether each region is averaged over its own pixels instead of the whole image,
            so that a small hole counts as much as a large one.

    Shape:
        - prediction, target: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar

    Raises:
        ValueError: if the shapes or devices do not fit, or a weight is negative.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> target, mask = torch.zeros(1, 3, 1, 4), torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
        >>> masked_l1_loss(target + 0.5, target, mask, weight_known=1)
        tensor(0.3750)
        >>> masked_l1_loss(target + 0.5, target, mask, weight_known=1, per_region=True)
        tensor(0.5000)

    Source:
        LaMa's released code, with 10 and 0 (the paper's eq. 5 has no such term); GLaMa,
        eq. 1, which prints the norm, not the mean. ``per_region`` is lamakit's.
    """
    check_prediction_target_mask(prediction, target, mask)
    check_non_negative("weight_known", weight_known)
    check_non_negative("weight_missing", weight_missing)
    if not per_region:
        return masked_l1_unchecked(prediction, target, mask, weight_known, weight_missing)
    prediction, target, mask = map(at_least_float32, (prediction, target, mask))
    error = (prediction - target).abs()
    known, missing = masked_mean(error, 1 - mask), masked_mean(error, mask)
    return weight_known * known + weight_missing * missing


def masked_l1_unchecked(
    prediction: Tensor, target: Tensor, mask: Tensor, weight_known: float, weight_missing: float
) -> Tensor:
    """Return :func:`masked_l1_loss` over the whole image, without checks."""
    prediction, target, mask = map(at_least_float32, (prediction, target, mask))
    weight = weight_known * (1 - mask) + weight_missing * mask
    return ((prediction - target).abs() * weight).mean()


class MaskedL1Loss(LossModule):
    """The mean absolute difference, with a weight for known and one for missing pixels.

    Called with prediction, target and mask it returns :func:`masked_l1_loss`.

    Args:
        weight_known: factor of known pixels, from 0 up.
        weight_missing: factor of missing pixels, from 0 up.
        per_region: whether each region is averaged over its own pixels.

    Shape:
        As :func:`masked_l1_loss`.

    Raises:
        ValueError: if a weight is negative, or the shapes do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> prediction, target = torch.ones(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
        >>> MaskedL1Loss()(prediction, target, torch.zeros(1, 1, 8, 8))
        tensor(10.)

    Source:
        As :func:`masked_l1_loss`.
    """

    def __init__(
        self, *, weight_known: float = 10.0, weight_missing: float = 0.0, per_region: bool = False
    ) -> None:
        super().__init__()
        check_non_negative("weight_known", weight_known)
        check_non_negative("weight_missing", weight_missing)
        self.weight_known = weight_known
        self.weight_missing = weight_missing
        self.per_region = per_region

    @override
    def forward(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return masked_l1_loss(
            prediction,
            target,
            mask,
            weight_known=self.weight_known,
            weight_missing=self.weight_missing,
            per_region=self.per_region,
        )
