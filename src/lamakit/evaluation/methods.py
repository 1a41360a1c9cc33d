"""What fills a hole: a network, a function of tensors, or a function of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lamakit._checks import check_image_and_mask
from lamakit.inpainting import inpaint

__all__ = ["Filler", "as_filler", "numpy_method"]

Filler: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""From image (B, C, H, W) and mask (B, 1, H, W) to the image with its hole filled."""


def numpy_method(
    function: Callable[[npt.NDArray[Any], npt.NDArray[np.bool_]], npt.NDArray[Any]],
) -> Filler:
    """A filler from a function of numpy arrays, such as other libraries have.

    Args:
        function: takes one image (H, W, C), float32 in [0, 1] with 0 under the hole, and its mask
            (H, W), True where a pixel is missing; returns the filled image in [0, 1].

    Returns:
        A function of image (B, C, H, W) and mask (B, 1, H, W) that fills one image after the other
        on the CPU.

    Raises:
        ValueError: from the filler, if ``function`` returns another shape.

    Example:
        >>> import numpy as np, torch
        >>> fill = numpy_method(lambda image, mask: np.where(mask[..., None], 0.5, image))
        >>> fill(torch.zeros(1, 1, 1, 3), torch.tensor([[[[0.0, 1.0, 0.0]]]]))
        tensor([[[[0.0000, 0.5000, 0.0000]]]])
    """

    def fill(image: Tensor, mask: Tensor) -> Tensor:
        check_image_and_mask(image, mask)
        filled = [
            np.asarray(function(pixels, missing))
            for pixels, missing in zip(
                image.float().permute(0, 2, 3, 1).cpu().numpy(),
                (mask[:, 0] > 0).cpu().numpy(),
                strict=True,
            )
        ]
        expected = (image.shape[2], image.shape[3], image.shape[1])
        for array in filled:
            if array.shape != expected:
                raise ValueError(f"function must return shape {expected}, got {array.shape}")
        return torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).to(image)

    return fill


def as_filler(filler: nn.Module | Filler) -> Filler:
    """Return the filler as a function of image and mask; of a network, its inpainting."""
    if not isinstance(filler, nn.Module):
        return filler

    def fill(image: Tensor, mask: Tensor) -> Tensor:
        with torch.inference_mode():
            return inpaint(filler, image, mask)

    return fill
