"""The effective receptive field: which input pixels move one output pixel, and how strongly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map, check_fraction
from lamakit._dtypes import at_least_float32

__all__ = ["effective_receptive_field", "receptive_field_growth", "receptive_field_radius"]


def effective_receptive_field(
    model: Callable[[Tensor], Tensor], x: Tensor, *, position: tuple[int, int] | None = None
) -> Tensor:
    """How strongly each input pixel moves the output pixel at ``position``; the sum is 1.

    That is the absolute gradient of the output pixel, summed over its channels, on the input,
    averaged over batch and input channels. A field belongs to its input: average over several, as
    a batch of random images does. Parameters, their ``grad`` and the model's mode stay as they are,
    and a surrounding ``torch.no_grad()`` or ``torch.inference_mode()`` does no harm.

    Call ``model.eval()`` first: batch normalisation in training mode makes every pixel move every
    other, and updates its statistics. Channels whose sum is constant, such as a softmax's, have no
    gradient: give a function that picks one.

    Args:
        model: takes (B, C, H, W) and returns (B, C', H', W'), at any scale.
        x: the images at which the gradient is taken; nothing is written to it.
        position: row and column of the output pixel, from the top left; None for its centre,
            (H' // 2, W' // 2).

    Shape:
        - x: (B, C, H, W)
        - Output: (H, W), in float32, or in float64 if ``x`` is; NaN throughout if no input pixel
          moves the output pixel at all

    Raises:
        ValueError: if ``x`` or the output has other than four dimensions, if ``position`` lies
            outside the output, or if the output has no gradient on ``x``.
        TypeError: if ``x`` or the output is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1))
        >>> field = effective_receptive_field(model, torch.randn(4, 3, 15, 15))
        >>> field.shape, int((field > 0).sum())
        (torch.Size([15, 15]), 25)

    Source:
        Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural
        Networks" (NeurIPS 2016), sec. 2 and 3. Difference: absolute values, summed over the
        channels.
    """
    check_feature_map("x", x)
    # Leaving inference mode takes both; the clone is no leaf, so the model may work in place.
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
    """The radius in pixels of the circle around the field's centre that holds a share of it.

    The centre is the field's centre of mass, so strides and borders need no care. The radius is the
    Euclidean distance from there to the centre of the farthest pixel that is needed, when pixels
    are taken from the nearest on until they hold the share.

    Args:
        field: what :func:`effective_receptive_field` gives, or any that is nowhere negative.
        share: how much of the field's sum the circle holds, from 0 to 1.

    Shape:
        - field: (H, W)
        - Output: a scalar, on the field's device

    Raises:
        ValueError: if the field has other than two dimensions or ``share`` lies outside [0, 1].
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
    # Summed from the far end, so that what is small and far away is not lost beside the rest.
    from_here = field.flatten()[order].flip(0).cumsum(dim=0).flip(0)
    beyond = torch.cat([from_here[1:], from_here.new_zeros(1)])
    return distances[(beyond <= (1 - share) * from_here[0]).int().argmax()]


def receptive_field_growth(
    stages: Iterable[Callable[[Tensor], Tensor]], x: Tensor, *, share: float = 0.95
) -> Tensor:
    """The receptive field's radius after the first stage, after the first two, and so on.

    Each is the radius, in pixels of the input, of the :func:`effective_receptive_field` of the
    output's centre. It cannot grow beyond the image.

    Args:
        stages: run one after another: an ``nn.Sequential``, or ``[*model.front, *model.rear]`` of a
            generator. Call ``.eval()`` first.
        x: the images at which the gradients are taken.
        share: passed to :func:`receptive_field_radius`.

    Shape:
        - x: (B, C, H, W)
        - Output: (number of stages,)

    Raises:
        ValueError: if there are no stages, or as :func:`effective_receptive_field` does.
        TypeError: as :func:`effective_receptive_field` does.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> stages = nn.Sequential(*(nn.AvgPool2d(3, 1, 1) for _ in range(3)))
        >>> receptive_field_growth(stages, torch.rand(1, 1, 15, 15), share=1)
        tensor([1.4142, 2.8284, 4.2426])

    Source:
        Luo et al. (NeurIPS 2016), sec. 3. Difference: the radius holds a share of the field, where
        theirs counts the pixels above a share of its peak.
    """
    stages = list(stages)
    check_at_least("the number of stages", len(stages), 1)

    def first(depth: int) -> Callable[[Tensor], Tensor]:
        return lambda y: reduce(lambda value, stage: stage(value), stages[:depth], y)

    fields = (effective_receptive_field(first(depth + 1), x) for depth in range(len(stages)))
    return torch.stack([receptive_field_radius(field, share=share) for field in fields])


def _check_position(position: object, size: tuple[int, int]) -> tuple[int, int]:
    """``position``, by default the centre; raise unless it lies in an output of that size."""
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
