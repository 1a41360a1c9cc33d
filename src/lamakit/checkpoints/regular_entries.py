"""The published names of a regular or dilated generator's tensors.

Their convolutions are ours, one to one; only the order of the modules has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from torch import nn

from lamakit.checkpoints.entries import (
    CONVOLUTION,
    NORM,
    Entry,
    decoder_entries,
    downsampling_padding_modes,
    same_tensors,
)
from lamakit.generators import ResNetGenerator
from lamakit.layers import MultiDilatedConv2d, ResidualBlock

# The index of each part among a block's modules: a plain block has modules that only pad.
_PLAIN = {"conv1": 1, "norm1": 2, "conv2": 5, "norm2": 6}
_DILATED = {"conv1": 0, "norm1": 1, "conv2": 3, "norm2": 4}


def regular_entries(model: ResNetGenerator) -> Iterator[Entry]:
    """Yield the entries of a generator made of plain or dilated residual blocks.

    Raises:
        ValueError: if a layer has settings that names and shapes of tensors do not tell.
    """
    blocks = [block for block in model.bottleneck if isinstance(block, ResidualBlock)]
    convs = [conv for block in blocks for conv in (block.conv1, block.conv2)]
    plain, dilated = all(map(_is_plain, convs)), all(map(_is_dilated, convs))
    if not (plain or dilated) or not downsampling_padding_modes(model) <= {"zeros"}:
        raise ValueError(
            "only a generator whose blocks have plain 3x3 convolutions, or MultiDilatedConv2d of "
            "dilations 1, 2, 4, ..., with reflected borders there and zeros around the strided "
            "convolutions, has the published regular or dilated layout"
        )
    levels = len(model.encoder)
    for level in range(levels):
        yield from same_tensors(f"encoder.{level}.0.", f"model.{3 * level + 1}.", CONVOLUTION)
        yield from same_tensors(f"encoder.{level}.1.", f"model.{3 * level + 2}.", NORM)
    for number, block in enumerate(blocks):
        for part, index in (_PLAIN if plain else _DILATED).items():
            ours = f"bottleneck.{number}.{part}."
            theirs = f"model.{3 * levels + 1 + number}.conv_block.{index}."
            if part.startswith("norm"):
                yield from same_tensors(ours, theirs, NORM)
            elif plain:
                yield from same_tensors(ours, theirs, CONVOLUTION)
            else:
                for group, _ in cast("MultiDilatedConv2d", block.conv1).convs.named_children():
                    yield from same_tensors(
                        f"{ours}convs.{group}.", f"{theirs}convs.{group}.", CONVOLUTION
                    )
    yield from decoder_entries(model, 3 * levels + 1 + len(blocks))


def _is_plain(conv: nn.Module) -> bool:
    return isinstance(conv, nn.Conv2d) and _keeps_the_size(conv) and conv.dilation == (1, 1)


def _is_dilated(conv: nn.Module) -> bool:
    if not isinstance(conv, MultiDilatedConv2d):
        return False
    expected = [(2**power, 2**power) for power in range(len(conv.convs))]
    convs = [part for part in conv.convs if isinstance(part, nn.Conv2d)]
    return [part.dilation for part in convs] == expected and all(map(_keeps_the_size, convs))


def _keeps_the_size(conv: nn.Conv2d) -> bool:
    """Return whether a 3x3 convolution is as published: names and shapes tell no padding."""
    return conv.padding == conv.dilation and conv.padding_mode == "reflect" and conv.groups == 1
