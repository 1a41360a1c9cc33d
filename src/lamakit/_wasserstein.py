"""The sliced Wasserstein distance of two sets of points."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


# Idea. In one dimension the cheapest way to move one set of numbers onto another keeps their order:
# the smallest goes to the smallest, the largest to the largest. So sort both and compare them in
# pairs. Points of more dimensions are projected onto one direction after another:
#
#     distance = mean over directions d of the squared distance of sorted(points . d)
#
# Sets of different sizes have no pairs. Spread the sorted values of each over [0, 1] (its
# quantiles), and compare what lies at the same place:
#
#     3 values    |   a0   |   a1   |   a2   |      pieces: a0-b0, a1-b0, a1-b1, a2-b1,
#     2 values    |     b0     |     b1      |      each weighted by its width
#
def sliced_wasserstein_unchecked(first: Tensor, second: Tensor, directions: Tensor) -> Tensor:
    """Return the mean over directions of the squared 2-Wasserstein distance, without checks.

    Args:
        first: the points of one set, (N, D).
        second: those of the other, (M, D).
        directions: unit vectors, (K, D).

    Returns:
        A scalar; NaN if both sets are empty.
    """
    pieces = None if len(first) == len(second) else _pieces(len(first), len(second), first.device)
    total = first.new_zeros(())
    for direction in directions.to(first):
        # A product and a sum, unlike a matrix product, keep their precision under autocast.
        a, b = ((points * direction).sum(dim=1).sort().values for points in (first, second))
        if pieces is None:
            total = total + (a - b).square().mean()
        else:
            of_first, of_second, width = pieces
            difference = a[of_first] - b[of_second]
            total = total + (width.to(difference) * difference.square()).sum()
    return total / len(directions)


def _pieces(n: int, m: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pieces in which the quantiles of n and of m sorted values are constant.

    Of each piece: which of the n values holds there, which of the m, and the width.
    """
    # The n values change at multiples of 1/n, the m values at multiples of 1/m. In units of 1/(nm)
    # these are integers, so that no rounding confuses neighbouring pieces.
    ends = torch.cat(
        [torch.arange(1, n + 1, device=device) * m, torch.arange(1, m + 1, device=device) * n]
    ).sort()[0]
    starts = F.pad(ends[:-1], (1, 0))
    width = (ends - starts).double() / (n * m)
    return (starts // m).clamp(max=n - 1), (starts // n).clamp(max=m - 1), width
