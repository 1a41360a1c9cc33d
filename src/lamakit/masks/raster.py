"""Convex shapes into pixels: each image row meets one in a single interval of columns."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["capsule_intervals", "fill_intervals"]


def fill_intervals(starts: Tensor, ends: Tensor, width: int) -> Tensor:
    """1 inside any interval, 0 elsewhere, for all shapes of all masks at once.

    Args:
        starts: first column of each shape in each row.
        ends: last column, included; before the first where the row misses the shape.
        width: columns of the mask; intervals are cut at its borders.

    Shape:
        - starts, ends: (B, shapes, H), integers
        - Output: (B, 1, H, width), float32
    """
    starts, ends = starts.clamp(min=0), ends.clamp(max=width - 1)
    present = (starts <= ends).int()
    batch, _, height = starts.shape
    changes = torch.zeros(batch, width + 1, height, dtype=torch.int32, device=starts.device)
    changes.scatter_add_(1, starts.clamp(max=width), present)
    changes.scatter_add_(1, (ends + 1).clamp(min=0), -present)
    covered = changes[:, :-1].cumsum(1) > 0
    return covered.transpose(1, 2).unsqueeze(1).float()


def capsule_intervals(
    start: Tensor, end: Tensor, thickness: Tensor, height: int
) -> tuple[Tensor, Tensor]:
    """The columns of lines with round ends: all points within half a thickness of a segment.

    Args:
        start: (x, y) of each segment's first point, in pixels.
        end: (x, y) of its last point.
        thickness: of each line in pixels; 0 or less draws nothing.
        height: rows of the mask.

    Shape:
        - start, end: (B, shapes, 2); thickness: (B, shapes)
        - Output: first and last column, each (B, shapes, height)
    """
    radius = thickness.double()[..., None] / 2
    x0, y0 = start.double()[..., None].unbind(-2)
    dx, dy = (end - start).double()[..., None].unbind(-2)
    rows = torch.arange(height, dtype=torch.float64) - y0
    length = torch.hypot(dx, dy)
    # Columns relative to the first point: in its disc, the last point's, and the rectangle between.
    discs = [_disc(rows, radius), tuple(dx + side for side in _disc(rows - dy, radius))]
    nearest = torch.where(length > 0, 0.0, 1.0)  # a segment of one point has no rectangle
    along = _between(dx, rows * dy, nearest, length**2)
    across = _between(dy, -rows * dx, -radius * length, radius * length)
    rectangle = torch.maximum(along[0], across[0]), torch.minimum(along[1], across[1])
    left = torch.full_like(rows, torch.inf)
    right = -left
    for first, last in (*discs, rectangle):
        present = (first <= last) & (radius > 0)
        left = torch.where(present, torch.minimum(left, first), left)
        right = torch.where(present, torch.maximum(right, last), right)
    bound = 2**31
    starts = (x0 + left).ceil().clamp(-bound, bound).long()
    ends = (x0 + right).floor().clamp(-bound, bound).long()
    return starts, ends


def _disc(rows: Tensor, radius: Tensor) -> tuple[Tensor, Tensor]:
    inside = radius**2 - rows**2
    half = torch.where(inside >= 0, inside.clamp(min=0).sqrt(), -1.0)
    return -half, half


def _between(slope: Tensor, offset: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Where ``low <= slope * x + offset <= high``: an interval, the whole line, or nothing."""
    flat = slope == 0
    divisor = torch.where(flat, 1.0, slope)
    bounds = torch.stack(((low - offset) / divisor, (high - offset) / divisor))
    holds = (low <= offset) & (offset <= high)
    first = torch.where(flat, torch.where(holds, -torch.inf, torch.inf), bounds.amin(0))
    last = torch.where(flat, torch.where(holds, torch.inf, -torch.inf), bounds.amax(0))
    return first, last
