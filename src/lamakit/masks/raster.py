"""Rasterisation of boxes and of thick line segments, many masks at once.

The idea: a convex shape meets each row of the image in a single span, an interval of columns.

    row 0    . . . 1 1 1 . .    columns 3 to 5
    row 1    . 1 1 1 1 1 . .    columns 1 to 5
    row 2    . 1 1 . . . . .    columns 1 to 2

So a batch of masks takes two steps, without a loop over masks, shapes or rows:

1. :func:`box_spans` and :func:`capsule_spans` compute the spans of all shapes of all masks, as one
   list with an entry for each shape and row.
2. :func:`fill_spans` marks the pixels of all spans.

Shapes are given in integers and all results are exact integers, so every device makes the same
masks.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_FAR = 2**30  # a column beyond any image
_BITS_OF_ONE = 0x3F800000  # the bits of the float32 number 1.0, as an integer


class Spans(NamedTuple):
    """Intervals of columns, each in one row of one mask.

    Args:
        masks: the mask's number in its batch.
        rows: the row.
        first: the first column; may lie outside the image.
        last: the last column, included; before the first if the span is empty.

    Shape:
        - all: (number of spans,)
    """

    masks: Tensor
    rows: Tensor
    first: Tensor
    last: Tensor


def box_spans(
    masks: Tensor, first: Tensor, last: Tensor, *, height: int, device: torch.device
) -> Spans:
    """Return the spans of axis-parallel boxes.

    Args:
        masks: the number of the mask that each box belongs to.
        first: (x, y) of each box's top left pixel; may lie outside the image.
        last: (x, y) of its bottom right pixel, included; a box that ends before it begins is empty.
        height: of the masks.
        device: where the masks are made.

    Shape:
        - masks: (S,); first, last: (S, 2), integers on the CPU
    """
    shapes, rows = _rows_of_shapes(first[:, 1], last[:, 1], height, device)
    masks, left, right = _for_each_row(shapes, masks, first[:, 0], last[:, 0])
    return Spans(masks, rows, left, right)


def capsule_spans(
    masks: Tensor,
    start: Tensor,
    end: Tensor,
    squared_radius: Tensor,
    *,
    height: int,
    device: torch.device,
) -> Spans:
    """Return the spans of thick line segments with round ends.

    A pixel is inside if it is at most the radius away from the segment.

    Args:
        masks: the number of the mask that each segment belongs to.
        start: (x, y) of each segment's first point, in pixels.
        end: (x, y) of its last point; the same point gives a disc.
        squared_radius: the square of each segment's radius in pixels, an integer from 0 up. The
            radius itself need not be an integer.
        height: of the masks.
        device: where the masks are made.

    Shape:
        - masks, squared_radius: (S,); start, end: (S, 2), integers on the CPU
    """
    # The idea: such a segment is a rectangle with a disc at each end.
    #
    #       . - - - - - - - - .        With d = end - start and p = pixel - start, the rectangle is
    #     (   s - - - - - - e   )          0 <= p . d <= |d|^2                between the ends
    #       ' - - - - - - - - '            -r |d| <= p x d <= r |d|           beside the segment
    #
    # In a row only x changes, so both lines have the form low <= slope * x + offset <= high, whose
    # solutions are an interval of integers. The rectangle's span is what both intervals share. The
    # whole shape is convex, so its span reaches from the smallest to the largest x of all parts.
    radius = _integer_root(squared_radius, torch.float64)
    dx, dy = (end - start).unbind(1)
    squared_length = dx.square() + dy.square()
    across = _integer_root(squared_radius * squared_length, torch.float64)  # r |d|, rounded down
    top = torch.minimum(start[:, 1], end[:, 1]) - radius
    bottom = torch.maximum(start[:, 1], end[:, 1]) + radius
    shapes, rows = _rows_of_shapes(top, bottom, height, device)

    masks, x0, y0, end_x, end_y, squared = _for_each_row(
        shapes, masks, start[:, 0], start[:, 1], dx, dy, squared_radius
    )
    y = rows - y0  # from here on, rows and columns are counted from the segment's first point
    nothing = (squared_length == 0).long()  # 1 <= 0 is never true: one point has no rectangle
    between = _solve(shapes, y, slope=dx, per_row=dy, low=nothing, high=squared_length)
    beside = _solve(shapes, y, slope=dy, per_row=-dx, low=-across, high=across)
    first, last = torch.maximum(between[0], beside[0]), torch.minimum(between[1], beside[1])
    empty = (first > last).long() * (8 * _FAR)  # moved so far that only the discs count
    discs = [_disc(y, 0, squared), _disc(y - end_y, end_x, squared)]
    first = torch.minimum(first + empty, torch.minimum(discs[0][0], discs[1][0]))
    last = torch.maximum(last - empty, torch.maximum(discs[0][1], discs[1][1]))
    return Spans(masks, rows, x0 + first, x0 + last)


def fill_spans(spans: Spans, n: int, size: tuple[int, int]) -> Tensor:
    """Return masks that are 1 inside of any span, 0 elsewhere.

    Args:
        spans: of all shapes of all masks.
        n: number of masks.
        size: (H, W) of the masks.

    Shape:
        - Output: (n, 1, H, W), float32
    """
    # The idea: add 1 where a span begins and -1 after its last column; the sums along the row
    # then count the spans that cover each pixel.
    #
    #     columns 1 to 3 and 2 to 5    .  1  2  2  1  1  .  .
    #     steps                        0 +1 +1  0 -1  0 -1  0
    height, width = size
    masks, rows, first, last = spans
    first, last = first.clamp(min=0), last.clamp(max=width - 1)
    present = first <= last
    ends_inside = present & (last < width - 1)
    steps = torch.zeros(n * height * width, dtype=torch.int32, device=rows.device)
    row_start = (masks * height + rows) * width
    steps.scatter_add_(0, row_start + first.clamp(max=width - 1), present.int())
    steps.scatter_add_(0, row_start + (last + 1).clamp(min=0, max=width - 1), -ends_inside.int())
    counts = steps.view(n, 1, height, width).cumsum_(-1)
    # A second large tensor would cost more time than the sums. So the integers 0 and 1 become the
    # bits of the floats 0 and 1, in place.
    return counts.clamp_(max=1).mul_(_BITS_OF_ONE).view(torch.float32)


def fill_lines(rows: Tensor, columns: Tensor) -> Tensor:
    """Return masks that are 1 in whole rows and in whole columns, 0 elsewhere.

    Args:
        rows: whether each row of each mask is missing, bool.
        columns: whether each column is.

    Shape:
        - rows: (n, H); columns: (n, W)
        - Output: (n, 1, H, W), float32
    """
    return (rows[:, None, :, None] | columns[:, None, None, :]).float()


def _rows_of_shapes(
    top: Tensor, bottom: Tensor, height: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """List the rows of all shapes inside the image: the shape's number, and the row."""
    top, bottom = top.clamp(min=0), bottom.clamp(max=height - 1)
    counts = (bottom - top + 1).clamp(min=0)
    total = int(counts.sum())
    before = counts.cumsum(0) - counts  # entries in the list before those of each shape
    shapes = torch.repeat_interleave(counts.to(device), output_size=total)
    (offset,) = _for_each_row(shapes, top - before)
    return shapes, torch.arange(total, device=device) + offset


