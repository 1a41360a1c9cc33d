"""The condition of a discriminator: further channels that say what the image belongs to."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_batch, check_feature_map


def stack_condition(x: Tensor, condition: Tensor | None, in_channels: int) -> Tensor:
    """Return an image with its condition stacked behind it, in the image's dtype.

    Args:
        x: the image, (B, C, H, W).
        condition: (B, in_channels - C, H, W), such as the mask; None if C is ``in_channels``.
        in_channels: the channels of both.
    """
    if condition is None:
        shape = tuple(getattr(x, "shape", ()))
        if len(shape) == 4 and shape[1] < in_channels:
            raise ValueError(
                f"x must have shape (B, {in_channels}, H, W), got {shape}; if the last "
                "channels are a condition, such as the mask, give it as the second argument "
                "(condition=mask in the losses of an objective)"
            )
        check_feature_map("x", x, in_channels)
        return x
    check_feature_map("x", x)
    check_feature_map("condition", condition)
    check_batch("condition", condition, "x", x)
    if condition.shape[2:] != x.shape[2:] or x.shape[1] + condition.shape[1] != in_channels:
        raise ValueError(
            f"x and condition must have one height and width, and {in_channels} channels together "
            f"(in_channels={in_channels}), got {tuple(x.shape)} and {tuple(condition.shape)}"
        )
    return torch.cat([x, condition.to(x.dtype)], dim=1)
