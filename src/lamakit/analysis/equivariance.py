"""Scale equivariance: does a network do the same to a resized image?"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_feature_map, check_positive
from lamakit.images.resizing import resize


def scale_equivariance_error(
    model: Callable[[Tensor], Tensor], x: Tensor, *, scale_factor: float
) -> Tensor:
    """Measure how much it matters whether an image is resized before or after the model.

    The error is ``norm(model(resize(x)) - resize(model(x))) / norm(resize(model(x)))``. It is 0 if
    the model does the same at both scales, and about 1 or more if its outputs have nothing in
    common. Resizing is bilinear with antialiasing. It blurs, so a nonlinear model has a small error
    even if each output pixel depends on one input pixel only. The error is NaN if the output is 0
    everywhere. It is differentiable. Call ``model.eval()`` first.

    Args:
        model: takes (B, C, H, W) and returns (B, C', H', W'), at more than one size.
        x: the images.
        scale_factor: factor from the sides of ``x`` to those of the resized ``x``, above 0. The
            results are rounded to whole pixels, and the model must accept them.

    Shape:
        - x: (B, C, H, W)
        - Output: a scalar, in float32, or in float64 if the model's output is

    Raises:
        ValueError: if ``x`` or an output does not have four dimensions, if ``scale_factor`` is not
            above 0 and finite or leaves no pixel, or if the outputs differ in batch or channels.
        TypeError: if ``x`` or an output is not a floating-point tensor or ``scale_factor`` is not a
            number.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> x = torch.rand(1, 3, 16, 24)
        >>> scale_equivariance_error(lambda x: 1 - x, x, scale_factor=1.5) < 1e-6
        tensor(True)
        >>> scale_equivariance_error(nn.AvgPool2d(3, 1, 1), x, scale_factor=1.5) > 1e-2
        tensor(True)

    Source:
        LaMa, sec. 2.1 and 3.3, names scale equivariance as a reason why Fourier convolutions work
        at resolutions above that of training. The measure itself is lamakit's.
    """
    check_feature_map("x", x)
    check_positive("scale_factor", scale_factor)
    size = (round(x.shape[2] * scale_factor), round(x.shape[3] * scale_factor))
    if 0 in size:
        raise ValueError(
            f"scale_factor={scale_factor} makes {size[0]}x{size[1]} pixels of "
            f"{x.shape[2]}x{x.shape[3]}: give a larger one"
        )
    output = model(x)
    check_feature_map("the model's output", output)
    output_of_resized = model(resize(x, size).to(x.dtype))
    check_feature_map("the model's output at the other scale", output_of_resized)
    if output_of_resized.shape[:2] != output.shape[:2]:
        raise ValueError(
            "the model's outputs must agree in batch and channels at both scales, got "
            f"{tuple(output.shape)} and {tuple(output_of_resized.shape)}"
        )
    resized_output = resize(output, (output_of_resized.shape[2], output_of_resized.shape[3]))
    difference = output_of_resized.to(resized_output.dtype) - resized_output
    error: Tensor = difference.norm() / resized_output.norm()
    return error
