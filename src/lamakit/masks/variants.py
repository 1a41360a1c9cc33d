"""Search for the variants of an image's objects that object-shaped masks are made of.

The idea: a variant is an object that is mirrored, scaled and moved up or down at random. Then a
random one of the horizontal places is drawn that are allowed, from just outside the image's left
border to just outside its right one. Which parts of the variant lie where decides whether a place
is allowed:

    |. . . . . . . o o o o . . . . .|       v: two places of a variant
    |. a a . . . o o o o o o . . . .|       o: the image's objects: at most max_overlap on them
    |a a a v v v v o o o o . . . . v|v v    a: a variant accepted before: at most max_overlap on
    |. a a v v v v o . . . . . . . v|v v       each of these
                                            outside the image: at most max_outside

To try a place is fast, to find all allowed ones is slow, and most places of most images are
allowed. So a few places are tried first. If none of them is allowed, then from each object or
variant that stands in the way all places that it forbids are found and struck out, and the next
place is drawn from what is left. All allowed places stay equally likely: none is ever struck out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lamakit.masks.random_numbers import Random
from lamakit.masks.runs import Bools, Integers, Region

if TYPE_CHECKING:
    from lamakit.masks.objects import ObjectShaped

_QUICK_TRIES = 8


class VariantSearch:
    """The variants of some objects that a sampler's settings allow.

    Args:
        rules: the sampler.
        objects: masks of the objects that variants are made of, (K, H, W).
        foreground: all objects of the image, (H, W).
        random: source of the random numbers.
    """

    def __init__(
        self, rules: ObjectShaped, objects: Bools, foreground: Bools, random: Random
    ) -> None:
        self.rules, self.random = rules, random
        self.objects = [_cut_out(mask) for mask in objects]
        self.height, self.width = foreground.shape
        widest = max(mask.shape[1] for mask, _ in self.objects)
        self.margin = math.ceil(widest * (1 + rules.max_scale))
        self.foreground = Region(0, 0, foreground, self.margin)

    def choose(self) -> Region:
        """Make variants of all objects, and return one of those accepted."""
        for _ in range(self.rules.max_tries):
            accepted: list[Region] = []
            for mask, middle in self.objects:
                for _ in range(self.rules.variants):
                    accepted += self._place(*self._transform(mask, middle), accepted)
            if accepted:
                return accepted[int(self.random.integers(0, len(accepted) - 1, ()))]
        raise ValueError(
            f"no variant of any object kept the rules in {self.rules.max_tries} tries; raise "
            "max_overlap, max_outside, max_shift or max_tries"
        )

    def _transform(self, mask: Bools, middle: float) -> tuple[Bools, int]:
        """Return the object mirrored or not, scaled, and the row where its top is then."""
        flip, scale, shift = self.random.uniform((3,)).tolist()
        scale = 1 + self.rules.max_scale * (2 * scale - 1)
        rows, columns = (
            np.minimum(np.arange(max(1, round(side * scale))) / scale, side - 1).astype(np.int64)
            for side in mask.shape
        )
        transformed = mask[rows[:, None], columns[::-1] if flip < 0.5 else columns]
        middle += self.rules.max_shift * (2 * shift - 1) * self.height
        return transformed, round(middle - len(rows) / 2)

    def _place(self, mask: Bools, top: int, accepted: list[Region]) -> list[Region]:
        """Return the variant at a random one of its allowed places, or nothing if it has none."""
        rules, pixels = self.rules, np.count_nonzero(mask)
        least = max(1, rules.min_area * self.height * self.width, (1 - rules.max_outside) * pixels)
        mask, top = mask[max(0, -top) : max(0, self.height - top)], max(0, top)
        width = mask.shape[1]
        lefts = range(1 - width, self.width)
        inside = _count_inside(mask, lefts, self.width)
        most = rules.max_overlap * inside
        places = np.flatnonzero(inside >= least)
        for number, fraction in enumerate(self._fractions()):
            if not len(places):
                return []
            place = places[int(fraction * len(places))]
            left = lefts[place]
            regions = (self.foreground, *accepted)
            overlaps = (region.overlap_at(mask, top, left) for region in regions)
            forbidding = (overlap > most[place] for overlap in overlaps)
            in_the_way = next(itertools.compress(regions, forbidding), None)
            if in_the_way is None:
                break
            if number >= _QUICK_TRIES:
                forbidden = in_the_way.overlaps(mask, top, lefts) > most
                places = places[~forbidden[places]]
        mask = mask[:, max(0, -left) : self.width - left]
        return [Region(top, max(0, left), mask, self.margin)]

    def _fractions(self) -> Iterator[float]:
        """Draw numbers in [0, 1) without end, several at once because that takes no longer."""
        while True:
            yield from self.random.uniform((16,)).tolist()


def _cut_out(mask: Bools) -> tuple[Bools, float]:
    """Return the object's bounding box, cut out of its image, and the row of its middle."""
    rows, columns = (np.flatnonzero(np.logical_or.reduce(mask, axis)) for axis in (1, 0))
    crop = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return crop, float(rows[0] + rows[-1] + 1) / 2


def _count_inside(mask: Bools, lefts: range, width: int) -> Integers:
    """Return how many of the mask's pixels are inside an image, for places of its left column."""
    before = np.zeros(mask.shape[1] + 1, dtype=np.int64)  # pixels in the columns before each
    np.cumsum(np.count_nonzero(mask, axis=0), out=before[1:])
    left = np.arange(lefts.start, lefts.stop)
    counts: Integers = (
        before[np.minimum(width - left, mask.shape[1])] - before[np.maximum(-left, 0)]
    )
    return counts
