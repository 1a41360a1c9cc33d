"""The published names of a Fourier generator's tensors.

The published code keeps a layer's local and global branch apart, with a convolution for each pair
of branches and a normalisation for each branch. Ours are concatenations of them, and a spectrum's
channels come in another order, so converting is exact. The weight of one FFC convolution here::

                      inputs:  local     global
    outputs: local          convl2l    convg2l
             global         convl2g   (spectral transform convg2g)
"""

from __future__ import annotations

from collections.abc import Iterator

from lamakit.checkpoints.entries import (
    NORM,
    Entry,
    SpectralEntry,
    decoder_entries,
    downsampling_padding_modes,
    same_tensors,
)
from lamakit.generators import ResNetGenerator
from lamakit.layers import FFC, FFCNormAct, FFCResidualBlock, SpectralTransform, split_channels


def ffc_entries(ffc: FFC, name: str, published: str) -> Iterator[Entry]:
    """Yield the entries of an FFC.

    Args:
        ffc: the layer.
        name: the prefix of its tensors' names in our module.
        published: the prefix of the published ones.
    """
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


def ffc_norm_act_entries(layer: FFCNormAct, name: str, published: str) -> Iterator[Entry]:
    """Yield the entries of an FFC and its batch normalisation, as :func:`ffc_entries` does."""
    yield from ffc_entries(layer.ffc, f"{name}ffc.", f"{published}ffc.")
    outs = split_channels(layer.ffc.out_channels, layer.ffc.ratio_gout)
    yield from _branch_norms(f"{name}norm.", published, outs)


def fourier_entries(model: ResNetGenerator) -> Iterator[Entry]:
    """Yield the entries of a generator made of FFC residual blocks.

    Raises:
        ValueError: if a layer has settings that names and shapes of tensors do not tell.
    """
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
            yield from ffc_norm_act_entries(layer, ours, theirs)
    yield from decoder_entries(model, index + len(blocks) + 1)  # one for the concatenation


def _is_published(ffc: FFC, ratio: float) -> bool:
    """Return whether the layer is as published: names and shapes of its tensors tell no padding."""
    return (
        ffc.ratio_gin == ffc.ratio_gout == ratio
        and ffc.padding == 1  # half the reach of the kernel, so 3x3 and no dilation
        and ffc.padding_mode == "reflect"
    )


def _convolution(name: str, published: str, ins: tuple[int, int], outs: tuple[int, int]) -> Entry:
    """Return the entry of a convolution from or to one branch.

    Its published pieces are the convolutions between two branches. ``ins`` and ``outs`` are the
    local and the global channels.
    """
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
    yield from same_tensors(f"{name}reduce.0.", f"{published}conv1.0.", ("weight",))
    yield from same_tensors(f"{name}reduce.1.", f"{published}conv1.1.", NORM)
    for ours, theirs in (("fourier_unit", "fu"), ("local_fourier_unit", "lfu")):
        if getattr(transform, ours) is not None:
            conv, norm = f"{published}{theirs}.conv_layer.weight", f"{published}{theirs}.bn."
            yield SpectralEntry(f"{name}{ours}.conv.weight", (conv,), (), dims=(0, 1))
            for leaf in NORM:
                yield SpectralEntry(f"{name}{ours}.norm.{leaf}", (norm + leaf,), ())
    yield from same_tensors(f"{name}expand.", f"{published}conv2.", ("weight",))
