"""A data set of the image files in a folder."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import torch
from torch.utils.data import Dataset
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks import generator_for_index
from lamakit.training.samples import Sample, SampleMaker, skipped_line

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
_TRIES = 100  # so many files in a row that cannot be used are no accident
_REASONS_SHOWN = 5


class ImageFolder(Dataset[Sample]):
    """The image files in a folder and its subfolders, each with a random mask.

    Files count as images by their suffix, in upper or lower case: bmp, gif, jpeg, jpg, pgm, png,
    ppm, tif, tiff and webp. They are sorted by their paths below the folder, so their numbers are
    the same on every machine. None is opened before its sample is asked for. Links to folders are
    not followed.

    ``data[epoch, index]`` is the sample of file ``index`` in that epoch; its key is the file's path
    below the folder, with forward slashes. :class:`SampleOrder` gives such pairs to a DataLoader.

    A file that cannot be used, because it is damaged or smaller than the crop, is skipped: another
    file is drawn at random in its place, which depends on the maker's seed, the epoch and the index
    only. ``Sample.skipped`` says so.

    Args:
        folder: path of the folder.
        maker: makes image and mask of a file.

    Raises:
        ValueError: if there is no image file in the folder; when a sample is asked for, if 100
            files drawn for it cannot be used either.
        TypeError: if ``maker`` is no :class:`SampleMaker`, or what is asked for is not a pair.
        OSError: if the folder or one of its subfolders cannot be read.
        IndexError: if there is no file of that number.

    Example:
        >>> import tempfile
        >>> from lamakit.images import save_image
        >>> from lamakit.masks import medium
        >>> from lamakit.training.random_crops import RandomCrop
        >>> folder = tempfile.mkdtemp()
        >>> save_image(torch.rand(1, 3, 80, 90), f"{folder}/photo.png")
        >>> maker = SampleMaker(crop=RandomCrop(size=64), masks=medium(64))
        >>> data = ImageFolder(folder, maker)
        >>> len(data), data[0, 0].key
        (1, 'photo.png')
    """

    def __init__(self, folder: str | os.PathLike[str], maker: SampleMaker) -> None:
        if not isinstance(maker, SampleMaker):
            raise TypeError(f"maker must be a SampleMaker, got {maker!r:.100}")
        self.folder = Path(folder)
        self.maker = maker
        # All names are one string of bytes. Each of many str objects would be copied into the
        # memory of every worker, because Python counts references inside of the object.
        encoded = [os.fsencode(name) for name in _image_names(self.folder)]
        self._names = b"".join(encoded)
        self._ends = array("Q", [0])
        for name in encoded:
            self._ends.append(self._ends[-1] + len(name))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @override
    def __getitem__(self, place: tuple[int, int]) -> Sample:
        epoch, index = check_place(place, len(self))
        skipped: dict[str, str] = {}
        generator = generator_for_index(self.maker.seed, epoch, f"instead of {index}")
        number = index
        for _ in range(_TRIES):
            name = self._name(number)
            if name not in skipped:
                try:
                    image, mask = self.maker(self.folder / name, epoch, index)
                except (ValueError, OSError) as error:
                    skipped[name] = skipped_line(name, error)
                else:
                    return Sample(image, mask, name, tuple(skipped.values()))
            number = int(torch.randint(len(self), (), generator=generator, device="cpu"))
        raise ValueError(
            f"{_TRIES} files drawn from {str(self.folder)!r} in a row cannot be used; among them:\n"
            + "\n".join(list(skipped.values())[-_REASONS_SHOWN:])
        )

    def _name(self, index: int) -> str:
        """Return the path of a file below the folder."""
        return os.fsdecode(self._names[self._ends[index] : self._ends[index + 1]])


def check_place(place: object, length: int) -> tuple[int, int]:
    """Return ``place`` if it is an (epoch, index) of a data set of that length, or raise."""
    if not isinstance(place, tuple) or len(place) != 2:
        raise TypeError(
            f"samples are asked for by (epoch, index), got {place!r}: give the DataLoader a "
            "SampleOrder, as make_loader does"
        )
    epoch, index = place
    check_at_least("epoch", epoch, 0)
    if not 0 <= index < length:
        raise IndexError(f"index must be from 0 to {length - 1}, got {index}")
    return epoch, index


def find_images(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the paths of the image files that an :class:`ImageFolder` finds, in its order.

    Raises:
        ValueError: if there is none.
        OSError: if the folder or one of its subfolders cannot be read.
    """
    return [Path(folder) / name for name in _image_names(Path(folder))]


def _image_names(folder: Path) -> list[str]:
    """Return the paths of all image files below a folder, relative to it, sorted."""

    def fail(error: OSError) -> None:
        raise error

    found = []
    for parent, _, names in os.walk(folder, onerror=fail):
        below = Path(parent).relative_to(folder)
        prefix = f"{below.as_posix()}/" if below.parts else ""
        found += [prefix + name for name in names if name.lower().endswith(IMAGE_SUFFIXES)]
    if not found:
        raise ValueError(
            f"there is no image file in {str(folder)!r} or below: files with the suffixes "
            f"{', '.join(IMAGE_SUFFIXES)} are looked for"
        )
    return sorted(found)
