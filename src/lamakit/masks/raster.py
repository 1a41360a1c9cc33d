"""Convex shapes into pixels: each image row meets one in a single interval of columns.

The shapes of a whole batch lie in one list, each with the number of the mask it belongs to. Their
parameters are integers on the CPU; the intervals are computed in integers on the target device, so
that every device draws the same pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Intervals", "box_intervals", "capsule_intervals", "fill", "fill_lines"]

_FAR = 2**30  # beyond any image
_BITS_OF_ONE = 0x3F800000  # of 1 in float32, as an integer


class Intervals(NamedTuple):
    """Where shapes meet rows: the mask's number, the row's, the first column and the last.

    Columns may lie outside the image; where the last comes before the first there is nothing.
    """

    masks: Tensor
    rows: Tensor
    first: Tensor
    last: Tensor


def box_intervals(
    masks: Tensor, first: Tensor, last: Tensor, *, height: int, device: torch.device
) -> Intervals:
    """The rows of axis-parallel boxes.

    Args:
        masks: the number of the mask that each box belongs to.
        first: (x, y) of each box's top left pixel; may lie outside the image.
        last: (x, y) of its bottom right pixel, included; a box that ends before it begins is empty.
        height: of the masks.
        device: where they are drawn.

    Shape:
        - masks: (S,); first, last: (S, 2), integers on the CPU
    """
    shape, row = _rows(first[:, 1], last[:, 1], height, device)
    masks, starts, ends = _each(shape, masks, first[:, 0], last[:, 0])
    return Intervals(masks, row, starts, ends)


def capsule_intervals(
    masks: Tensor,
    start: Tensor,
    end: Tensor,
    squared_radius: Tensor,
    *,
    height: int,
    device: torch.device,
) -> Intervals:
    """The rows of thick segments with round ends.

    A pixel is inside if it lies at most the radius from the segment. Everything is an integer, so
    the radius comes squared.

    Args:
        masks: the number of the mask that each segment belongs to.
        start: (x, y) of each segment's first point, in pixels.
        end: (x, y) of its last point; the same point gives a disc.
        squared_radius: the square of half of each segment's width in pixels, at least 0.
        height: of the masks.
        device: where they are drawn.

    Shape:
        - masks, squared_radius: (S,); start, end: (S, 2), integers on the CPU
    """
    radius = _square_root(squared_radius, torch.float64)
    dx, dy = (end - start).unbind(1)
    squared_length = dx.square() + dy.square()
    across = _square_root(squared_radius * squared_length, torch.float64)
    top = torch.minimum(start[:, 1], end[:, 1]) - radius
    bottom = torch.maximum(start[:, 1], end[:, 1]) + radius
    shape, row = _rows(top, bottom, height, device)

    x0, y0, dx_each, dy_each, squared = _each(
        shape, start[:, 0], start[:, 1], dx, dy, squared_radius
    )
    y = row - y0  # columns, too, count from the first point
    nothing = (squared_length == 0).long()  # between two points that are one
    between = _between(shape, y, slope=dx, per_row=dy, low=nothing, high=squared_length)
    beside = _between(shape, y, slope=dy, per_row=-dx, low=-across, high=across)
    first, last = torch.maximum(between[0], beside[0]), torch.minimum(between[1], beside[1])
    empty = (first > last).long() * (8 * _FAR)
    discs = [_disc(y, 0, squared), _disc(y - dy_each, dx_each, squared)]
    first = torch.minimum(first + empty, torch.minimum(discs[0][0], discs[1][0]))
    last = torch.maximum(last - empty, torch.maximum(discs[0][1], discs[1][1]))
    (masks,) = _each(shape, masks)
    return Intervals(masks, row, x0 + first, x0 + last)


def fill(intervals: Intervals, n: int, size: tuple[int, int]) -> Tensor:
    """Masks with 1 inside any interval, 0 elsewhere.

    A step up where an interval begins and one down after its end add up, along a row, to how many
    cover a pixel.

    Args:
        intervals: of all shapes of all masks.
        n: number of masks.
        size: (H, W) of the masks.

    Shape:
        - Output: (n, 1, H, W), float32
    """
    height, width = size
    masks, rows, first, last = intervals
    first, last = first.clamp(min=0), last.clamp(max=width - 1)
    present = first <= last
    ends_inside = present & (last < width - 1)
    steps = torch.zeros(n * height * width, dtype=torch.int32, device=rows.device)
    line = (masks * height + rows) * width
    steps.scatter_add_(0, line + first.clamp(max=width - 1), present.int())
    steps.scatter_add_(0, line + (last + 1).clamp(min=0, max=width - 1), -ends_inside.int())
    depth = steps.view(n, 1, height, width).cumsum_(-1)
    # Large buffers cost more than the sums: 0 and 1 become floats where they are, by their bits.
    return depth.clamp_(max=1).mul_(_BITS_OF_ONE).view(torch.float32)


def fill_lines(rows: Tensor, columns: Tensor) -> Tensor:
    """Masks with 1 in whole rows and whole columns.

    Args:
        rows: which rows of each mask, bool.
        columns: which columns.

    Shape:
        - rows: (n, H); columns: (n, W)
        - Output: (n, 1, H, W), float32
    """
    return (rows[:, None, :, None] | columns[:, None, None, :]).float()


def _rows(top: Tensor, bottom: Tensor, height: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Every row of every shape: the shape's number, and the row's."""
    top, bottom = top.clamp(min=0), bottom.clamp(max=height - 1)
    counts = (bottom - top + 1).clamp(min=0)
    total = int(counts.sum())
    before = counts.cumsum(0) - counts
    shape = torch.repeat_interleave(counts.to(device), output_size=total)
    (first_row,) = _each(shape, top - before)
    return shape, torch.arange(total, device=device) + first_row


