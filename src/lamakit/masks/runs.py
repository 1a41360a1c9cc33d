"""How far a shape lies on a region, for many horizontal shifts of the shape at once.

The shape is kept as runs, its stretches of pixels along rows. How many pixels of a run lie on the
region is a difference of two of the region's sums along that row:

    a row of the region       0 0 1 1 1 0 1 1
    its sums before a pixel   0 0 0 1 2 3 3 4 5
    a run from 1 to 5           x x x x            sum at 5 - sum at 1 = 3

For successive shifts these are two stretches of the row of sums, as long as there are shifts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Bools", "Integers", "Region", "Runs"]

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_AT_ONCE = 1024


class Runs(NamedTuple):
    """The pixels of a shape: for each run its row, its first column and the one after its last."""

    rows: Integers
    first: Integers
    end: Integers

    @classmethod
    def of(cls, mask: Bools) -> Runs:
        """Return the runs of an (H, W) mask."""
        framed = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=bool)
        framed[:, 1:-1] = mask
        rows, columns = (framed[:, 1:] != framed[:, :-1]).nonzero()
        return cls(rows[::2], columns[::2], columns[1::2])


class Region(NamedTuple):
    """A part of an image, its top row and left column in it, and the sums along its rows."""

    top: int
    left: int
    mask: Bools
    sums: Integers
    margin: int

    @classmethod
    def of(cls, mask: Bools, top: int, left: int, margin: int) -> Region:
        """Return the region that a mask covers; ``margin`` columns beside it can be looked up."""
        sums = np.empty((mask.shape[0], mask.shape[1] + 1 + 2 * margin), dtype=np.int32)
        sums[:, : margin + 1] = 0
        np.cumsum(mask, axis=1, out=sums[:, margin + 1 : -margin])
        sums[:, -margin:] = sums[:, [-margin - 1]]
        return cls(top, left, mask, sums, margin)

    def overlap(self, runs: Runs, top: int, lefts: range) -> Integers:
        """Return how many pixels of a shape lie on the region, for each place of its left column.

        Args:
            runs: the shape, at most ``margin`` columns wide.
            top: the row of the image where the shape's first row is.
            lefts: the columns where its left one is; the shape must not reach beyond the margin.
        """
        low, high = runs.rows.searchsorted((self.top - top, self.top - top + len(self.mask)))
        windows = np.lib.stride_tricks.sliding_window_view(self.sums, len(lefts), axis=1)
        start = lefts.start - self.left + self.margin
        counts = np.zeros(len(lefts), dtype=np.int64)
        for first in range(low, high, _AT_ONCE):  # bounds the memory for ragged shapes
            part = slice(first, min(first + _AT_ONCE, high))
            rows = runs.rows[part] + (top - self.top)
            counts += windows[rows, runs.end[part] + start].sum(0)
            counts -= windows[rows, runs.first[part] + start].sum(0)
        return counts
