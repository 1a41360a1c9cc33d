"""Masks from tensors and from files: in their order, or drawn and fitted to any size."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.sampler import Draws, Sampler
from lamakit.masks.stack import MaskStack

__all__ = ["FromFolder", "FromMasks", "MaskFiles", "fit", "import_pillow"]

_IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class FromMasks(Sampler):
    """Masks drawn from a stack, at random mirrored, cut to shape and resized.

    The largest window of the wanted aspect ratio is cut out at a random place and resized to the
    nearest pixel.

    Args:
        masks: to draw from, each as likely.
        flip: whether a mask may be mirrored, each axis half of the time.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        TypeError: if ``masks`` is not a :class:`MaskStack`.

    Example:
        >>> sampler = FromMasks(MaskStack.of(torch.eye(64)[None]))
        >>> sampler((32, 48)).shape
        torch.Size([1, 32, 48])
    """

    masks: MaskStack
    flip: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.masks, MaskStack):
            raise TypeError(
                f"masks must be a MaskStack, got {type(self.masks).__name__}; "
                "MaskStack.of makes one from a tensor"
            )

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        drawn = self.masks.select(draws.integers(0, len(self.masks) - 1, (n,)))
        return fit(drawn, size, draws, flip=self.flip).to(device)


@dataclass(frozen=True)
class MaskFiles:
    """The masks of a folder's files in the order of their names: one for each image of a test set.

    Files are listed once, and read when they are asked for: in a data loader, by its workers.
    Images need Pillow (``pip install "lamakit[masks]"``); a pixel is missing where the image is
    brighter than half. Arrays (``.npy``) are (H, W), bool, or uint8 with 255 for missing.

    Args:
        folder: its path, such as a folder that :func:`write_evaluation_set` made for a sampler; the
            folders in it are not searched.
        count: how many masks, at least 0: the first ones. None for all.

    Shape:
        - Items: (1, H, W), 1 where a pixel is missing

    Raises:
        ValueError: if the folder holds no masks, or fewer than ``count``; of an item, if its file
            holds no mask.
        IndexError: if there is no mask of that number.
        ImportError: of an item, if it is an image and Pillow is missing.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> np.save(f"{folder}/diagonal.npy", np.eye(64, dtype=bool))
        >>> masks = MaskFiles(folder)
        >>> len(masks), masks[0].shape
        (1, torch.Size([1, 64, 64]))
    """

    folder: str | os.PathLike[str]
    count: int | None = field(default=None, kw_only=True)
    _files: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folder = Path(self.folder)
        if not folder.is_dir():
            raise ValueError(f"folder must be an existing folder, got {str(folder)!r}")
        known = (".npy", *_IMAGES)
        files = sorted(
            path.name
            for path in folder.iterdir()
            if path.suffix.lower() in known and path.is_file()
        )
        if not files:
            raise ValueError(f"no masks in {str(folder)!r}: known files are *{', *'.join(known)}")
        if self.count is not None:
            check_at_least("count", self.count, 0)
            if self.count > len(files):
                raise ValueError(
                    f"count must be at most {len(files)}, as many masks as {str(folder)!r} holds, "
                    f"got {self.count}; write_evaluation_set adds to a set of its own"
                )
        object.__setattr__(self, "folder", str(folder))
        object.__setattr__(self, "_files", tuple(files[: self.count]))

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Tensor:
        number = range(len(self))[operator.index(index)]  # an IndexError, or a negative one's
        return _read(Path(self.folder, self._files[number]))[None].float()

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True)
class FromFolder(Sampler):
    """Masks drawn from the files of a folder, at random mirrored, cut to shape and resized.

    The files are those of :class:`MaskFiles`, which has them in their order and as they are.

    Args:
        folder: its path; the folders in it are not searched.
        flip: whether a mask may be mirrored, each axis half of the time.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if the folder holds no masks; when drawing, if a file holds no mask.
        ImportError: when drawing, if an image is to be read and Pillow is missing.

    Example:
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
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        numbers = draws.integers(0, len(self._masks) - 1, (n,)).tolist()
        masks = [fit(self._masks[number], size, draws, flip=self.flip) for number in numbers]
        return torch.cat(masks).to(device)


def fit(masks: Tensor, size: tuple[int, int], draws: Draws, *, flip: bool) -> Tensor:
    """Masks (n, H, W), cut to the aspect ratio of a size and resized to it: (n, 1, *size)."""
    n, *sides = masks.shape
    windows = (
        min(sides[0], max(1, sides[1] * size[0] // size[1])),
        min(sides[1], max(1, sides[0] * size[1] // size[0])),
    )
    rows, columns = (
        _window(side, window, wanted, n, draws, flip=flip)
        for side, window, wanted in zip(sides, windows, size, strict=True)
    )
    fitted = masks[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return fitted[:, None].float()


def _window(side: int, window: int, wanted: int, n: int, draws: Draws, *, flip: bool) -> Tensor:
    """Where each of ``wanted`` pixels comes from along an axis, (n, wanted)."""
    pixels = torch.arange(wanted) * window // wanted
    first = draws.up_to(torch.full((n, 1), side - window))
    mirrored = draws.coins((n, 1)) & flip
    return first + torch.where(mirrored, window - 1 - pixels, pixels)


def _read(path: Path) -> Tensor:
    if path.suffix.lower() == ".npy":
        array = np.load(path, allow_pickle=False)
    else:
        image = import_pillow()
        with image.open(path) as opened:
            deep = opened.mode.startswith(("I", "F"))  # Pillow would clip them, not scale them
            array = np.asarray(opened if deep else opened.convert("L"))
    if array.ndim != 2 or array.dtype not in (np.bool_, np.uint8) or not array.size:
        raise ValueError(
            f"{str(path)!r} holds {array.dtype} of shape {array.shape}, not a mask: save it as "
            "(H, W), bool, or uint8 with 255 for missing"
        )
    return torch.from_numpy(np.array(array if array.dtype == np.bool_ else array > 127))


def import_pillow() -> ModuleType:
    """Pillow's ``Image`` module."""
    try:
        from PIL import Image  # noqa: PLC0415 (an extra, for those who read or write images)
    except ImportError as error:
        raise ImportError('images need Pillow: pip install "lamakit[masks]"') from error
    return Image
