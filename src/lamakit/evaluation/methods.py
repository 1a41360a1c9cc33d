"""Inpainting methods to evaluate: networks, functions of tensors, functions of numpy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lamakit._checks import check_image_and_mask
from lamakit.inpainting import inpaint

InpaintingFunction: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""A function from image (B, C, H, W) and mask (B, 1, H, W) to the image with its hole filled."""

InpaintingMethod: TypeAlias = nn.Module | InpaintingFunction
"""A network, which :func:`lamakit.inpainting.inpaint` runs, or a function."""


def numpy_method(
    function: Callable[[npt.NDArray[Any], npt.NDArray[np.bool_]], npt.NDArray[Any]],
) -> InpaintingFunction:
    """Return an inpainting method that calls a function of numpy arrays from another library.

    Args:
        function: takes one image (H, W, C), float32 in [0, 1] with 0 in the hole, and its mask
            (H, W), True where a pixel is missing; returns the filled image in [0, 1].

    Returns:
        A function of image (B, C, H, W) and mask (B, 1, H, W). It calls ``function`` on the CPU
        for one image after another, and returns the result with the image's dtype and device.

    Raises:
        ValueError: from the method, if ``function`` returns another shape, or if image and mask do
            not fit.
        TypeError: from the method, if image or mask is not a floating-point tensor.

    Example:
        >>> import numpy as np, torch
        >>> fill = numpy_method(lambda image, mask: np.where(mask[..., None], 0.5, image))
        >>> fill(torch.zeros(1, 1, 1, 3), torch.tensor([[[[0.0, 1.0, 0.0]]]]))
        tensor([[[[0.0000, 0.5000, 0.0000]]]])
    """

    def fill(image: Tensor, mask: Tensor) -> Tensor:
        check_image_and_mask(image, mask)
        arrays = image.float().permute(0, 2, 3, 1).cpu().numpy()
        missing = (mask[:, 0] > 0).cpu().numpy()
        filled = [np.asarray(function(*pair)) for pair in zip(arrays, missing, strict=True)]
        for array in filled:
            if array.shape != arrays.shape[1:]:
                raise ValueError(
                    f"function must return shape {arrays.shape[1:]}, got {array.shape}"
                )
        return torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).to(image)

    return fill


def as_function(method: InpaintingMethod) -> InpaintingFunction:
    """Return the method as a function of image and mask; a network is run by ``inpaint``."""
    if not isinstance(method, nn.Module):
        return method

    def fill(image: Tensor, mask: Tensor) -> Tensor:
        with torch.inference_mode():
            return inpaint(method, image, mask)

    return fill
