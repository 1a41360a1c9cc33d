"""Padding of images to the sizes that a network accepts, and cropping back."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least, check_feature_map, check_size
from lamakit._models import model_sizes
from lamakit._sizes import fitting_size


def pad_to_multiple(image: Tensor, multiple: int, *, min_size: int = 1) -> Tensor:
    """Return the image, padded at the right and at the bottom until both sides fit.

    The padding mirrors the image without repeating its last pixel; where the image is too short for
    that, the last row or column is repeated.

    Args:
        image: an image or a mask.
        multiple: both sides become multiples of this many pixels, from 1 up.
        min_size: both sides become at least this many pixels, from 1 up.

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, C, H', W') with H' >= H and W' >= W, as small as fits

    Raises:
        ValueError: if ``multiple`` or ``min_size`` is below 1 or the image is not (B, C, H, W).
        TypeError: if the image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> pad_to_multiple(torch.rand(1, 3, 33, 500), 8).shape
        torch.Size([1, 3, 40, 504])

    Source:
        The released code of feature refinement (Kulshreshtha et al., 2022) pads this way.
        Differences: LaMa's released prediction repeats the last pixel (numpy's "symmetric"); images
        shorter than their padding work too.
    """
    check_feature_map("image", image)
    check_at_least("multiple", multiple, 1)
    check_at_least("min_size", min_size, 1)
    return pad_to_multiple_unchecked(image, multiple, min_size)


def pad_to_multiple_unchecked(image: Tensor, multiple: int, min_size: int) -> Tensor:
    """Compute :func:`pad_to_multiple` without checks."""
    fitting = fitting_size((image.shape[2], image.shape[3]), multiple, min_size)
    for axis in (-2, -1):
        side = image.shape[axis]
        added = fitting[axis] - side
        if added:
            padding = (0, added, 0, 0) if axis == -1 else (0, 0, 0, added)
            image = F.pad(image, padding, mode="reflect" if added < side else "replicate")
    return image


def pad_for_model(image: Tensor, model: object, size_multiple: int | None = None) -> Tensor:
    """Return the image, padded to a size that a model accepts.

    Both sides become multiples of ``size_multiple``, or else of the model's, and at least its
    ``min_size``. Where neither is said, the image stays as it is.
    """
    multiple, min_size = model_sizes(model, size_multiple)
    check_at_least("the model's size_multiple", multiple, 1)
    check_at_least("the model's min_size", min_size, 1)
    return pad_to_multiple_unchecked(image, multiple, min_size)


def crop_to_size(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the top left part of an image: the inverse of :func:`pad_to_multiple`.

    Args:
        image: such as a network's output for the padded image.
        size: (H, W) before padding, in pixels.

    Shape:
        - Input: (B, C, H', W') with H' >= H and W' >= W
        - Output: (B, C, H, W)

    Raises:
        ValueError: if the image is smaller than ``size`` or not (B, C, H, W).
        TypeError: if the image is not a floating-point tensor or ``size`` not a pair of integers.

    Example:
        >>> import torch
        >>> image = torch.rand(1, 3, 33, 500)
        >>> torch.equal(crop_to_size(pad_to_multiple(image, 8), (33, 500)), image)
        True
    """
    check_feature_map("image", image)
    check_size("size", size)
    height, width = size
    if image.shape[2] < height or image.shape[3] < width:
        raise ValueError(
            f"image must be at least {height}x{width} to be cropped to it, "
            f"got {image.shape[2]}x{image.shape[3]}"
        )
    return image[..., :height, :width]