def _for_each_row(shapes: Tensor, *values: Tensor) -> list[Tensor]:
    """Repeat values of shapes for each of their rows, on the rows' device."""
    return [value.to(shapes.device).index_select(0, shapes) for value in values]


def _disc(y: Tensor, centre: Tensor | int, squared_radius: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and last column of a disc; (far right, far left) where it has none."""
    squared = squared_radius - y.square()
    # The root is made exact in integers afterwards, so float32, which every device has, is enough.
    half = torch.where(squared < 0, -_FAR, _integer_root(squared.clamp(min=0), torch.float32))
    return centre - half, centre + half


def _solve(
    shapes: Tensor, y: Tensor, *, slope: Tensor, per_row: Tensor, low: Tensor, high: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the first and last integer x with ``low <= slope * x + per_row * y <= high``."""
    # If slope > 0: ceil((low - per_row * y) / slope) <= x <= floor((high - per_row * y) / slope).
    # If slope < 0: negate everything.
    # If slope = 0: x does not occur. Where low <= per_row * y <= high every x is a solution; in any
    # other row none is. To avoid a division by 0, solve with slope 1 and multiply low, high
    # and per_row by 4 * _FAR: in a row without solutions that moves the bounds of x beyond any
    # column. Then widen the bounds by _FAR: in a row with solutions that admits every column.
    negative, flat = slope < 0, slope == 0
    low, high = torch.where(negative, -high, low), torch.where(negative, -low, high)
    per_row = torch.where(negative, -per_row, per_row)
    scale, far = torch.where(flat, 4 * _FAR, 1), flat * _FAR
    # All this depends on the shape alone, so it is done before there is an entry for each row.
    lowest, highest, per_row, slope = _for_each_row(
        shapes, low * scale - far, high * scale + far, per_row * scale, slope.abs() + flat.long()
    )
    offset = per_row * y
    first = torch.div(offset - lowest, slope, rounding_mode="floor").neg_()  # -floor(-a) = ceil(a)
    return first, torch.div(highest - offset, slope, rounding_mode="floor")


def _integer_root(squared: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the largest integer whose square is at most that, exactly."""
    root = squared.to(dtype).sqrt().long()
    root = root - (root.square() > squared).long()
    return root + ((root + 1).square() <= squared).long()
