"""Random numbers from a ``torch.Generator``, for samplers."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType

import torch
from torch import Tensor


class Random:
    """Random numbers that do not depend on the device where masks are made.

    They are drawn on the generator's device and come back on the CPU.

    Args:
        generator: source of the random numbers; None for torch's global one.

    Raises:
        TypeError: if it is something else, such as a seed.
    """

    def __init__(self, generator: torch.Generator | None) -> None:
        if not isinstance(generator, (torch.Generator, NoneType)):
            raise TypeError(
                f"generator must be a torch.Generator, got {generator!r:.60} of type "
                f"{type(generator).__name__}; for the seed 0, give torch.Generator().manual_seed(0)"
            )
        self.generator = generator
        self._device = "cpu" if generator is None else generator.device

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Tensor:
        """Return uniform integers from ``low`` to ``high``, both included."""
        drawn = torch.randint(low, high + 1, shape, generator=self.generator, device=self._device)
        return drawn.cpu()

    def uniform(self, shape: tuple[int, ...]) -> Tensor:
        """Return uniform float64 numbers in [0, 1)."""
        return torch.rand(
            shape, generator=self.generator, device=self._device, dtype=torch.float64
        ).cpu()

    def integers_up_to(self, limits: Tensor) -> Tensor:
        """Return uniform integers from 0 to each of the limits, both included."""
        return (self.uniform(tuple(limits.shape)) * (limits + 1)).long()

    def booleans(self, shape: tuple[int, ...], probability: float = 0.5) -> Tensor:
        """Return booleans that are True with that probability."""
        return self.uniform(shape) < probability

    def choices(self, values: Sequence[int], n: int) -> Tensor:
        """Return ``n`` of the values, each equally likely."""
        return torch.tensor(values)[self.integers(0, len(values) - 1, (n,))]

    def weighted_indices(self, weights: Sequence[float], n: int) -> Tensor:
        """Return ``n`` indices into the weights, drawn in proportion to them."""
        ends = torch.tensor(weights, dtype=torch.float64).cumsum(0)
        return torch.searchsorted(ends, self.uniform((n,)) * ends[-1], right=True)
