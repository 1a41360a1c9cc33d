"""The published regular and dilated generators: how they are recognised, what tensors they have.

Their convolutions are ours, one to one; only the order of the modules has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import cast

from torch import Tensor, nn

from lamakit.checkpoints.layout import (
    CONVOLUTION,
    NORM,
    Entry,
    decoder_layout,
    downsampling_padding_modes,
    indices,
    same,
    side,
)
from lamakit.generators import ResNetGenerator, lama_dilated, lama_regular
from lamakit.layers import MultiDilatedConv2d, ResidualBlock

__all__ = ["generator_layout", "infer"]

# Where a block's parts stand among its modules: a plain block pads in modules of their own.
_PLAIN = {"conv1": 1, "norm1": 2, "conv2": 5, "norm2": 6}
_DILATED = {"conv1": 0, "norm1": 1, "conv2": 3, "norm2": 4}


def infer(state_dict: Mapping[str, Tensor]) -> partial[ResNetGenerator] | None:
    """What builds the generator that these weights are of; None if they are of another family."""
    blocks = indices(state_dict, r"model\.(\d+)\.conv_block\..+")
    heads = indices(state_dict, r"model\.(\d+)\.(weight|bias)")
    if not blocks or not heads or min(blocks) < 4:
        return None
    out_channels = side(state_dict, 0, f"model.{max(heads)}.weight", f"model.{max(heads)}.bias")
    stem = [f"model.{name}" for name in ("1.bias", "2.weight", "2.bias", "1.weight")]
    pattern = r"model\.\d+\.conv_block\.\d+\.convs\.(\d+)\..+"
    dilations = indices(state_dict, pattern, most=15)
    count = max(dilations, default=-1) + 1
    dilated = partial(lama_dilated, dilations=_dilations(count))
    return partial(
        dilated if count else lama_regular,
        in_channels=side(state_dict, 1, "model.1.weight") or out_channels + 1,
        out_channels=max(out_channels, 1),
        num_blocks=max(blocks) - min(blocks) + 1,
        base_channels=max(side(state_dict, 0, *stem), 1),
        num_downsamplings=(min(blocks) - 4) // 3,  # the stem and each level have three modules
    )


def generator_layout(model: ResNetGenerator) -> Iterator[Entry]:
    """The layout of a generator made of plain or dilated residual blocks."""
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
        yield from same(f"encoder.{level}.0.", f"model.{3 * level + 1}.", CONVOLUTION)
        yield from same(f"encoder.{level}.1.", f"model.{3 * level + 2}.", NORM)
    for number, block in enumerate(blocks):
        for part, index in (_PLAIN if plain else _DILATED).items():
            ours = f"bottleneck.{number}.{part}."
            theirs = f"model.{3 * levels + 1 + number}.conv_block.{index}."
            if part.startswith("norm"):
                yield from same(ours, theirs, NORM)
            elif plain:
                yield from same(ours, theirs, CONVOLUTION)
            else:
                for group, _ in cast("MultiDilatedConv2d", block.conv1).convs.named_children():
                    yield from same(f"{ours}convs.{group}.", f"{theirs}convs.{group}.", CONVOLUTION)
    yield from decoder_layout(model, 3 * levels + 1 + len(blocks))


def _dilations(count: int) -> tuple[int, ...]:
    return tuple(2**power for power in range(count))


def _is_plain(conv: nn.Module) -> bool:
    return isinstance(conv, nn.Conv2d) and _keeps_the_size(conv) and conv.dilation == (1, 1)


def _is_dilated(conv: nn.Module) -> bool:
    if not isinstance(conv, MultiDilatedConv2d):
        return False
    expected = [(dilation, dilation) for dilation in _dilations(len(conv.convs))]
    convs = [part for part in conv.convs if isinstance(part, nn.Conv2d)]
    return [part.dilation for part in convs] == expected and all(map(_keeps_the_size, convs))


def _keeps_the_size(conv: nn.Conv2d) -> bool:
    """Whether names and shapes, which tell no padding, lose nothing of a 3x3 convolution."""
    return conv.padding == conv.dilation and conv.padding_mode == "reflect" and conv.groups == 1
