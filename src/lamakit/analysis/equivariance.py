"""Equivariance: does a network do the same to an image that is resized or shifted?"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map, check_positive
from lamakit._dtypes import at_least_float32
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


def shift_equivariance_error(
    model: Callable[[Tensor], Tensor], x: Tensor, *, shift: tuple[int, int]
) -> Tensor:
    """Measure how much it matters where in the image a pixel lies.

    The model gets two windows of each image: one from the top left, and one from ``shift`` rows
    further down and columns further right. The error is ``norm(a - b) / norm(b)`` for the outputs a
    and b at the pixels that lie in both windows. It is 0 if the model does the same everywhere. It
    is above 0 if the shift is no multiple of the model's strides, and where the borders of the
    windows count, as in Fourier convolutions and padding. It is NaN if the output is 0 everywhere,
    and differentiable. Call ``model.eval()`` first.

    Args:
        model: takes (B, C, H, W) and returns (B, C', H, W).
        x: the images.
        shift: rows and columns between the windows, each from 0 up. The windows have the sides of
            ``x`` less these, and the model must accept them. Twice the shift must be smaller than
            the image.

    Shape:
        - x: (B, C, H, W)
        - Output: a scalar, in float32, or in float64 if the model's output is

    Raises:
        ValueError: if ``x`` or an output does not have four dimensions, if ``shift`` is out of
            range, or if the output has other sides than the input.
        TypeError: if ``x`` or an output is not a floating-point tensor or ``shift`` not integers.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> x = torch.rand(1, 3, 17, 25)
        >>> shift_equivariance_error(nn.Conv2d(3, 3, 1), x, shift=(1, 1)) < 1e-6
        tensor(True)
        >>> blocks = nn.Sequential(nn.AvgPool2d(2), nn.Upsample(scale_factor=2))
        >>> shift_equivariance_error(blocks, x, shift=(1, 1)) > 1e-2
        tensor(True)

    Source:
        Zhang, "Making Convolutional Networks Shift-Invariant Again" (ICML 2019), sec. 3.1, defines
        shift equivariance. The measure itself is lamakit's.
    """
    check_feature_map("x", x)
    rows, columns = shift
    check_at_least("shift[0]", rows, 0)
    check_at_least("shift[1]", columns, 0)
    height, width = x.shape[2] - rows, x.shape[3] - columns
    if height <= rows or width <= columns:
        raise ValueError(
            f"shift={shift} leaves no pixel in both windows of {x.shape[2]}x{x.shape[3]}: give a "
            "smaller one"
        )
    outputs = []
    for window in (x[..., :height, :width], x[..., rows:, columns:]):
        output = model(window.contiguous())
        check_feature_map("the model's output", output)
        if output.shape[2:] != window.shape[2:]:
            raise ValueError(
                "the model's output must have the sides of its input, "
                f"{height}x{width}, got {output.shape[2]}x{output.shape[3]}"
            )
        outputs.append(at_least_float32(output))
    first, second = outputs
    expected = second[..., : height - rows, : width - columns]
    error: Tensor = (first[..., rows:, columns:] - expected).norm() / expected.norm()
    return error
