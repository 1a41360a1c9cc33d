"""The boundary gradient loss: how visible the edge of the hole is in a filled image."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_image_and_mask, check_one_of
from lamakit._dtypes import at_least_float32
from lamakit.losses.argument_order import check_mask_comes_last
from lamakit.losses.loss_module import LossModule
from lamakit.losses.reduction import REDUCTIONS, Reduction, masked_mean
from lamakit.losses.total_variation import squared_gradient_unchecked


def boundary_gradient_loss(
    prediction: Tensor, mask: Tensor, *, reduction: Reduction = "sum"
) -> Tensor:
    """Return the squared gradient dx^2 + dy^2 of a filled image along the hole's boundary.

    A pixel lies on the boundary if the 3x3 pixels around it hold both missing and known pixels.
    dx and dy are the forward differences of :func:`total_variation_loss`.

    Args:
        prediction: the filled image.
        mask: 1 where a pixel was missing, 0 where it was known.
        reduction: ``"sum"`` over the boundary's pixels and channels, or their ``"mean"``; both are
            0 where there is no boundary.

    Shape:
        - prediction: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes or devices do not fit, or ``reduction`` is unknown.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> prediction, mask = torch.zeros(1, 1, 1, 6), torch.zeros(1, 1, 1, 6)
        >>> prediction[..., 3:], mask[..., 3:] = 0.5, 1
        >>> boundary_gradient_loss(prediction, mask)
        tensor(0.2500)

    Source:
        The report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions"
        (Srir et al., 2023), sec. 3. It does not say which pixels are the boundary.
    """
    check_mask_comes_last(mask, prediction=prediction)
    check_image_and_mask(prediction, mask, image_name="prediction")
    check_one_of("reduction", reduction, REDUCTIONS)
    mask = at_least_float32(mask)
    # 1 where the largest mask value around a pixel is 1 (one is missing) and the smallest 0.
    boundary = F.max_pool2d(mask, 3, 1, 1) + F.max_pool2d(1 - mask, 3, 1, 1) - 1
    squared = squared_gradient_unchecked(prediction)
    if reduction == "mean":
        return masked_mean(squared, boundary)
    return (squared * boundary).sum()


class BoundaryGradientLoss(LossModule):
    """The squared gradient of a filled image along the hole's boundary.

    Called with prediction and mask it returns :func:`boundary_gradient_loss`.

    Args:
        reduction: ``"sum"`` over the boundary's pixels and channels, or their ``"mean"``.

    Shape:
        As :func:`boundary_gradient_loss`.

    Raises:
        ValueError: if ``reduction`` is unknown, or the shapes do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> BoundaryGradientLoss()(torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16))
        tensor(0.)

    Source:
        As :func:`boundary_gradient_loss`.
    """

    def __init__(self, *, reduction: Reduction = "sum") -> None:
        super().__init__()
        check_one_of("reduction", reduction, REDUCTIONS)
        self.reduction: Reduction = reduction

    @override
    def forward(self, prediction: Tensor, mask: Tensor) -> Tensor:
        return boundary_gradient_loss(prediction, mask, reduction=self.reduction)
