"""Overlapping tiles, for images that fit nowhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_image_and_mask
from lamakit._models import first_parameter
from lamakit.images.compositing import composite
from lamakit.inpainting.single_pass import inpaint

__all__ = ["inpaint_tiled"]


def inpaint_tiled(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    tile: int = 512,
    overlap: int | None = None,
) -> Tensor:
    """The image with its holes filled tile by tile, neighbours fading into each other.

    Only tiles that a hole reaches into go through the model, each on its own: the memory is that of
    one tile and the image. The image may stay on the CPU while the model is on a GPU. To find the
    tiles the mask's values are read.

    A network of Fourier convolutions works on a tile as it does on an image, and about as it was
    trained if the tile has the size of the training images. But its image-wide view ends at the
    tile's border: what repeats across the image is continued only as far as it repeats inside the
    tile, two ends of a long hole know nothing of each other, and a tile that lies in the hole as a
    whole is filled from nothing. Holes should be thinner than ``overlap``: scratches, text, cables.

    Args:
        model: as for :func:`inpaint`.
        image: values in [0, 1]. What it holds under the hole is not looked at.
        mask: 1 where a pixel is missing, 0 where it is known.
        tile: side of the tiles in pixels; a shorter side of the image is taken whole.
        overlap: pixels that neighbouring tiles share at least, below ``tile``; None for a quarter
            of ``tile``.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: if the shapes or devices do not fit or an argument is out of range.
        TypeError: if image or mask is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1).eval()
        >>> image, mask = torch.rand(1, 3, 300, 400), torch.zeros(1, 1, 300, 400)
        >>> mask[..., 150:155, :] = 1
        >>> with torch.inference_mode():
        ...     inpaint_tiled(model, image, mask, tile=128, overlap=32).shape
        torch.Size([1, 3, 300, 400])
    """
    check_image_and_mask(image, mask)
    check_at_least("tile", tile, 1)
    overlap = tile // 4 if overlap is None else overlap
    check_at_least("overlap", overlap, 0)
    if overlap >= tile:
        raise ValueError(f"overlap must be below tile={tile}, got {overlap}")
    sides = [min(tile, side) for side in image.shape[2:]]
    parameter = first_parameter(model)
    device = image.device if parameter is None else parameter.device
    window = torch.outer(*(_ramp(side, overlap) for side in sides)).to(image.device)
    total = torch.zeros_like(image, dtype=torch.promote_types(image.dtype, torch.float32))
    weight = torch.zeros_like(mask, dtype=total.dtype)
    starts = [_starts(*pair, overlap) for pair in zip(image.shape[2:], sides, strict=True)]
    for number, top, left in product(range(len(image)), *starts):
        rows, columns = slice(top, top + sides[0]), slice(left, left + sides[1])
        part = slice(number, number + 1), slice(None), rows, columns
        if (mask[part] > 0).any():
            filled = inpaint(model, image[part].to(device), mask[part].to(device))
            total[part] += window * filled.to(total)
            weight[part] += window
    # Where no tile was filled nothing is missing, and any number will do.
    return composite(total / weight.clamp(min=1e-6), image, mask)


def _starts(side: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin that cover a side, the last one flush with its end."""
    return [*range(0, side - tile, max(tile - overlap, 1)), side - tile]


def _ramp(side: int, overlap: int) -> Tensor:
    """Weights that rise over the overlap, hold, and fall over it again; never 0."""
    rising = torch.arange(1, side + 1).clamp(max=overlap + 1) / (overlap + 1)
    return torch.minimum(rising, rising.flip(0))
