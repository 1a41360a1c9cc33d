"""The published Fourier generators: how they are recognised, and what their tensors are called.

The published code keeps a layer's local and global branch apart, with a convolution for each pair
of branches and a normalisation for each branch. Ours are concatenations of them, and a spectrum's
channels come in another order, so converting is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from torch import Tensor

from lamakit.checkpoints.layout import (
    NORM,
    Entry,
    SpectralEntry,
    decoder_layout,
    downsampling_padding_modes,
    indices,
    same,
    side,
)
from lamakit.generators import ResNetGenerator, lama_fourier
from lamakit.layers import FFC, FFCNormAct, FFCResidualBlock, SpectralTransform, split_channels

__all__ = ["ffc_layout", "ffc_norm_act_layout", "generator_layout", "infer"]


def infer(state_dict: Mapping[str, Tensor]) -> partial[ResNetGenerator] | None:
    """What builds the generator that these weights are of; None if they are of another family.

    Where a tensor is missing, others that have the same size stand in, so that the error that
    follows names that tensor and no other.
    """
    levels = indices(state_dict, r"model\.(\d+)\.(ffc\.convl2[lg]\.weight|bn_[lg]\..+)")
    blocks = indices(state_dict, r"model\.(\d+)\.conv[12]\..+")
    heads = indices(state_dict, r"model\.(\d+)\.(weight|bias)")
    if not levels or not blocks or not heads:
        return None
    last, head = max(levels), max(heads)

    def channels(branch: str) -> int:
        leaves = (f"bn_{branch}.weight", f"bn_{branch}.bias", f"ffc.convl2{branch}.weight")
        return side(state_dict, 0, *(f"model.{last}.{leaf}" for leaf in leaves))

    local, image_wide = channels("l"), channels("g")
    width = max(local + image_wide, 1)
    out_channels = max(side(state_dict, 0, f"model.{head}.weight", f"model.{head}.bias"), 1)
    stems = [f"model.{min(levels)}.ffc.convl2{branch}.weight" for branch in "lg"]
    return partial(
        lama_fourier,
        in_channels=side(state_dict, 1, *stems) or out_channels + 1,
        out_channels=out_channels,
        num_blocks=max(blocks) - last,
        base_channels=max(width >> (last - 1), 1),
        num_downsamplings=last - 1,
        ratio=image_wide / width,
        local_fourier_unit=any(".lfu." in name for name in state_dict),
    )


def ffc_layout(ffc: FFC, name: str, published: str) -> Iterator[Entry]:
    """The layout of an FFC; ``name`` and ``published`` are the prefixes of its tensors' names."""
    ins = split_channels(ffc.in_channels, ffc.ratio_gin)
    outs = split_channels(ffc.out_channels, ffc.ratio_gout)
    if ffc.global_to_global is None:
        yield _convolution(f"{name}conv", published, ins, outs)
        return
    if ffc.conv is not None:
        yield _convolution(f"{name}conv", published, ins, (outs[0], 0))
    if ffc.local_to_global is not None:
        yield _convolution(f"{name}local_to_global", published, (ins[0], 0), (0, outs[1]))
    yield from _spectral(ffc.global_to_global, f"{name}global_to_global.", f"{published}convg2g.")


def ffc_norm_act_layout(layer: FFCNormAct, name: str, published: str) -> Iterator[Entry]:
    """The layout of an FFC and its batch normalisation."""
    yield from ffc_layout(layer.ffc, f"{name}ffc.", f"{published}ffc.")
    outs = split_channels(layer.ffc.out_channels, layer.ffc.ratio_gout)
    yield from _branch_norms(f"{name}norm.", published, outs)


def generator_layout(model: ResNetGenerator) -> Iterator[Entry]:
    """The layout of a generator made of FFC residual blocks."""
    blocks = [block for block in model.bottleneck if isinstance(block, FFCResidualBlock)]
    ffcs = [layer.ffc for block in blocks for layer in (block.conv1, block.conv2)]
    same_ratio = all(_is_published(ffc, ffcs[0].ratio_gin) for ffc in ffcs)
    if not same_ratio or not downsampling_padding_modes(model) <= {"reflect"}:
        raise ValueError(
            "only a generator whose blocks are 3x3, undilated and of one ratio, with reflected "
            "borders everywhere, has the published Fourier layout"
        )
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    levels = len(model.encoder)
    for level in range(levels):
        outputs, inputs, *_ = shapes[f"encoder.{level}.0.weight"]
        ratio = ffcs[0].ratio_gin if level == levels - 1 else 0
        outs = split_channels(outputs, ratio)
        yield _convolution(f"encoder.{level}.0", f"model.{level + 1}.ffc.", (inputs, 0), outs)
        yield from _branch_norms(f"encoder.{level}.1.", f"model.{level + 1}.", outs)
    index = levels + 1
    for number, block in enumerate(blocks):
        for part, layer in (("conv1", block.conv1), ("conv2", block.conv2)):
            ours, theirs = f"bottleneck.{number}.{part}.", f"model.{index + number}.{part}."
            yield from ffc_norm_act_layout(layer, ours, theirs)
    yield from decoder_layout(model, index + len(blocks) + 1)  # one for the concatenation


def _is_published(ffc: FFC, ratio: float) -> bool:
    """Whether nothing about the layer would be lost: names and shapes tell no padding."""
    return (
        ffc.ratio_gin == ffc.ratio_gout == ratio
        and ffc.padding == 1  # half the reach of the kernel, so 3x3 and no dilation
        and ffc.padding_mode == "reflect"
    )


def _convolution(name: str, published: str, ins: tuple[int, int], outs: tuple[int, int]) -> Entry:
    """A convolution from or to one branch: its slices are the convolutions between the branches."""
    names = [f"{published}conv{a}2{b}.weight" for a in "lg" for b in "lg"]
    sizes = [i * o for i in ins for o in outs]
    present = tuple(name for name, size in zip(names, sizes, strict=True) if size)
    by_rows = 0 in ins
    return Entry(
        f"{name}.weight",
        present,
        tuple(filter(None, outs if by_rows else ins)),
        0 if by_rows else 1,
    )


def _branch_norms(name: str, published: str, channels: tuple[int, int]) -> Iterator[Entry]:
    branches = [(f"{published}bn_{b}.", c) for b, c in zip("lg", channels, strict=True) if c]
    for leaf in NORM:
        yield Entry(
            name + leaf, tuple(b + leaf for b, _ in branches), tuple(c for _, c in branches)
        )


def _spectral(transform: SpectralTransform, name: str, published: str) -> Iterator[Entry]:
    yield from same(f"{name}reduce.0.", f"{published}conv1.0.", ("weight",))
    yield from same(f"{name}reduce.1.", f"{published}conv1.1.", NORM)
    for ours, theirs in (("fourier_unit", "fu"), ("local_fourier_unit", "lfu")):
        if getattr(transform, ours) is not None:
            conv, norm = f"{published}{theirs}.conv_layer.weight", f"{published}{theirs}.bn."
            yield SpectralEntry(f"{name}{ours}.conv.weight", (conv,), (), dims=(0, 1))
            for leaf in NORM:
                yield SpectralEntry(f"{name}{ours}.norm.{leaf}", (norm + leaf,), ())
    yield from same(f"{name}expand.", f"{published}conv2.", ("weight",))
