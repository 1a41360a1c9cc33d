"""Masks in any common form, as one bool tensor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lamakit.images import as_mask

if TYPE_CHECKING:
    from PIL.Image import Image

OneOrMoreMasks: TypeAlias = "Tensor | npt.NDArray[Any] | Image"
Masks: TypeAlias = "OneOrMoreMasks | Iterable[OneOrMoreMasks]"


def missing_pixels(masks: Masks) -> Tensor:
    """Return which pixels of masks are missing, bool.

    Args:
        masks: a tensor, a numpy array or a PIL image; or several of them, of one size. Values of
            floating-point masks are above 0 where missing; all others are read by
            :func:`lamakit.images.as_mask`.

    Shape:
        - Input: (H, W), (K, H, W) or (K, 1, H, W)
        - Output: (number of all masks, H, W)

    Raises:
        TypeError: if a mask has another type or dtype.
        ValueError: if the shape of a mask does not fit, or there are none in an iterable.
    """
    if not isinstance(masks, Iterable) or isinstance(masks, (Tensor, np.ndarray, str)):
        return _missing(masks)
    parts = [_missing(part) for part in masks]
    sizes = sorted({tuple(part.shape[1:]) for part in parts})
    if len(sizes) != 1:
        raise ValueError(
            f"masks must be at least one, all of one size, got {len(parts)} of sizes {sizes}"
        )
    return torch.cat(parts)


def _missing(masks: Any) -> Tensor:  # noqa: ANN401 (as_mask checks it)
    is_array = isinstance(masks, np.ndarray) and np.issubdtype(masks.dtype, np.floating)
    if is_array or (isinstance(masks, Tensor) and masks.is_floating_point()):
        masks = masks > 0
    shape = tuple(getattr(masks, "shape", ()))
    if 0 in shape[-2:]:
        raise ValueError(f"a mask must have at least one pixel, got shape {shape}")
    return as_mask(masks)[:, 0] > 0
