"""The images and masks of an evaluation, in batches: given apart, as pairs, or by a loader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import zip_longest
from typing import TypeAlias

import torch
from torch import Tensor
from torch.utils.data import DataLoader, default_collate

from lamakit._checks import check_image_and_mask

Images: TypeAlias = Iterable[Tensor] | Iterable[Sequence[Tensor]]
"""Images, or pairs of image and mask; each a single one or a batch."""

_PAIRS = "evaluate(method, images, masks), or evaluate(method, pairs) with pairs (image, mask)"


def image_batches(
    images: Images, masks: Iterable[Tensor] | None, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of images (B, C, H, W) and masks (B, 1, H, W), in their order.

    Single images of one size that follow each other are put together, at most ``batch_size`` in a
    batch. Batches stay as they are.
    """
    batch: list[tuple[Tensor, Tensor]] = []
    for image, mask in _pairs(images, masks):
        is_batch = image.ndim == 4
        check_image_and_mask(*((image, mask) if is_batch else (image[None], mask[None])))
        if batch and (len(batch) == batch_size or batch[0][0].shape != image.shape):
            yield _collated(batch)
            batch = []
        if is_batch:
            yield image, mask
        else:
            batch.append((image, mask))
    if batch:
        yield _collated(batch)


def count_images(images: Images) -> int | None:
    """Return the number of images, None if it is not known before they are gone through."""
    # A loader's own length is the number of its batches.
    counted = images.dataset if isinstance(images, DataLoader) else images
    return len(counted) if isinstance(counted, Sized) else None


def _pairs(images: Images, masks: Iterable[Tensor] | None) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each image with its mask, as they were given."""
    if masks is None:
        for item in images:
            yield _pair(item)
        return
    for image, mask in zip_longest(images, masks):
        if image is None or mask is None:
            raise ValueError("images and masks must be equally many: one mask for each image")
        if not (isinstance(image, Tensor) and isinstance(mask, Tensor)):
            kinds = f"{type(image).__name__} and {type(mask).__name__}"
            raise TypeError(f"images and masks must be tensors, got {kinds}; give {_PAIRS}")
        yield image, mask


def _pair(item: object) -> tuple[Tensor, Tensor]:
    """Return the image and the mask that an item begins with."""
    if not isinstance(item, Sequence) or [*map(torch.is_tensor, item[:2])] != [True, True]:
        raise TypeError(f"an image came without its mask, as {type(item).__name__}: give {_PAIRS}")
    image, mask = item[:2]
    return image, mask


def _collated(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    image, mask = default_collate(batch)
    return image, mask
