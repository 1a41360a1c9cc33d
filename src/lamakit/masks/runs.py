"""Overlap of a shape with a region, for many horizontal places of the shape at once.

The idea: store the shape as runs, that is as intervals [first, end) of its rows. The pixels that a
run shares with the region are a difference of two cumulative sums of the region's row:

    a row of the region        0 0 1 1 1 0 1 1
    sums before each column    0 0 0 1 2 3 3 4 5
    the run [1, 5)               x x x x            sum at 5 - sum at 1 = 3

Moving the run by a column moves both sums by a column. So the overlaps for all places are the
difference of two slices of the sums, one as long as the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_RUNS_AT_ONCE = 1024  # bounds the memory for ragged shapes


class Runs(NamedTuple):
    """The pixels of a shape as runs, which are intervals ``[first, end)`` of its rows."""

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
    """A part of an image: its top row and left column there, its pixels and their sums.

    ``sums`` has the cumulative sums of each row, with ``margin`` further columns on both sides.
    """

    top: int
    left: int
    mask: Bools
    sums: Integers
    margin: int

    @classmethod
    def of(cls, mask: Bools, top: int, left: int, margin: int) -> Region:
        """Return the region of a mask; shapes may reach ``margin`` columns beyond its sides."""
        sums = np.empty((mask.shape[0], mask.shape[1] + 1 + 2 * margin), dtype=np.int32)
        sums[:, : margin + 1] = 0
        np.cumsum(mask, axis=1, out=sums[:, margin + 1 : -margin])
        sums[:, -margin:] = sums[:, [-margin - 1]]
        return cls(top, left, mask, sums, margin)

    def overlap(self, runs: Runs, top: int, lefts: range) -> Integers:
        """Return how many pixels of a shape lie on the region, for each place of the shape.

        Args:
            runs: the shape, at most ``margin`` columns wide.
            top: row of the image where the shape's first row lies.
            lefts: columns of the image where its left column lies; the shape must not reach beyond
                the margin.
        """
        low, high = runs.rows.searchsorted((self.top - top, self.top - top + len(self.mask)))
        windows = np.lib.stride_tricks.sliding_window_view(self.sums, len(lefts), axis=1)
        start = lefts.start - self.left + self.margin
        counts = np.zeros(len(lefts), dtype=np.int64)
        for first in range(low, high, _RUNS_AT_ONCE):
            part = slice(first, min(first + _RUNS_AT_ONCE, high))
            rows = runs.rows[part] + (top - self.top)
            counts += windows[rows, runs.end[part] + start].sum(0)
            counts -= windows[rows, runs.first[part] + start].sum(0)
        return counts
