"""Images, masks and a counter of calls, for the tests of several parts."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import FrameType, FunctionType

import torch
from torch import Tensor

from tests.helpers import seeded

__all__ = ["counted_calls", "image_with_boxes", "random_pair"]


@contextlib.contextmanager
def counted_calls(function: Callable[..., object]) -> Iterator[list[str]]:
    """Yield a list that gets the name of a function each time that it is called, from anywhere."""
    assert isinstance(function, FunctionType)
    calls: list[str] = []
    code = function.__code__

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is code:
            calls.append(code.co_name)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def random_pair(
    height: int,
    width: int,
    *,
    batch: int = 2,
    share: float = 0.3,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Return random images, and masks in which each pixel is missing with a chance of ``share``."""
    generator = seeded(seed)
    image = torch.rand(batch, 3, height, width, generator=generator).to(dtype)
    mask = (torch.rand(batch, 1, height, width, generator=generator) < share).to(dtype)
    return image, mask


def image_with_boxes(
    size: tuple[int, int], *holes: tuple[int, int, int, int]
) -> tuple[Tensor, Tensor]:
    """Return an image and its mask, in which boxes (top, left, bottom, right) are missing."""
    image, mask = torch.rand(1, 3, *size, generator=seeded()), torch.zeros(1, 1, *size)
    for top, left, bottom, right in holes:
        mask[..., top:bottom, left:right] = 1
    return image, mask
