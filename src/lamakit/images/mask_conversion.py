"""Conversion of common forms of masks to a float mask (B, 1, H, W)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_fraction
from lamakit.images.morphology import dilate_unchecked

if TYPE_CHECKING:
    from PIL.Image import Image


def as_mask(
    mask: Tensor | npt.NDArray[np.generic] | Image,
    *,
    threshold: float = 0.5,
    invert: bool = False,
    dilate: int = 0,
) -> Tensor:
    """Convert a mask to the form that every other part of lamakit takes.

    That is a float32 tensor (B, 1, H, W), 1 where a pixel is missing and 0 where it is known.

    Args:
        mask: a tensor or a numpy array, which is bool, uint8 with values from 0 to 255, or
            floating-point with values in [0, 1]; or a PIL image without transparency, whose
            brightness counts.
        threshold: values above this fraction of the range are missing, from 0 to below 1.
        invert: whether the mask marks known pixels instead of missing ones.
        dilate: by how many pixels the missing region then grows, diagonals included.

    Shape:
        - Input: (H, W), (B, H, W) or (B, 1, H, W); or a PIL image
        - Output: (B, 1, H, W)

    Raises:
        TypeError: if the mask has another type or dtype.
        ValueError: if its shape does not fit, a floating-point value lies outside [0, 1], the
            largest value of a uint8 mask is 1 (which looks like a bool mask), a PIL image has
            transparency or pixels whose range is not known, or an argument is out of range.

    Example:
        >>> import torch
        >>> as_mask(torch.tensor([[0, 0, 255]], dtype=torch.uint8), dilate=1)
        tensor([[[[0., 1., 1.]]]])
    """
    if is_picture(mask):
        mask = _brightness(mask)
    if isinstance(mask, np.ndarray):
        if mask.ndim == 3 and mask.shape[2] in {1, 3, 4}:
            raise ValueError(
                f"mask has shape {mask.shape}, which looks like (H, W, C); give one channel of it, "
                "such as mask[..., 0]"
            )
        mask = torch.from_numpy(np.array(mask))
    if not isinstance(mask, Tensor):
        raise TypeError(
            "mask must be a torch.Tensor, a numpy array or a PIL image, got "
            f"{type(mask).__name__}; read_mask reads files"
        )
    check_fraction("threshold", threshold)
    if threshold == 1:
        raise ValueError("threshold must be below 1: no value lies above 1, so nothing is missing")
    check_at_least("dilate", dilate, 0)
    marked = _with_batch_and_channel(_fractions(mask)) > threshold
    missing = (~marked if invert else marked).float()
    return dilate_unchecked(missing, dilate)


def is_picture(value: object) -> bool:
    """Return whether ``value`` is a PIL image; Pillow need not be installed."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def _brightness(picture: Any) -> npt.NDArray[np.generic]:  # noqa: ANN401 (a Pillow image)
    """Return a PIL image as a bool, uint8 or float32 array (H, W)."""
    if picture.has_transparency_data:
        raise ValueError(
            f"mask is a PIL image of mode {picture.mode} with transparency; give "
            "read_mask(mask, transparency='missing') if its transparent pixels are the missing "
            "ones, or transparency='known' if its bright pixels are"
        )
    if picture.mode.startswith("I;16"):
        return np.asarray(picture).astype(np.float32) / 65535
    if picture.mode in ("I", "F"):
        raise ValueError(
            f"mask is a PIL image of mode {picture.mode}, whose range is not known; give an array "
            "of bool, such as numpy.asarray(mask) > 0"
        )
    return np.asarray(picture if picture.mode == "1" else picture.convert("L"))


def _fractions(mask: Tensor) -> Tensor:
    """Return the values of a mask as fractions of their range."""
    if mask.dtype == torch.bool:
        return mask.float()
    if mask.dtype == torch.uint8:
        if mask.numel() and mask.max() == 1:
            raise ValueError(
                "a uint8 mask counts from 0 to 255, got at most 1; "
                "if that means missing, give mask != 0 (of a PIL image, numpy.asarray(mask) != 0)"
            )
        return mask.float() / 255
    if mask.is_floating_point():
        if not bool(((mask >= 0) & (mask <= 1)).all()):  # false for NaN too
            raise ValueError("a floating-point mask must have values in [0, 1]; scale it first")
        return mask
    raise TypeError(
        f"mask must be bool, uint8 or floating-point, got {mask.dtype}; if values above 0 mean "
        "missing, give mask > 0"
    )


def _with_batch_and_channel(mask: Tensor) -> Tensor:
    """Return a mask as (B, 1, H, W)."""
    if mask.ndim == 2:
        return mask[None, None]
    if mask.ndim == 3:
        return mask[:, None]
    if mask.ndim == 4 and mask.shape[1] == 1:
        return mask
    raise ValueError(
        f"mask must have shape (H, W), (B, H, W) or (B, 1, H, W), got {tuple(mask.shape)}"
    )
