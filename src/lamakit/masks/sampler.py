"""What a mask sampler is, and the base of those that draw shapes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_size
from lamakit.masks.raster import fill_intervals

__all__ = ["Draws", "MaskSampler", "ShapeSampler"]


class MaskSampler(Protocol):
    """Anything that draws random masks, float 0/1 with 1 = missing.

    A sampler has no state of its own: the same ``torch.Generator`` seed gives the same masks.

    Shape:
        - ``sampler((H, W))``: (1, H, W)
        - ``sampler.batch(n, (H, W))``: (n, 1, H, W)
    """

    def __call__(
        self, size: tuple[int, int], *, generator: torch.Generator | None = None
    ) -> Tensor:
        """One mask of that (H, W), on the CPU."""
        ...

    def batch(
        self,
        n: int,
        size: tuple[int, int],
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """``n`` independent masks of that (H, W), on ``device``."""
        ...


class ShapeSampler(ABC):
    """A sampler whose masks are unions of convex shapes, rasterised all at once."""

    def __call__(
        self, size: tuple[int, int], *, generator: torch.Generator | None = None
    ) -> Tensor:
        """One mask of that (H, W), on the CPU."""
        return self.batch(1, size, generator=generator)[0]

    def batch(
        self,
        n: int,
        size: tuple[int, int],
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """``n`` independent masks of that (H, W), on ``device`` (the CPU by default)."""
        check_at_least("n", n, 0)
        check_size("size", size)
        starts, ends = self._intervals(n, size, Draws(generator))
        return fill_intervals(starts.to(device), ends.to(device), size[1])

    @abstractmethod
    def _intervals(self, n: int, size: tuple[int, int], draws: Draws) -> tuple[Tensor, Tensor]:
        """First and last column of every shape in every row: two (n, shapes, H) integer tensors.

        A shape is absent from the rows in which its last column lies before its first.
        """


class Draws:
    """Random numbers from one generator, drawn on its device and used on the CPU."""

    def __init__(self, generator: torch.Generator | None) -> None:
        self._generator = generator
        self._device = "cpu" if generator is None else generator.device

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Tensor:
        """Integers from ``low`` to ``high``, both included."""
        drawn = torch.randint(low, high + 1, shape, generator=self._generator, device=self._device)
        return drawn.cpu()

    def fractions(self, shape: tuple[int, ...]) -> Tensor:
        """Numbers from 0 to below 1, in float64."""
        return torch.rand(
            shape, generator=self._generator, device=self._device, dtype=torch.float64
        ).cpu()
