"""How a network takes another scale."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_feature_map
from lamakit.images.resizing import resize

__all__ = ["scale_equivariance_error"]


def scale_equivariance_error(
    model: Callable[[Tensor], Tensor], x: Tensor, *, scale_factor: float
) -> Tensor:
    """How far the model's output at another scale is from its output, brought to that scale.

    That is the norm of ``model(resize(x)) - resize(model(x))`` over the norm of
    ``resize(model(x))``: 0 if the model works alike at both scales, about 1 or more if it does
    not at all. Resizing is bilinear, with antialiasing; it blurs, so a nonlinear model has a small
    error even if it looks at each pixel alone. NaN if the output is 0 throughout. Gradients flow.
    Call ``model.eval()`` first.

    Args:
        model: takes (B, C, H, W) and returns (B, C', H', W'), at more than one size.
        x: the images.
        scale_factor: from the sides of ``x`` to those of the resized ``x``, above 0; these are
            rounded to whole pixels, and the model must accept them.

    Shape:
        - x: (B, C, H, W)
        - Output: a scalar, in float32, or in float64 if the model's output is

    Raises:
        ValueError: if ``x`` or an output has other than four dimensions, if ``scale_factor`` is not
            above 0 or leaves nothing of the image, or if the outputs differ in batch or channels.
        TypeError: if ``x`` or an output is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> x = torch.rand(1, 3, 16, 24)
        >>> scale_equivariance_error(lambda x: 1 - x, x, scale_factor=1.5) < 1e-6
        tensor(True)
        >>> scale_equivariance_error(nn.AvgPool2d(3, 1, 1), x, scale_factor=1.5) > 1e-2
        tensor(True)

    Source:
        LaMa, sec. 2.1 and 3.3, gives scale equivariance as a reason why Fourier convolutions work
        at resolutions above the training's; the measure is ours.
    """
    check_feature_map("x", x)
    if isinstance(scale_factor, bool) or not isinstance(scale_factor, (int, float)):
        raise TypeError(
            f"scale_factor must be a number, got {scale_factor!r} "
            f"of type {type(scale_factor).__name__}"
        )
    if not 0 < scale_factor < math.inf:
        raise ValueError(f"scale_factor must be finite and above 0, got {scale_factor}")
    size = (round(x.shape[2] * scale_factor), round(x.shape[3] * scale_factor))
    if 0 in size:
        raise ValueError(
            f"scale_factor={scale_factor} makes {size[0]}x{size[1]} pixels of "
            f"{x.shape[2]}x{x.shape[3]}: give a larger one"
        )
    output = model(x)
    check_feature_map("the model's output", output)
    found = model(resize(x, size).to(x.dtype))
    check_feature_map("the model's output at the other scale", found)
    if found.shape[:2] != output.shape[:2]:
        raise ValueError(
            "the model's outputs must agree in batch and channels at both scales, got "
            f"{tuple(output.shape)} and {tuple(found.shape)}"
        )
    expected = resize(output, (found.shape[2], found.shape[3]))
    error: Tensor = (found.to(expected.dtype) - expected).norm() / expected.norm()
    return error
