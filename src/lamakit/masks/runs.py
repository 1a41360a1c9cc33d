"""Overlap of a shape with a region: at one place, or at many horizontal places at once.

The idea for many: store the shape as runs, that is as intervals [first, end) of its rows. The
pixels that a run shares with the region are a difference of two cumulative sums of the region's
row:

    a row of the region        0 0 1 1 1 0 1 1
    sums before each column    0 0 0 1 2 3 3 4 5
    the run [1, 5)               x x x x            sum at 5 - sum at 1 = 3

Moving the run by a column moves both sums by a column. So the overlaps for all places are the
difference of two slices of the sums, one as long as the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True, eq=False)
class Region:
    """A part of an image: its top row and left column there, and which of its pixels belong to it.

    Shapes may reach ``margin`` columns beyond its sides.
    """

    top: int
    left: int
    mask: Bools
    margin: int

    @property
    def columns(self) -> range:
        """The columns of the image that the region lies in."""
        return range(self.left, self.left + self.mask.shape[1])

    @cached_property
    def sums(self) -> Integers:
        """The cumulative sums of each row, with the margin's columns on both sides."""
        margin = self.margin
        sums = np.empty((self.mask.shape[0], self.mask.shape[1] + 1 + 2 * margin), dtype=np.int32)
        sums[:, : margin + 1] = 0
        np.cumsum(self.mask, axis=1, out=sums[:, margin + 1 : -margin])
        sums[:, -margin:] = sums[:, [-margin - 1]]
        return sums

    def overlap_at(self, mask: Bools, top: int, left: int) -> int:
        """Return how many pixels of a shape at one place of the image lie on the region."""
        first_row, end_row = max(top, self.top), min(top + len(mask), self.top + len(self.mask))
        first, end = max(left, self.left), min(left + mask.shape[1], self.columns.stop)
        if first_row >= end_row or first >= end:
            return 0
        own = self.mask[first_row - self.top : end_row - self.top, first - self.left :]
        shape = mask[first_row - top : end_row - top, first - left : end - left]
        return int(np.count_nonzero(own[:, : end - first] & shape))

    def overlaps(self, mask: Bools, top: int, lefts: range) -> Integers:
        """Return how many pixels of a shape lie on the region, for each place of the shape.

        Args:
            mask: the shape, at most ``margin`` columns wide.
            top: row of the image where the shape's first row lies.
            lefts: columns of the image where its left column lies.
        """
        counts: Integers = np.zeros(len(lefts), dtype=np.int64)
        # where the shape and the region meet
        first_left = max(lefts.start, self.columns.start - mask.shape[1])
        end_left = min(lefts.stop, self.columns.stop)
        meeting = counts[first_left - lefts.start : end_left - lefts.start]
        runs = Runs.of(mask)
        low, high = runs.rows.searchsorted((self.top - top, self.top - top + len(self.mask)))
        windows = np.lib.stride_tricks.sliding_window_view(self.sums, len(meeting), axis=1)
        start = first_left - self.left + self.margin
        for first in range(low, high, _RUNS_AT_ONCE):
            part = slice(first, min(first + _RUNS_AT_ONCE, high))
            rows = runs.rows[part] + (top - self.top)
            meeting += windows[rows, runs.end[part] + start].sum(0)
            meeting -= windows[rows, runs.first[part] + start].sum(0)
        return counts
