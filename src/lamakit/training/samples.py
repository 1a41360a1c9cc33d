"""Samples of image and mask, how one is made of a file, and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._imports import import_extra
from lamakit.images.image_files import ImageSource, open_picture
from lamakit.masks import MaskSampler, generator_for_index
from lamakit.masks.sampler import check_sampler
from lamakit.training.random_crops import RandomCrop


class Sample(NamedTuple):
    """One item of a data set for training.

    Args:
        image: RGB, values in [0, 1].
        mask: 1 where a pixel is missing, 0 where it is known.
        key: name of the item in its data set.
        skipped: a line "name: reason" for each file that could not be used and was skipped on the
            way to this sample.
        shard: number of the shard that the sample comes from, counted over all epochs; 0 for data
            sets without shards.

    Shape:
        - image: (3, S, S)
        - mask: (1, S, S)

    Example:
        >>> sample = Sample(torch.rand(3, 64, 64), torch.zeros(1, 64, 64), key="photo.jpg")
        >>> sample.skipped
        ()
    """

    image: Tensor
    mask: Tensor
    key: str
    skipped: tuple[str, ...] = ()
    shard: int = 0


class Batch(NamedTuple):
    """Samples that are used together in one training step.

    Args:
        image: the samples' images.
        mask: the samples' masks.
        keys: the samples' names, in the same order.
        skipped: the lines of all samples about files that were skipped.
        shard: the smallest shard number of the samples.

    Shape:
        - image: (B, 3, S, S)
        - mask: (B, 1, S, S)

    Example:
        >>> batch = Batch(torch.rand(1, 3, 8, 8), torch.zeros(1, 1, 8, 8), ["a.jpg"], [], shard=0)
        >>> batch.image.shape
        torch.Size([1, 3, 8, 8])
    """

    image: Tensor
    mask: Tensor
    keys: list[str]
    skipped: list[str]
    shard: int


def collate(samples: Sequence[Sample]) -> Batch:
    """Join samples into a batch.

    Args:
        samples: at least one; all of one size.

    Raises:
        ValueError: if there are no samples.

    Example:
        >>> sample = Sample(torch.rand(3, 64, 64), torch.zeros(1, 64, 64), key="photo.jpg")
        >>> collate([sample, sample]).image.shape
        torch.Size([2, 3, 64, 64])
    """
    if not samples:
        raise ValueError("samples must not be empty: a batch holds at least one")
    return Batch(
        image=torch.stack([sample.image for sample in samples]),
        mask=torch.stack([sample.mask for sample in samples]),
        keys=[sample.key for sample in samples],
        skipped=[line for sample in samples for line in sample.skipped],
        shard=min(sample.shard for sample in samples),
    )


@dataclass(frozen=True, kw_only=True)
class SampleMaker:
    """What makes an image and its mask of an image file.

    ``maker(source, epoch, index)`` opens the file and draws first the crop, then the mask, with
    ``generator_for_index(seed, epoch, index)``. So an item has the same crop and mask whatever the
    number of workers and ranks, and new ones in every epoch.

    The source is a path, or a file that is open in binary mode; the index is the item's number or
    key in its data set. Files that cannot be used raise ValueError or OSError when the maker is
    called: those that are missing, damaged or tiny, or have more pixels than the limit above which
    Pillow warns of decompression bombs (``PIL.Image.MAX_IMAGE_PIXELS``, about 89 million).

    Args:
        crop: cuts the image out of the picture.
        masks: draws the mask, of the crop's size.
        seed: of the random numbers, at least 0.

    Shape:
        - ``maker(source, epoch, index)``: (3, S, S) and (1, S, S), with S = ``crop.size``

    Raises:
        ValueError: if the seed is negative.
        TypeError: if an argument is of another type.
        ImportError: if Pillow is missing (the extra ``io``).

    Example:
        >>> import tempfile
        >>> from lamakit.images import save_image
        >>> from lamakit.masks import medium
        >>> file = f"{tempfile.mkdtemp()}/photo.png"
        >>> save_image(torch.rand(1, 3, 80, 90), file)
        >>> maker = SampleMaker(crop=RandomCrop(size=64), masks=medium(64))
        >>> image, mask = maker(file, epoch=0, index=0)
        >>> image.shape, mask.shape
        (torch.Size([3, 64, 64]), torch.Size([1, 64, 64]))
    """

    crop: RandomCrop
    masks: MaskSampler
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.crop, RandomCrop):
            raise TypeError(f"crop must be a RandomCrop, got {self.crop!r:.100}")
        check_sampler("masks", self.masks)
        check_at_least("seed", self.seed, 0)

    def __call__(self, source: ImageSource, epoch: int, index: int | str) -> tuple[Tensor, Tensor]:
        """Make an image and its mask of a file."""
        generator = generator_for_index(self.seed, epoch, index)
        pillow = import_extra("PIL.Image", extra="io", user="SampleMaker")
        picture = open_picture(source, user="SampleMaker", max_pixels=pillow.MAX_IMAGE_PIXELS)
        image = self.crop(picture, generator)
        return image, self.masks((self.crop.size, self.crop.size), generator=generator)


def skipped_line(name: str, error: Exception) -> str:
    """Return the line "name: reason" about a file that was skipped because of an error."""
    return f"{name}: {' '.join(str(error).split())}"
