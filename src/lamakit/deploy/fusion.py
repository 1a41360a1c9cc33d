"""Batch normalisations folded into the convolutions before them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from lamakit._models import unwrap
from lamakit.layers import FFC, FFCNormAct, FourierUnit, MultiDilatedConv2d, ResidualBlock

_Module = TypeVar("_Module", bound=nn.Module)


def fuse_for_inference(module: _Module) -> _Module:
    """Return a copy of a network in eval mode whose batch normalisations are part of its layers.

    In eval mode a batch normalisation multiplies each channel by a constant and adds another. The
    convolution before it can do both by other weights and a bias, so the layer itself is left out.
    The output is the same up to rounding.

    Folded are the batch normalisations of lamakit's own layers, and in any ``nn.Sequential`` those
    right behind an ``nn.Conv2d``, an ``nn.ConvTranspose2d``, an :class:`~lamakit.layers.FFC` or a
    :class:`~lamakit.layers.MultiDilatedConv2d`. Other normalisations stay, and so do those without
    statistics, and those that are used in several places, or whose layer is.

    Args:
        module: any network; wrappers such as DistributedDataParallel are looked through. It is not
            changed. Save its weights, not those of the copy: the copy has other names, which no
            function of lamakit loads.

    Raises:
        TypeError: if ``module`` is not a ``torch.nn.Module``.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1).eval()
        >>> fused = fuse_for_inference(model)
        >>> sum(isinstance(layer, nn.BatchNorm2d) for layer in fused.modules())
        0
        >>> x = torch.rand(1, 4, 32, 32)
        >>> torch.allclose(fused(x), model(x), atol=1e-5)
        True
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"module must be a torch.nn.Module, got {type(module).__name__}")
    fused: _Module = copy.deepcopy(unwrap(module)).eval()
    uses = Counter(part for _, part in fused.named_modules(remove_duplicate=False))
    with torch.no_grad():
        for parent in list(fused.modules()):
            for layer_name, norm_name in _pairs(parent):
                layer, norm = getattr(parent, layer_name), getattr(parent, norm_name)
                if uses[layer] == uses[norm] == 1 and _collects(norm) and _fold(layer, norm):
                    setattr(parent, norm_name, nn.Identity())
    return fused


def _pairs(parent: nn.Module) -> Iterator[tuple[str, str]]:
    """Yield the names of the layers in a module that a normalisation follows, and its name."""
    if isinstance(parent, nn.Sequential):
        yield from pairwise(name for name, _ in parent.named_children())
    elif isinstance(parent, FFCNormAct):
        yield "ffc", "norm"
    elif isinstance(parent, FourierUnit):
        yield "conv", "norm"
    elif isinstance(parent, ResidualBlock):
        yield "conv1", "norm1"
        yield "conv2", "norm2"


def _collects(norm: nn.Module) -> bool:
    """Return whether a module is a batch normalisation with statistics of its own."""
    return isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None


def _fold(layer: nn.Module, norm: nn.BatchNorm2d) -> bool:
    """Make a layer compute what the normalisation behind it does, too; return whether it can."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        _scale(layer, norm)
    elif isinstance(layer, MultiDilatedConv2d):  # a sum of convolutions: one adds the shift
        for number, conv in enumerate(layer.convs):
            _scale(conv, norm, shift=number == 0)
    elif isinstance(layer, FFC):
        _fold_into_ffc(layer, norm)
    else:
        return False
    return True


def _fold_into_ffc(layer: FFC, norm: nn.BatchNorm2d) -> None:
    """Make an FFC compute what the normalisation of all its output channels does, too."""
    local = 0
    if layer.conv is not None:
        local = layer.conv.out_channels
        _scale(layer.conv, norm, slice(local))
    if layer.global_to_global is None:
        return
    # The global output is a sum, of one or two terms: one adds the shift.
    own, others = slice(local, None), layer.local_to_global
    _scale(layer.global_to_global.expand, norm, own, shift=others is None)
    if others is not None:
        _scale(others, norm, own)


def _scale(
    conv: nn.Module, norm: nn.BatchNorm2d, channels: slice = slice(None), *, shift: bool = True
) -> None:
    """Give a convolution the scale of some of a normalisation's channels, and their shift."""
    conv = cast("nn.Conv2d | nn.ConvTranspose2d", conv)
    mean, variance = (cast("Tensor", x)[channels] for x in (norm.running_mean, norm.running_var))
    weight, bias = (x[channels] if norm.affine else None for x in (norm.weight, norm.bias))
    conv.weight, conv.bias = fuse_conv_bn_weights(
        conv.weight,
        conv.bias,
        mean if shift else torch.zeros_like(mean),
        variance,
        norm.eps,
        weight,
        bias if shift else None,
        transpose=isinstance(conv, nn.ConvTranspose2d),
    )