def _disc(y: Tensor, centre: Tensor | int, squared_radius: Tensor) -> tuple[Tensor, Tensor]:
    """First and last column of a disc, the first far right and the last far left if it has none."""
    squared = squared_radius - y.square()
    # The root's rounding is set right in integers, so float32, which every device has, will do.
    half = torch.where(squared < 0, -_FAR, _square_root(squared.clamp(min=0), torch.float32))
    return centre - half, centre + half


def _between(
    shape: Tensor, y: Tensor, *, slope: Tensor, per_row: Tensor, low: Tensor, high: Tensor
) -> tuple[Tensor, Tensor]:
    """The first and last integer x with ``low <= slope * x + per_row * y <= high``, in each row.

    All that depends on the shape alone is settled before the rows: a slope is made positive; where
    it is 0, every x will do or none, which a slope of 1 between far ends says as well.
    """
    down, flat = slope < 0, slope == 0
    low, high = torch.where(down, -high, low), torch.where(down, -low, high)
    per_row = torch.where(down, -per_row, per_row)
    scale, far = torch.where(flat, 4 * _FAR, 1), flat * _FAR
    lowest, highest, step, steepness = _each(
        shape, low * scale - far, high * scale + far, per_row * scale, slope.abs() + flat.long()
    )
    offset = step * y
    first = torch.div(offset - lowest, steepness, rounding_mode="floor").neg_()
    return first, torch.div(highest - offset, steepness, rounding_mode="floor")


def _each(shape: Tensor, *values: Tensor) -> list[Tensor]:
    """Values of shapes for each of their rows, on the rows' device."""
    return [value.to(shape.device).index_select(0, shape) for value in values]


def _square_root(squared: Tensor, dtype: torch.dtype) -> Tensor:
    """The largest integer whose square is at most that, exactly."""
    root = squared.to(dtype).sqrt().long()
    root = root - (root.square() > squared).long()
    return root + ((root + 1).square() <= squared).long()
