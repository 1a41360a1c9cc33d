"""Concatenation of feature maps that have local and global channels, as in a skip connection."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_batch, check_feature_map
from lamakit.layers.ffc import split_channels


def concat_channels(first: Tensor, second: Tensor, ratio: float) -> Tensor:
    """Concatenate two feature maps so that their global channels stay the last ones.

    ``torch.cat`` would put the global channels of the first one in the middle::

        torch.cat         local 1 | global 1 | local 2 | global 2
        concat_channels   local 1 | local 2 | global 1 | global 2

    So an :class:`FFC` with ``ratio_gin=ratio`` can follow. For more than two, call it again.

    Args:
        first: a feature map.
        second: another feature map.
        ratio: share of the channels in each of them that is global, from 0 to 1.

    Shape:
        - first: (B, C1, H, W)
        - second: (B, C2, H, W)
        - Output: (B, C1 + C2, H, W), whose share of global channels is ``ratio`` too

    Raises:
        ValueError: if the shapes or devices do not fit, ``ratio`` is outside [0, 1], or the numbers
            of global channels, each rounded down, do not add up to that of all channels.
        TypeError: if one is not a floating-point tensor or ``ratio`` not a number.

    Example:
        >>> import torch
        >>> from lamakit.layers import FFC
        >>> upsampled, skip = torch.rand(1, 16, 20, 30), torch.rand(1, 8, 20, 30)
        >>> joined = concat_channels(upsampled, skip, ratio=0.5)
        >>> FFC(24, 16, 3, ratio=0.5)(joined).shape
        torch.Size([1, 16, 20, 30])
    """
    check_feature_map("first", first)
    check_feature_map("second", second)
    if first.shape[2:] != second.shape[2:]:
        raise ValueError(
            "first and second must have one height and width, got "
            f"{tuple(first.shape[2:])} and {tuple(second.shape[2:])}; crop or resize one of them"
        )
    check_batch("first", first, "second", second)
    channels = int(first.shape[1]), int(second.shape[1])  # numbers in a trace, too
    (local1, global1), (local2, global2) = (split_channels(count, ratio) for count in channels)
    _, needed = split_channels(sum(channels), ratio)
    if global1 + global2 != needed:
        raise ValueError(
            f"with ratio={ratio}, {channels[0]} and {channels[1]} channels have {global1} and "
            f"{global2} global ones, but their {sum(channels)} channels would have {needed}; take "
            "channels whose product with ratio is an integer"
        )
    parts = (first[:, :local1], second[:, :local2], first[:, local1:], second[:, local2:])
    return torch.cat(parts, dim=1)
