"""Which published tensors each of our tensors is made of: one table, read in both directions.

The published code keeps a layer's local and global branch apart, with a convolution for each pair
of branches and a normalisation for each branch. Ours are concatenations of them, so converting is
exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lamakit.generators import ResNetGenerator
from lamakit.layers import FFC, FFCNormAct, FFCResidualBlock, SpectralTransform, split_channels

__all__ = ["Entry", "ffc_layout", "ffc_norm_act_layout", "fourier_generator_layout"]


@dataclass(frozen=True)
class Entry:
    """One tensor of ours and the published tensors that, concatenated along ``dim``, make it."""

    name: str
    published: tuple[str, ...]
    sizes: tuple[int, ...]
    dim: int = 0

    def join(self, state_dict: Mapping[str, Tensor]) -> Tensor:
        """Our tensor from the published ones; of a counter's copies, the first."""
        pieces = [state_dict[name] for name in self.published]
        return pieces[0].clone() if pieces[0].ndim == 0 else torch.cat(pieces, self.dim)

    def split(self, tensor: Tensor) -> dict[str, Tensor]:
        """The published tensors from ours."""
        if len(self.published) == 1 or tensor.ndim == 0:
            return {name: tensor.clone() for name in self.published}
        pieces = tensor.split(self.sizes, self.dim)
        return {name: piece.clone() for name, piece in zip(self.published, pieces, strict=True)}


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


def fourier_generator_layout(model: ResNetGenerator) -> Iterator[Entry]:
    """The layout of a generator made of FFC residual blocks."""
    blocks = [block for block in model.bottleneck if isinstance(block, FFCResidualBlock)]
    ffcs = [layer.ffc for block in blocks for layer in (block.conv1, block.conv2)]
    published = blocks and len(blocks) == len(model.bottleneck)
    if not published or not all(_is_published(ffc, ffcs[0].ratio_gin) for ffc in ffcs):
        kinds = sorted({type(block).__name__ for block in model.bottleneck}) or ["none"]
        raise ValueError(
            "only a generator whose blocks are all FFCResidualBlock, 3x3, undilated, with "
            "reflected borders and of one ratio, has the published Fourier layout; got blocks "
            f"of type {', '.join(kinds)}"
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
    index += len(blocks) + 1  # one for the concatenation of the branches
    for level in range(levels - 1):
        yield from _same(f"decoder.{level}.0.", f"model.{index}.", _CONVOLUTION)
        yield from _same(f"decoder.{level}.1.", f"model.{index + 1}.", _NORM)
        index += 3
    yield from _same(f"decoder.{levels - 1}.0.", f"model.{index + 1}.", _CONVOLUTION)


def _is_published(ffc: FFC, ratio: float) -> bool:
    """Whether nothing about the layer would be lost: names and shapes tell no padding."""
    return (
        ffc.ratio_gin == ffc.ratio_gout == ratio
        and ffc.padding == 1  # half the reach of the kernel, so 3x3 and no dilation
        and ffc.padding_mode == "reflect"
    )


_CONVOLUTION = ("weight", "bias")
_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


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
    for leaf in _NORM:
        yield Entry(
            name + leaf, tuple(b + leaf for b, _ in branches), tuple(c for _, c in branches)
        )


def _spectral(transform: SpectralTransform, name: str, published: str) -> Iterator[Entry]:
    yield from _same(f"{name}reduce.0.", f"{published}conv1.0.", ("weight",))
    yield from _same(f"{name}reduce.1.", f"{published}conv1.1.", _NORM)
    for ours, theirs in (("fourier_unit", "fu"), ("local_fourier_unit", "lfu")):
        if getattr(transform, ours) is not None:
            yield from _same(f"{name}{ours}.conv.", f"{published}{theirs}.conv_layer.", ("weight",))
            yield from _same(f"{name}{ours}.norm.", f"{published}{theirs}.bn.", _NORM)
    yield from _same(f"{name}expand.", f"{published}conv2.", ("weight",))


def _same(name: str, published: str, leaves: tuple[str, ...]) -> Iterator[Entry]:
    for leaf in leaves:
        yield Entry(name + leaf, (published + leaf,), ())
