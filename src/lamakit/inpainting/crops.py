"""Forward passes of a model over crops around the holes of an image."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._models import model_sizes
from lamakit._progress import progress_bar
from lamakit._sizes import fitting_size
from lamakit.images.compositing import blend_unchecked
from lamakit.images.holes import Box, connected_holes_unchecked
from lamakit.images.padding import pad_for_model
from lamakit.images.resizing import downsample, fit_side, upsample
from lamakit.inpainting.single_pass import check_arguments, inpaint_unchecked


def inpaint_crop(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    margin: int = 128,
    max_side: int = 512,
    batch_size: int = 4,
    feather: int = 0,
    size_multiple: int | None = None,
    progress: bool = False,
) -> Tensor:
    """Fill each hole of an image from a crop around it.

    The model sees nothing outside the crop, so distant parts of the image cannot influence a
    filling, and time and memory depend on the holes, not on the size of the image. Crops that touch
    are replaced by one around both. Crops of one size go through the model together. The mask is
    copied to the CPU to find the holes.

    Args:
        model: as for :func:`inpaint`.
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used,
            except those that ``feather`` asks for.
        mask: 0 where a pixel is known; any value above 0 means missing.
        margin: width in pixels, from 0 up, of the surroundings of a hole that its crop takes in.
        max_side: longest side in pixels, from 1 up, at which the model gets a crop. A larger crop
            is downsampled to it and its filling enlarged, as :func:`inpaint_multiscale` does.
        batch_size: largest number of crops in one pass, from 1 up.
        feather: width in pixels of a gradual transition inside the holes; see
            :func:`~lamakit.images.blend`.
        size_multiple: as for :func:`inpaint`.
        progress: whether to show a progress bar that counts the crops.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: as for :func:`inpaint`, or if an argument is out of range.
        TypeError: if image or mask is not a floating-point tensor.
        ImportError: if scipy is missing, or tqdm for ``progress`` (the extra ``io``).

    Example:
        >>> import torch
        >>> sizes = []
        >>> def model(x):
        ...     sizes.append(tuple(x.shape))
        ...     return x[:, :3]
        >>> image, mask = torch.rand(1, 3, 300, 400), torch.zeros(1, 1, 300, 400)
        >>> mask[..., 50:60, 50:70] = 1
        >>> mask[..., 200:210, 300:320] = 1
        >>> result = inpaint_crop(model, image, mask, margin=20)
        >>> sizes
        [(2, 4, 50, 60)]

    Source:
        The report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions"
        (Srir et al., 2023), sec. 7, which shows one crop and no rule to choose it. A crop for each
        hole, margins, merging and shrinking are lamakit's.
    """
    check_arguments(image, mask, size_multiple)
    check_at_least("margin", margin, 0)
    check_at_least("max_side", max_side, 1)
    check_at_least("batch_size", batch_size, 1)
    check_at_least("feather", feather, 0)
    # The idea: a box around each hole and its margin; one box around boxes that touch, since
    # otherwise the filling of one hole would depend on another hole that is not filled yet.
    #
    #     +--------+                         +------------+
    #     | hole 1 |                         | hole 1     |
    #     +--------+             becomes     |            |
    #             +--------+                 |            |
    #             | hole 2 |                 |     hole 2 |
    #             +--------+                 +------------+
    #                        +--------+                     +--------+
    #                        | hole 3 |                     | hole 3 |
    #                        +--------+                     +--------+
    #
    # Boxes of one size go through the model together.
    crops: dict[tuple[int, int], list[_Crop]] = defaultdict(list)
    for number, holes in enumerate(connected_holes_unchecked(mask, user="inpaint_crop")):
        for box in _merge(_widen(hole, margin, image.shape[2:]) for hole in holes):
            size = fit_side(box.size, max_side)
            fitting = fitting_size(size, *model_sizes(model, size_multiple))
            crops[fitting].append(_Crop(number, box, size))
    batches = [
        alike[start : start + batch_size]
        for alike in crops.values()
        for start in range(0, len(alike), batch_size)
    ]
    filled, count = image.clone(), sum(map(len, batches))
    bar = progress_bar("inpainting", total=count, unit="crop", user="progress=True")
    with bar if progress else contextlib.nullcontext(lambda _: None) as advance:
        for batch in batches:
            fillings = _fill(model, image, mask, batch, size_multiple)
            for crop, filling in zip(batch, fillings, strict=True):
                filled[crop.window] = filling
            advance(len(batch))
    return blend_unchecked(filled, image, mask, feather)


class _Crop(NamedTuple):
    """A part of an image of the batch.

    Attributes:
        number: which image of the batch.
        box: the part of that image.
        size: height and width at which the model gets it, before padding.
    """

    number: int
    box: Box
    size: tuple[int, int]

    @property
    def window(self) -> tuple[slice, ...]:
        """The index of the part in a tensor (B, C, H, W)."""
        rows, columns = slice(self.box.top, self.box.bottom), slice(self.box.left, self.box.right)
        return slice(self.number, self.number + 1), slice(None), rows, columns


def _fill(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    crops: list[_Crop],
    size_multiple: int | None,
) -> Iterator[Tensor]:
    """Fill crops that have one size after padding, by one pass; yield each at its own size."""
    pairs = [downsample(image[crop.window], mask[crop.window], crop.size) for crop in crops]
    images, masks = (
        torch.cat([pad_for_model(x, model, size_multiple) for x in part])
        for part in zip(*pairs, strict=True)
    )
    filled_crops = inpaint_unchecked(model, images, masks, size_multiple).split(1)
    for crop, filled in zip(crops, filled_crops, strict=True):
        height, width = crop.size
        yield upsample(filled[..., :height, :width], crop.box.size)


def _widen(box: Box, margin: int, size: Sequence[int]) -> Box:
    """Return the box with a margin, as far as the image of that (H, W) reaches."""
    return Box(
        max(box.top - margin, 0),
        max(box.left - margin, 0),
        min(box.bottom + margin, size[0]),
        min(box.right + margin, size[1]),
    )


def _merge(boxes: Iterable[Box]) -> list[Box]:
    """Return the boxes, with one around those that touch in place of them, until none touch."""
    apart: list[Box] = []
    for new in boxes:
        box = new
        while touching := [other for other in apart if _touch(box, other)]:
            apart = [other for other in apart if other not in touching]
            tops, lefts, bottoms, rights = zip(box, *touching, strict=True)
            box = Box(min(tops), min(lefts), max(bottoms), max(rights))
        apart.append(box)
    return apart


def _touch(a: Box, b: Box) -> bool:
    """Return whether two boxes share a pixel, an edge or a corner."""
    return a.top <= b.bottom and b.top <= a.bottom and a.left <= b.right and b.left <= a.right
