"""Samplers that draw from masks that exist already: from a stack or from a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import torch
from torch import Tensor
from typing_extensions import override

from lamakit.masks.mask_files import MaskFiles
from lamakit.masks.missing_pixels import Masks
from lamakit.masks.random_numbers import Random
from lamakit.masks.sampler import BaseSampler
from lamakit.masks.stack import MaskStack, as_stack


@dataclass(frozen=True)
class FromMasks(BaseSampler):
    """Masks drawn from a stack, mirrored at random, cropped to the wanted shape and resized.

    The crop is the largest window with the wanted aspect ratio, at a random place. It is resized by
    nearest neighbour, so that masks stay 0 and 1.

    Args:
        masks: one of them is drawn for each mask, all equally likely. A :class:`MaskStack`, or
            anything that ``MaskStack.of`` makes one from.
        flip: whether each axis is mirrored, half of the time.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if the masks have another shape.
        TypeError: if they have another type.

    Example:
        >>> sampler = FromMasks(torch.eye(64))
        >>> sampler((32, 48)).shape
        torch.Size([1, 32, 48])
    """

    masks: MaskStack | Masks
    flip: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "masks", as_stack(self.masks))

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        stack = as_stack(self.masks)
        drawn = stack.select(random.integers(0, len(stack) - 1, (n,)))
        return _fit(drawn, size, random, flip=self.flip).to(device)


@dataclass(frozen=True)
class FromFolder(BaseSampler):
    """Masks drawn from the files of a folder, otherwise as in :class:`FromMasks`.

    :class:`MaskFiles` says which files are read. They are read when masks are drawn.

    Args:
        folder: its path; folders inside of it are not searched.
        flip: whether each axis is mirrored, half of the time.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if the folder has no masks; when drawing, if a file is not a mask.
        ImportError: when drawing, if a file is an image and Pillow is missing (the extra ``io``).

    Example:
        >>> import numpy as np
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> np.save(f"{folder}/diagonal.npy", np.eye(64, dtype=bool))
        >>> FromFolder(folder)((32, 48)).shape
        torch.Size([1, 32, 48])
    """

    folder: str | os.PathLike[str]
    flip: bool = field(default=True, kw_only=True)
    _masks: MaskFiles = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        masks = MaskFiles(self.folder)
        object.__setattr__(self, "folder", masks.folder)
        object.__setattr__(self, "_masks", masks)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        numbers = random.integers(0, len(self._masks) - 1, (n,)).tolist()
        masks = [_fit(self._masks[number], size, random, flip=self.flip) for number in numbers]
        return torch.cat(masks).to(device)


def _fit(masks: Tensor, size: tuple[int, int], random: Random, *, flip: bool) -> Tensor:
    """Crop masks (n, H, W) to the aspect ratio of ``size`` and resize them to (n, 1, *size)."""
    # The idea: mirroring, cropping and resizing by nearest neighbour treat rows and columns apart.
    # So it is enough to know, for each row of the result, which row of the mask it is a copy of,
    # and the same for columns.
    #
    #     a mask of 2x6 to (4, 4)    window of 2x2 at column 3    rows 0 0 1 1, columns 3 3 4 4
    n, *sides = masks.shape
    windows = (
        min(sides[0], max(1, sides[1] * size[0] // size[1])),
        min(sides[1], max(1, sides[0] * size[1] // size[0])),
    )
    rows, columns = (
        _sources(side, window, wanted, n, random, flip=flip)
        for side, window, wanted in zip(sides, windows, size, strict=True)
    )
    fitted = masks[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return fitted[:, None].float()


def _sources(side: int, window: int, wanted: int, n: int, random: Random, *, flip: bool) -> Tensor:
    """Return which pixel of an axis each of ``wanted`` pixels is a copy of, (n, wanted)."""
    pixels = torch.arange(wanted) * window // wanted
    first = random.integers_up_to(torch.full((n, 1), side - window))
    mirrored = random.booleans((n, 1)) & flip
    return first + torch.where(mirrored, window - 1 - pixels, pixels)
