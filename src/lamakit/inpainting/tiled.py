"""Forward passes of a model over overlapping tiles of an image."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._models import first_parameter
from lamakit._progress import progress_bar
from lamakit.images.compositing import composite_unchecked
from lamakit.inpainting.single_pass import check_arguments, inpaint_unchecked


def inpaint_tiled(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    tile: int = 512,
    overlap: int | None = None,
    size_multiple: int | None = None,
    progress: bool = False,
) -> Tensor:
    """Fill the missing pixels of an image tile by tile.

    Neighbouring tiles overlap, and there the result changes gradually from one to the other. Only
    tiles with missing pixels go through the model, one at a time, so the memory needed is that of
    one tile and of the image. The image may stay on the CPU while the model is on a GPU. The values
    of the mask are read to choose the tiles.

    The model knows nothing of what is outside a tile. A Fourier convolution continues a pattern
    only as far as it repeats inside the tile; the parts of a hole in different tiles are filled
    without regard to each other; and a tile without known pixels is filled from nothing. So this
    is for holes that are thinner than ``overlap``, such as scratches, text and cables, and for
    tiles about as large as the images that the model was trained with.

    Args:
        model: as for :func:`inpaint`.
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used.
        mask: 0 where a pixel is known; any value above 0 means missing.
        tile: side of the tiles in pixels, from 1 up; where the image is shorter, a tile is too.
        overlap: smallest number of pixels that neighbouring tiles share, from 0 to below ``tile``;
            None for a quarter of ``tile``.
        size_multiple: as for :func:`inpaint`.
        progress: whether to show a progress bar that counts the tiles with missing pixels.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: as for :func:`inpaint`, or if an argument is out of range.
        TypeError: if image or mask is not a floating-point tensor.
        ImportError: if ``progress`` is set and tqdm is missing (the extra ``io``).

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
    check_arguments(image, mask, size_multiple)
    check_at_least("tile", tile, 1)
    overlap = tile // 4 if overlap is None else overlap
    check_at_least("overlap", overlap, 0)
    if overlap >= tile:
        raise ValueError(f"overlap must be below tile={tile}, got {overlap}")
    # Each tile is added to the image with weights that fall towards its edges, and the sum is
    # divided by the sum of the weights. Along one axis, for two tiles:
    #     weights of the first     1 1 1 1 ¾ ½ ¼
    #     weights of the second            ¼ ½ ¾ 1 1 1 1
    height, width = (min(tile, side) for side in image.shape[2:])
    weights = torch.outer(_ramp(height, overlap), _ramp(width, overlap)).to(image.device)
    total = torch.zeros_like(image, dtype=torch.promote_types(image.dtype, torch.float32))
    total_weight = torch.zeros_like(mask, dtype=total.dtype)
    parameter = first_parameter(model)
    device = image.device if parameter is None else parameter.device
    tops = _starts(image.shape[2], height, overlap)
    lefts = _starts(image.shape[3], width, overlap)
    windows = (
        (slice(n, n + 1), slice(None), slice(top, top + height), slice(left, left + width))
        for n, top, left in product(range(len(image)), tops, lefts)
    )
    parts = [window for window in windows if (mask[window] > 0).any()]
    bar = progress_bar("inpainting", total=len(parts), unit="tile", user="progress=True")
    with bar if progress else contextlib.nullcontext(lambda _: None) as advance:
        for part in parts:
            pair = image[part].to(device), mask[part].to(device)
            filled = inpaint_unchecked(model, *pair, size_multiple)
            total[part] += weights * filled.to(total)
            total_weight[part] += weights
            advance(1)
    # A weight is 0 only where no tile was filled. Nothing is missing there.
    return composite_unchecked(total / total_weight.clamp(min=1e-6), image, mask)


def _starts(side: int, tile: int, overlap: int) -> list[int]:
    """Return the first pixel of each tile along a side; the last tile ends with the side."""
    return [*range(0, side - tile, max(tile - overlap, 1)), side - tile]


def _ramp(side: int, overlap: int) -> Tensor:
    """Return weights that rise to 1 over the overlap and fall over it at the other end.

    The weight of pixel n is min(n + 1, side - n, overlap + 1) / (overlap + 1), so never 0.
    """
    rising = torch.arange(1, side + 1).clamp(max=overlap + 1) / (overlap + 1)
    return torch.minimum(rising, rising.flip(0))
