"""One forward pass of a model over a smaller copy of an image."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_at_least
from lamakit.images.compositing import composite_unchecked
from lamakit.images.resizing import downsample, fit_side, upsample
from lamakit.inpainting.single_pass import check_arguments, inpaint_unchecked


def inpaint_multiscale(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    max_side: int = 512,
    size_multiple: int | None = None,
) -> Tensor:
    """Fill the missing pixels of an image from a smaller copy of it.

    A model fills best the images that are about as large as those it was trained with. So a copy
    of that size is filled, and the result enlarged: it has the right structure and little detail.
    Known pixels are the input's, bit for bit. Time and memory of the model do not grow with the
    image. :func:`~lamakit.refinement.refine` starts in the same way and adds the detail.

    Args:
        model: as for :func:`inpaint`.
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used.
        mask: 0 where a pixel is known; any value above 0 means missing.
        max_side: longer side of the copy in pixels, from 1 up. An image that is no larger is filled
            as it is.
        size_multiple: as for :func:`inpaint`.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: as for :func:`inpaint`, or if ``max_side`` is below 1.
        TypeError: if image or mask is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1).eval()
        >>> image, mask = torch.rand(1, 3, 300, 400), torch.zeros(1, 1, 300, 400)
        >>> mask[..., 100:200, 100:300] = 1
        >>> with torch.inference_mode():
        ...     inpaint_multiscale(model, image, mask, max_side=100).shape
        torch.Size([1, 3, 300, 400])

    Source:
        The report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions"
        (Srir et al., 2023), sec. 6.2. Difference: a pixel of the copy is missing if any missing
        pixel contributes to it, so nothing from under the hole reaches the model.
    """
    check_arguments(image, mask, size_multiple)
    check_at_least("max_side", max_side, 1)
    size = image.shape[2], image.shape[3]
    small = downsample(image, mask, fit_side(size, max_side))
    filled = inpaint_unchecked(model, *small, size_multiple)
    return composite_unchecked(upsample(filled, size), image, mask)
