"""Each hole on its own: a network sees a crop around it and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_image_and_mask
from lamakit.images.compositing import blend
from lamakit.images.padding import crop_to_size
from lamakit.images.resizing import downsample, fit_side, upsample
from lamakit.inpainting.single_pass import inpaint, pad_for

__all__ = ["inpaint_crop"]


def inpaint_crop(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    margin: int = 128,
    max_side: int = 512,
    batch_size: int = 4,
    feather: int = 0,
) -> Tensor:
    """The image with each of its holes filled from what surrounds it.

    A crop is cut around each connected hole; crops that touch become one. Crops of one size go
    through the model together. So the cost follows the holes and not the image, and what is far
    from a hole cannot influence its filling. To find the holes their mask is copied to the CPU.

    Args:
        model: as for :func:`inpaint`.
        image: values in [0, 1]. What it holds under the hole is not looked at, unless ``feather``
            asks for it.
        mask: 1 where a pixel is missing, 0 where it is known.
        margin: known pixels around a hole that its crop takes in, where the image has them.
        max_side: longest side in pixels at which the model gets a crop. A longer crop is filled
            at that size and the filling enlarged, as :func:`inpaint_multiscale` does.
        batch_size: most crops in one pass.
        feather: passed to :func:`blend`: over how many pixels inside the hole the filling fades in.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: if the shapes or devices do not fit or an argument is out of range.
        TypeError: if image or mask is not a floating-point tensor.
        ImportError: if scipy is missing (the extra ``crop``).

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
    check_image_and_mask(image, mask)
    check_at_least("margin", margin, 0)
    check_at_least("max_side", max_side, 1)
    check_at_least("batch_size", batch_size, 1)
    check_at_least("feather", feather, 0)
    by_shape: dict[torch.Size, list[_Crop]] = defaultdict(list)
    for number, hole in enumerate(mask[:, 0] > 0):
        for box in _merge(_boxes(hole, margin)):
            window = box.of_image(number)
            size = fit_side(box.size, max_side)
            pair = image[window], mask[window]
            pixels, missing = pair if size == box.size else downsample(*pair, size)
            crop = _Crop(box, window, size, pad_for(model, pixels), pad_for(model, missing))
            by_shape[crop.image.shape].append(crop)
    filled = image.clone()
    for crops in by_shape.values():
        for start in range(0, len(crops), batch_size):
            batch = crops[start : start + batch_size]
            stacked = (
                torch.cat(parts) for parts in ([c.image for c in batch], [c.mask for c in batch])
            )
            for crop, padded in zip(batch, inpaint(model, *stacked).split(1), strict=True):
                filling = crop_to_size(padded, crop.size)
                same = crop.size == crop.box.size
                filled[crop.window] = filling if same else upsample(filling, crop.box.size)
    return blend(filled, image, mask, feather=feather)


class _Box(NamedTuple):
    """A window of an image; bottom and right lie outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left

    def of_image(self, number: int) -> tuple[slice, ...]:
        """The index of this window in one image of a batch."""
        sides = slice(self.top, self.bottom), slice(self.left, self.right)
        return slice(number, number + 1), slice(None), *sides

    def touches(self, other: _Box) -> bool:
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def union(self, other: _Box) -> _Box:
        return _Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


class _Crop(NamedTuple):
    """A window of one image of the batch: shrunk to ``size``, then padded for the model."""

    box: _Box
    window: tuple[slice, ...]
    size: tuple[int, int]
    image: Tensor
    mask: Tensor


def _boxes(hole: Tensor, margin: int) -> list[_Box]:
    """The windows of an (H, W) mask's connected holes, diagonals included, with their margins."""
    try:
        from scipy import ndimage  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ImportError("inpaint_crop needs scipy: pip install 'lamakit[crop]'") from error

    height, width = hole.shape
    labels, _ = ndimage.label(hole.cpu().numpy(), structure=[[1] * 3] * 3)
    return [
        _Box(
            max(rows.start - margin, 0),
            max(columns.start - margin, 0),
            min(rows.stop + margin, height),
            min(columns.stop + margin, width),
        )
        for rows, columns in ndimage.find_objects(labels)
    ]


def _merge(boxes: Iterable[_Box]) -> list[_Box]:
    """The boxes, those that touch replaced by one around them, until none touch."""
    apart: list[_Box] = []
    for new in boxes:
        box = new
        while touching := [other for other in apart if box.touches(other)]:
            for other in touching:
                apart.remove(other)
                box = box.union(other)
        apart.append(box)
    return apart
