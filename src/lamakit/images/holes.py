"""Boxes around the connected missing regions of a mask."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from lamakit._checks import check_feature_map
from lamakit._imports import import_extra


class Box(NamedTuple):
    """A box of pixels: rows from ``top`` to before ``bottom``, columns from ``left`` to ``right``.

    Args:
        top: the first row.
        left: the first column.
        bottom: the row after the last.
        right: the column after the last.

    Example:
        >>> Box(top=2, left=0, bottom=5, right=4).size
        (3, 4)
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.bottom - self.top, self.right - self.left


def connected_holes(mask: Tensor) -> list[list[Box]]:
    """Return the smallest box around each connected missing region of each mask.

    Pixels that touch at a corner are connected. The mask is copied to the CPU.

    Args:
        mask: 0 where a pixel is known; any value above 0 means missing.

    Shape:
        - Input: (B, 1, H, W)
        - Output: B lists, empty where nothing is missing; boxes may overlap

    Raises:
        ValueError: if the mask is not (B, 1, H, W).
        TypeError: if the mask is not a floating-point tensor.
        ImportError: if scipy is missing (the extra ``io``).

    Example:
        >>> import torch
        >>> mask = torch.tensor([[[[1.0, 0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0]]]])
        >>> connected_holes(mask)
        [[Box(top=0, left=0, bottom=2, right=2), Box(top=0, left=4, bottom=2, right=5)]]
    """
    check_feature_map("mask", mask, 1)
    return connected_holes_unchecked(mask, user="connected_holes")


def connected_holes_unchecked(mask: Tensor, user: str) -> list[list[Box]]:
    """Compute :func:`connected_holes` without checks, for the function named ``user``."""
    ndimage = import_extra("scipy.ndimage", extra="io", user=user)
    found = []
    for missing in (mask[:, 0] > 0).cpu().numpy():
        regions, _ = ndimage.label(missing, structure=[[1, 1, 1]] * 3)  # diagonals included
        found.append(
            [
                Box(rows.start, columns.start, rows.stop, columns.stop)
                for rows, columns in ndimage.find_objects(regions)
            ]
        )
    return found
