"""The sliced Wasserstein distance: how far two colour distributions are apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit._dtypes import at_least_float32

__all__ = ["SlicedWassersteinLoss", "sliced_wasserstein_loss"]


def sliced_wasserstein_loss(
    points: Tensor,
    target: Tensor,
    *,
    directions: int = 10,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The squared Wasserstein distance of two sets of points, averaged over random directions.

    Along one direction the distance is exact, whatever the sets' sizes. It is 0, with zero
    gradient, if a set is empty. Memory grows with the points times the directions.

    Args:
        points: the points of one set, such as the colours of a hole's pixels.
        target: those of the other.
        directions: how many random unit vectors.
        generator: source of the vectors; None for torch's global one.

    Shape:
        - points: (N, D)
        - target: (M, D)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes do not fit or ``directions`` is below 1.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(3, 8, 8), torch.zeros(8, 8)
        >>> mask[2:5, 2:5] = 1
        >>> hole, known = image[:, mask > 0].T, image[:, mask == 0].T
        >>> sliced_wasserstein_loss(hole, hole.flip(0)).item()
        0.0
        >>> bool(sliced_wasserstein_loss(hole, known) > 0)
        True

    Source:
        Rabin and Peyre, "Wasserstein Regularization of Imaging Problem" (ICIP 2011); the report
        "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions" (Srir et al.,
        2023), sec. 4.1 and 4.2 (10 directions). Differences: the sets may differ in size; points
        and directions are averaged.
    """
    check_at_least("directions", directions, 1)
    if points.ndim != 2 or target.ndim != 2 or points.shape[1] != target.shape[1]:
        raise ValueError(
            "points and target must have shapes (N, D) and (M, D), got "
            f"{tuple(points.shape)} and {tuple(target.shape)}"
        )
    points, target = at_least_float32(points), at_least_float32(target).to(points.device)
    if 0 in (points.shape[0], target.shape[0]):
        return points.sum() * 0 + target.sum() * 0
    device = points.device if generator is None else generator.device
    drawn = torch.randn(points.shape[1], directions, generator=generator, device=device)
    vectors = F.normalize(drawn, dim=0).to(points)
    with torch.autocast(points.device.type, enabled=False):
        projected = (points @ vectors).sort(dim=0)[0], (target.to(points) @ vectors).sort(dim=0)[0]
    return _squared_distance(*projected)


class SlicedWassersteinLoss(nn.Module):
    """The squared Wasserstein distance of two sets of points, averaged over random directions.

    Called with two sets, and a generator if wanted, it returns what :func:`sliced_wasserstein_loss`
    does.

    Args:
        directions: how many random unit vectors, new ones at every call.

    Shape:
        - points: (N, D)
        - target: (M, D)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if ``directions`` is below 1, or the shapes do not fit.

    Example:
        >>> import torch
        >>> colours = torch.rand(100, 3)
        >>> SlicedWassersteinLoss(directions=20)(colours, colours).item()
        0.0

    Source:
        As :func:`sliced_wasserstein_loss`.
    """

    def __init__(self, *, directions: int = 10) -> None:
        super().__init__()
        check_at_least("directions", directions, 1)
        self.directions = directions

    @override
    def extra_repr(self) -> str:
        return f"directions={self.directions}"

    @override
    def forward(
        self, points: Tensor, target: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        return sliced_wasserstein_loss(
            points, target, directions=self.directions, generator=generator
        )


def _squared_distance(first: Tensor, second: Tensor) -> Tensor:
    """Of two sorted sets a column: the squared difference of their quantiles, integrated.

    Quantiles are steps, at multiples of 1/N and 1/M. Counted in units of 1/NM these are integers,
    so which step holds between two neighbouring ones is exact.
    """
    n, m = first.shape[0], second.shape[0]
    if n == m:
        return (first - second).square().mean()
    counts = [torch.arange(1, size + 1, device=first.device) for size in (n, m)]
    ends = torch.cat([counts[0] * m, counts[1] * n]).sort()[0]
    starts = F.pad(ends[:-1], (1, 0))
    difference = first[(starts // m).clamp(max=n - 1)] - second[(starts // n).clamp(max=m - 1)]
    widths = ((ends - starts) / (n * m)).to(first)
    return (widths[:, None] * difference.square()).sum(dim=0).mean()
