"""What a mask sampler is, and what ours have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least, check_size
from lamakit.masks.raster import Intervals, fill

__all__ = ["Draws", "MaskSampler", "Sampler", "ShapeSampler", "check_sampler"]


@runtime_checkable
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


class Sampler(ABC):
    """The base of lamakit's own samplers, which are frozen dataclasses."""

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
        height, width = size
        target = torch.device("cpu" if device is None else device)
        if n == 0:
            return torch.zeros(0, 1, height, width, dtype=torch.float32, device=target)
        with torch.device("cpu"):  # for what is drawn, whatever the caller's default device
            return self._draw(n, (height, width), Draws(generator), target)

    @abstractmethod
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        """The masks of ``batch``, of which there is at least one."""


class ShapeSampler(Sampler):
    """The base of samplers whose masks are unions of convex shapes, rasterised all at once."""

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        return fill(self.intervals(n, size, draws, device), n, size)

    @abstractmethod
    def intervals(
        self, n: int, size: tuple[int, int], draws: Draws, device: torch.device
    ) -> Intervals:
        """Where the shapes of ``n`` masks meet the rows of their masks."""


class Draws:
    """Random numbers from one generator, drawn on its device and used on the CPU."""

    def __init__(self, generator: torch.Generator | None) -> None:
        self.generator = generator
        self._device = "cpu" if generator is None else generator.device

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Tensor:
        """Integers from ``low`` to ``high``, both included."""
        drawn = torch.randint(low, high + 1, shape, generator=self.generator, device=self._device)
        return drawn.cpu()

    def fractions(self, shape: tuple[int, ...]) -> Tensor:
        """Numbers from 0 to below 1, in float64."""
        return torch.rand(
            shape, generator=self.generator, device=self._device, dtype=torch.float64
        ).cpu()

    def up_to(self, limits: Tensor) -> Tensor:
        """Integers from 0 to each of the limits, both included."""
        return (self.fractions(tuple(limits.shape)) * (limits + 1)).long()

    def coins(self, shape: tuple[int, ...], probability: float = 0.5) -> Tensor:
        """True with that probability."""
        return self.fractions(shape) < probability

    def choices(self, values: Sequence[int], n: int) -> Tensor:
        """Some of the values, each as likely."""
        return torch.tensor(values)[self.integers(0, len(values) - 1, (n,))]

    def picks(self, weights: Sequence[float], n: int) -> Tensor:
        """Indices into the weights, drawn in their proportion."""
        ends = torch.tensor(weights, dtype=torch.float64).cumsum(0)
        return torch.searchsorted(ends, self.fractions((n,)) * ends[-1], right=True)


def check_sampler(name: str, value: object) -> None:
    """Raise unless ``value`` is a mask sampler."""
    if isinstance(value, type) or not isinstance(value, MaskSampler):
        raise TypeError(
            f"{name} must be a mask sampler such as thick(256), got {value!r} "
            f"of type {type(value).__name__}"
        )
