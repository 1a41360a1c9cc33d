"""The seam of a filled image: its gradient along the hole's boundary."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_image_and_mask, check_one_of
from lamakit._dtypes import at_least_float32
from lamakit.losses.reduction import REDUCTIONS, Reduction, masked_mean
from lamakit.losses.total_variation import squared_gradient

__all__ = ["BoundaryGradientLoss", "boundary_gradient_loss"]


def boundary_gradient_loss(image: Tensor, mask: Tensor, *, reduction: Reduction = "sum") -> Tensor:
    """The squared gradient of the image along the hole's boundary: how visible its seam is.

    A pixel lies on the boundary if the 3x3 pixels around it hold both missing and known ones, so
    both sides of every seam do. The gradient is that of :func:`total_variation_loss`.

    Args:
        image: the filled image.
        mask: 1 where a pixel was missing, 0 where it was known.
        reduction: the ``"sum"`` over the boundary's pixels and channels, or their ``"mean"``; both
            are 0 where there is no boundary.

    Shape:
        - image: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes or devices do not fit, or ``reduction`` is unknown.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.zeros(1, 1, 1, 6), torch.zeros(1, 1, 1, 6)
        >>> image[..., 3:], mask[..., 3:] = 0.5, 1
        >>> boundary_gradient_loss(image, mask)
        tensor(0.2500)

    Source:
        The report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions"
        (Srir et al., 2023), sec. 3. It does not say which pixels are the boundary.
    """
    check_image_and_mask(image, mask)
    check_one_of("reduction", reduction, REDUCTIONS)
    mask = at_least_float32(mask)
    boundary = F.max_pool2d(mask, 3, 1, 1) + F.max_pool2d(1 - mask, 3, 1, 1) - 1
    squared = squared_gradient(image)
    if reduction == "mean":
        return masked_mean(squared, boundary)
    return (squared * boundary).sum()


class BoundaryGradientLoss(nn.Module):
    """The squared gradient of a filled image along the hole's boundary.

    Called with image and mask it returns what :func:`boundary_gradient_loss` does.

    Args:
        reduction: the ``"sum"`` over the boundary's pixels and channels, or their ``"mean"``.

    Shape:
        - image: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

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
    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"

    @override
    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return boundary_gradient_loss(image, mask, reduction=self.reduction)
