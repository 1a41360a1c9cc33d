"""Masks in files, in the order of their names."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit.images import as_mask, read_mask

_SUFFIXES = (".npy", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class MaskFiles:
    """The masks in a folder's files, in the order of their names, such as those of a test set.

    The files are listed once. Each is read when it is asked for, so by a data loader's workers.

    Images are read by :func:`lamakit.images.read_mask`: pixels brighter than half are missing.
    Files with transparent pixels, which can mean two opposite things, are refused: convert them by
    ``save_image(read_mask(path, transparency=...), path)``.
    Arrays (``.npy``) are (H, W): bool, or uint8 with values above 127 for missing.

    Args:
        folder: its path, such as one that :func:`write_evaluation_set` made for a sampler; folders
            inside of it are not searched.
        count: number of masks, at least 0: the first ones. None for all.

    Shape:
        - Items: (1, H, W), float32, 1 where a pixel is missing

    Raises:
        ValueError: if the folder has no masks, or fewer than ``count``; when an item is read, if
            its file is not a mask.
        IndexError: if there is no mask of that number.
        ImportError: when an item is read that is an image, if Pillow is missing (the extra ``io``).

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
        files = sorted(
            path.name
            for path in folder.iterdir()
            if path.suffix.lower() in _SUFFIXES and path.is_file()
        )
        if not files:
            raise ValueError(
                f"no masks in {str(folder)!r}: known files are *{', *'.join(_SUFFIXES)}"
            )
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
        number = range(len(self))[operator.index(index)]  # checks it, and counts from the end
        path = Path(self.folder, self._files[number])
        try:
            return (_read_array(path) if path.suffix.lower() == ".npy" else read_mask(path))[0]
        except ValueError as error:
            raise ValueError(
                f"{str(path)!r} is no mask file: {error}. Convert it once, with the arguments that "
                "read_mask or as_mask need, and save_image"
            ) from error

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(len(self)))


def _read_array(path: Path) -> Tensor:
    array = np.load(path, allow_pickle=False)
    if array.ndim != 2 or array.dtype not in (np.bool_, np.uint8) or not array.size:
        raise ValueError(
            f"{str(path)!r} holds {array.dtype} of shape {array.shape}, not a mask: save it as "
            "(H, W), bool, or uint8 with 255 for missing"
        )
    return as_mask(array)
