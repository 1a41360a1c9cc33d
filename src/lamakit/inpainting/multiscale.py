"""One forward pass over a smaller copy of an image."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_at_least, check_image_and_mask
from lamakit.images.compositing import composite
from lamakit.images.resizing import downsample, fit_side, upsample
from lamakit.inpainting.single_pass import inpaint

__all__ = ["inpaint_multiscale"]


def inpaint_multiscale(
    model: Callable[[Tensor], Tensor], image: Tensor, mask: Tensor, *, max_side: int = 512
) -> Tensor:
    """The image with its hole filled from a smaller copy of it.

    Networks fill an image best at about the size of those they were trained with. The filling is
    consistent there, and as blurred as an enlarged picture here; known pixels come back bit for
    bit. Time and memory do not grow with the image. :func:`~lamakit.refinement.refine` starts from
    such a filling and adds the detail.

    Args:
        model: as for :func:`inpaint`.
        image: values in [0, 1]. What it holds under the hole is not looked at.
        mask: 1 where a pixel is missing, 0 where it is known.
        max_side: longer side, in pixels, of the copy that the model gets. An image that is no
            larger is filled as it is.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: if the shapes or devices do not fit or ``max_side`` is below 1.
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
        (Srir et al., 2023), sec. 6.2. Difference: a pixel of the copy counts as missing if any
        missing one falls into it, so the hole's rim does not bleed into the filling.
    """
    check_image_and_mask(image, mask)
    check_at_least("max_side", max_side, 1)
    size = image.shape[2], image.shape[3]
    fitting = fit_side(size, max_side)
    if fitting == size:
        return inpaint(model, image, mask)
    small = inpaint(model, *downsample(image, mask, fitting))
    return composite(upsample(small, size), image, mask)
