"""Masks from tensors and from files, fitted to any size."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from lamakit.masks.sampler import Draws, Sampler
from lamakit.masks.stack import MaskStack

__all__ = ["FromFolder", "FromMasks", "fit", "import_pillow"]

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
class FromFolder(Sampler):
    """Masks drawn from the files of a folder, at random mirrored, cut to shape and resized.

    Files are listed once, by name, and read when they are drawn: in a data loader, by its workers.
    Images need Pillow (``pip install "lamakit[masks]"``); a pixel is missing where the image is
    brighter than half. Arrays (``.npy``) are (H, W), bool, or uint8 with 255 for missing.

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
    _files: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folder = Path(self.folder)
        if not folder.is_dir():
            raise ValueError(f"folder must be an existing folder, got {str(folder)!r}")
        known = (".npy", *_IMAGES)
        files = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in known)
        if not files:
            raise ValueError(f"no masks in {str(folder)!r}: known files are *{', *'.join(known)}")
        object.__setattr__(self, "folder", str(folder))
        object.__setattr__(self, "_files", tuple(files))

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        masks = []
        for number in draws.integers(0, len(self._files) - 1, (n,)).tolist():
            mask = _read(Path(self.folder, self._files[number]))
            masks.append(fit(mask[None], size, draws, flip=self.flip))
        return torch.cat(masks).to(device)


def fit(masks: Tensor, size: tuple[int, int], draws: Draws, *, flip: bool) -> Tensor:
    """Bool masks (n, H, W), cut to the aspect ratio of a size and resized to it: (n, 1, *size)."""
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
