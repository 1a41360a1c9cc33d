"""The protocol of mask samplers, and the base classes of lamakit's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least, check_size
from lamakit.masks.random_numbers import Random
from lamakit.masks.raster import Spans, fill_spans


@runtime_checkable
class MaskSampler(Protocol):
    """Anything that draws random masks: float, 1 where a pixel is missing, 0 where it is known.

    Calls with a ``torch.Generator`` of the same seed return the same masks, whatever was drawn
    before: a sampler does not change when it is used.

    Shape:
        - ``sampler((H, W))``: (1, H, W)
        - ``sampler.batch(n, (H, W))``: (n, 1, H, W)
    """

    def __call__(
        self, size: tuple[int, int], *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw one mask of that (H, W), on the CPU."""
        ...

    def batch(
        self,
        n: int,
        size: tuple[int, int],
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """Draw ``n`` independent masks of that (H, W), on ``device``."""
        ...


class BaseSampler(ABC):
    """The base of lamakit's own samplers, which are frozen dataclasses."""

    def __call__(
        self, size: tuple[int, int] | int, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw one mask of that (H, W), or of a square's side, on the CPU."""
        return self.batch(1, size, generator=generator)[0]

    def batch(
        self,
        n: int,
        size: tuple[int, int] | int,
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """Draw ``n`` independent masks of that (H, W), or of a square's side.

        They are made on ``device``, which is the CPU by default.
        """
        check_at_least("n", n, 0)
        height, width = as_size(size)
        target = torch.device("cpu" if device is None else device)
        if n == 0:
            return torch.zeros(0, 1, height, width, dtype=torch.float32, device=target)
        with torch.device("cpu"):  # random numbers are made here, whatever torch's default device
            return self._draw(n, (height, width), Random(generator), target)

    @abstractmethod
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        """Draw ``n`` masks for :meth:`batch`, where ``n`` is at least 1."""


class ShapeSampler(BaseSampler):
    """The base of samplers whose masks are unions of convex shapes."""

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        return fill_spans(self.spans(n, size, random, device), n, size)

    @abstractmethod
    def spans(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Spans:
        """Draw the shapes of ``n`` masks; return where they meet the rows of their masks."""


def as_size(size: object) -> tuple[int, int]:
    """Return the (H, W) that a size of masks means: an int is the side of a square.

    Raises:
        TypeError: if it is neither an int nor a pair of them.
        ValueError: if a side is below 1.
    """
    if isinstance(size, int):
        check_at_least("size", size, 1)
        return size, size
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        is_image = isinstance(size, Tensor) or (isinstance(size, torch.Size) and len(size) > 2)
        raise TypeError(
            f"size must be (H, W), or an int for a square, got {size!r:.60} of type "
            f"{type(size).__name__}" + "; of an image, give image.shape[-2:]" * is_image
        )
    check_size("size", size)
    return size[0], size[1]


def check_sampler(name: str, value: object) -> None:
    """Raise unless ``value`` is a mask sampler."""
    if isinstance(value, type) or not isinstance(value, MaskSampler):
        raise TypeError(
            f"{name} must be a mask sampler such as thick(256), got {value!r} "
            f"of type {type(value).__name__}"
        )


def check_choices(name: str, values: Sequence[int], minimum: int) -> tuple[int, ...]:
    """Return the values as a tuple, or raise unless all are integers of at least ``minimum``.

    There must be at least one.
    """
    if not values:
        raise ValueError(f"{name} must not be empty: one of them is drawn for each mask")
    for number, value in enumerate(values):
        check_at_least(f"{name}[{number}]", value, minimum)
    return tuple(values)
