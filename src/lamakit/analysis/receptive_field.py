"""The effective receptive field: how strongly each input pixel influences one output pixel.

The idea: the gradient of one output pixel with respect to the input says how much that pixel
changes when an input pixel changes a little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map, check_fraction
from lamakit._dtypes import at_least_float32


def effective_receptive_field(
    model: Callable[[Tensor], Tensor], x: Tensor, *, position: tuple[int, int] | None = None
) -> Tensor:
    """Return how strongly each input pixel influences the output pixel at ``position``.

    The field is the absolute gradient of the output pixel, summed over its channels, with respect
    to the input. It is averaged over the batch and the input channels, and divided by its sum. The
    gradient depends on the input, so give a batch of several images, for example random ones.
    Parameters, their ``grad`` and the model's mode stay as they are. The function also works inside
    ``torch.no_grad()`` and ``torch.inference_mode()``.

    Call ``model.eval()`` first: in training mode, batch normalisation lets every pixel influence
    every other, and updates its statistics. Channels whose sum is constant, such as those of a
    softmax, have no gradient: give a function that returns one of them.

    Args:
        model: takes (B, C, H, W) and returns (B, C', H', W'), of any size.
        x: the images at which the gradient is computed. They are not changed.
        position: row and column of the output pixel, counted from the top left; None for the
            centre of the output, (H' // 2, W' // 2).

    Shape:
        - x: (B, C, H, W)
        - Output: (H, W), with sum 1, in float32, or in float64 if ``x`` is; NaN everywhere if no
          input pixel influences the output pixel

    Raises:
        ValueError: if ``x`` or the output does not have four dimensions, if ``position`` lies
            outside the output, or if the output has no gradient with respect to ``x``.
        TypeError: if ``x`` or the output is not a floating-point tensor or ``position`` is not a
            pair of integers.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1))
        >>> field = effective_receptive_field(model, torch.randn(4, 3, 15, 15))
        >>> field.shape, int((field > 0).sum())
        (torch.Size([15, 15]), 25)

    Source:
        Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural
        Networks" (NeurIPS 2016), sec. 2 and 3. Difference: absolute values; sums over the output
        channels.
    """
    check_feature_map("x", x)
    # A gradient inside inference mode needs both contexts. The model gets a clone of the leaf,
    # because autograd does not allow a leaf to be modified in place.
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        output = model(leaf.clone())
        check_feature_map("the model's output", output)
        row, column = _check_position(position, (output.shape[2], output.shape[3]))
        total = output[:, :, row, column].sum()
        gradient = (
            torch.autograd.grad(total, leaf, allow_unused=True)[0] if total.requires_grad else None
        )
    if gradient is None:
        raise ValueError(
            "the model's output has no gradient on x: the model must be differentiable and must "
            "not detach x or work under torch.no_grad()"
        )
    field = at_least_float32(gradient).abs().mean(dim=(0, 1))
    return field / field.sum()


def receptive_field_radius(field: Tensor, *, share: float = 0.95) -> Tensor:
    """Return the radius of the circle around the field's centre of mass that holds a share of it.

    The circle grows from the centre of mass, pixel by pixel, until the pixels inside hold the share
    of the field's sum. The radius is the Euclidean distance in pixels from the centre of mass to
    the centre of the last pixel added.

    Args:
        field: the output of :func:`effective_receptive_field`, or any field without negative
            values.
        share: share of the field's sum inside the circle, from 0 to 1.

    Shape:
        - field: (H, W)
        - Output: a scalar, on the field's device

    Raises:
        ValueError: if the field does not have two dimensions or ``share`` lies outside [0, 1].
        TypeError: if the field is not a floating-point tensor.

    Example:
        >>> import torch
        >>> field = torch.zeros(9, 9)
        >>> field[4, 1:8] = 1
        >>> receptive_field_radius(field, share=0.9)
        tensor(3.)
        >>> receptive_field_radius(field, share=0.5)
        tensor(2.)
    """
    if not isinstance(field, Tensor):
        raise TypeError(f"field must be a torch.Tensor, got {type(field).__name__}")
    if not field.is_floating_point():
        raise TypeError(f"field must be a floating-point tensor, got {field.dtype}")
    if field.ndim != 2 or not field.numel():
        raise ValueError(f"field must have shape (H, W), got {tuple(field.shape)}")
    check_fraction("share", share)
    field = at_least_float32(field)
    field = field / field.sum()
    rows, columns = (
        torch.arange(side, dtype=field.dtype, device=field.device) for side in field.shape
    )
    down = rows - (field.sum(dim=1) * rows).sum()
    right = columns - (field.sum(dim=0) * columns).sum()
    distances, order = torch.hypot(down[:, None], right).flatten().sort()
    # Sums start at the farthest pixel and go inwards. Far pixels have small values, which rounding
    # would lose if they were added to the large sum of the near ones.
    from_here = field.flatten()[order].flip(0).cumsum(dim=0).flip(0)
    beyond = torch.cat([from_here[1:], from_here.new_zeros(1)])
    return distances[(beyond <= (1 - share) * from_here[0]).int().argmax()]


def receptive_field_growth(
    stages: Iterable[Callable[[Tensor], Tensor]], x: Tensor, *, share: float = 0.95
) -> Tensor:
    """Return the radius of the receptive field after one stage, after two stages, and so on.

    Entry i belongs to the centre pixel of the output after stages 0 to i: it is the radius of that
    pixel's :func:`effective_receptive_field` in pixels of the input. It cannot exceed the image.

    Args:
        stages: callables that run one after another: an ``nn.Sequential``, or
            ``[*model.front, *model.rear]`` of a generator. Call ``.eval()`` first.
        x: the images at which the gradients are computed.
        share: passed to :func:`receptive_field_radius`.

    Shape:
        - x: (B, C, H, W)
        - Output: (number of stages,)

    Raises:
        ValueError: if there are no stages, and as :func:`effective_receptive_field` does.
        TypeError: as :func:`effective_receptive_field` does.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> stages = nn.Sequential(*(nn.AvgPool2d(3, 1, 1) for _ in range(3)))
        >>> receptive_field_growth(stages, torch.rand(1, 1, 15, 15), share=1)
        tensor([1.4142, 2.8284, 4.2426])

    Source:
        Luo et al. (NeurIPS 2016), sec. 3. Difference: the circle holds a share of the field's sum,
        where the paper counts the pixels above a share of its largest value.
    """
    stages = list(stages)
    check_at_least("the number of stages", len(stages), 1)

    def first_stages(depth: int) -> Callable[[Tensor], Tensor]:
        return lambda y: reduce(lambda value, stage: stage(value), stages[:depth], y)

    depths = range(1, len(stages) + 1)
    fields = (effective_receptive_field(first_stages(depth), x) for depth in depths)
    return torch.stack([receptive_field_radius(field, share=share) for field in fields])


def _check_position(position: object, size: tuple[int, int]) -> tuple[int, int]:
    """Return ``position``, by default the centre; raise unless an output of that size has it."""
    if position is None:
        return size[0] // 2, size[1] // 2
    if not isinstance(position, (tuple, list)) or len(position) != 2:
        raise TypeError(f"position must be a pair (row, column), got {position!r}")
    for name, index, side in zip(("row", "column"), position, size, strict=True):
        check_at_least(f"position's {name}", index, 0)
        if index >= side:
            raise ValueError(
                f"position's {name} must be below {side} in an output of {size[0]}x{size[1]}, "
                f"got {index}; it counts output pixels"
            )
    row, column = position
    return row, column
