"""FFC with normalisation and activation, and the residual block of two."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any, get_type_hints

import pytest
import torch
from torch import nn

from lamakit.layers import FFC, FFCNormAct, FFCResidualBlock
from lamakit.layers.ffc import FFCOptions
from lamakit.layers.ffc_blocks import FFCBlockOptions


def test_norm_and_activation_follow_the_convolution() -> None:
    layer = FFCNormAct(8, 16, 3, ratio_gin=0.5, ratio_gout=0.75, activation_layer=nn.Tanh)
    assert isinstance(layer.norm, nn.BatchNorm2d)
    x = torch.randn(2, 8, 9, 7)
    torch.testing.assert_close(layer(x), layer.norm(layer.ffc(x)).tanh())
    transform = layer.ffc.global_to_global
    assert transform is not None
    assert any(isinstance(part, nn.Tanh) for part in transform.modules())


def test_options_reach_the_convolution() -> None:
    options: FFCOptions = {
        "ratio_gin": 0.5,
        "ratio_gout": 0.75,
        "stride": 2,
        "padding": 2,
        "dilation": 2,
        "bias": True,
        "padding_mode": "circular",
        "local_fourier_unit": True,
    }
    torch.manual_seed(0)
    direct = FFC(8, 32, 3, norm_layer=None, **options)
    torch.manual_seed(0)
    layer = FFCNormAct(8, 32, 3, norm_layer=None, activation_layer=nn.ReLU, **options)
    x = torch.randn(1, 8, 12, 16)
    assert torch.equal(layer(x), direct(x).relu())


def test_the_block_adds_two_layers_to_its_input() -> None:
    block = FFCResidualBlock(8, ratio=0.5, dilation=2, padding_mode="zeros", norm_layer=None)
    assert block.conv1.ffc.padding_mode == block.conv2.ffc.padding_mode == "zeros"
    assert block.conv1.ffc.padding == block.conv2.ffc.padding == 2
    x = torch.randn(1, 8, 9, 7)
    torch.testing.assert_close(block(x), x + block.conv2(block.conv1(x)))


@pytest.mark.parametrize("option", ["stride", "padding", "bias", "ratio_gin"])
def test_the_block_takes_no_option_that_would_change_the_size_or_the_branches(option: str) -> None:
    options: dict[str, Any] = {option: 1}
    with pytest.raises(TypeError, match=f"multiple values for keyword argument '{option}'"):
        FFCResidualBlock(8, ratio=0.5, **options)


def test_unknown_options_are_refused() -> None:
    options: dict[str, Any] = {"groups": 2}
    for build in (
        lambda: FFCResidualBlock(8, ratio=0.5, **options),
        lambda: FFCNormAct(8, 8, 3, ratio_gin=0, ratio_gout=0, **options),
    ):
        with pytest.raises(TypeError, match="unexpected keyword argument 'groups'"):
            build()
    with pytest.raises(TypeError, match="give ratio for input and output alike"):
        FFCNormAct(8, 8, 3)


def test_the_block_needs_an_odd_kernel() -> None:
    with pytest.raises(ValueError, match="kernel_size must be odd to keep the size, got 2"):
        FFCResidualBlock(8, ratio=0.5, kernel_size=2)
    with pytest.raises(TypeError, match=r"kernel_size must be an int, got \(3, 3\)"):
        FFCResidualBlock(8, ratio=0.5, kernel_size=(3, 3))  # type: ignore[arg-type]


def test_the_block_options_are_those_of_its_layers() -> None:
    own = {n: p.annotation for n, p in inspect.signature(FFCNormAct).parameters.items()}
    layer = get_type_hints(FFCNormAct.__init__, include_extras=False)
    known = get_type_hints(FFCOptions) | {name: layer[name] for name in own if name != "options"}
    options = get_type_hints(FFCBlockOptions)
    assert options == {name: known[name] for name in options}
    fixed = {"in_channels", "out_channels", "kernel_size", "ratio_gin", "ratio_gout", "ratio"}
    assert set(known) - set(options) == fixed | {"stride", "padding", "bias"}


@pytest.mark.parametrize(
    ("groups", "ratio", "place"),
    [
        (5, 0.0, "the 48 channels that the FFC returns: num_channels"),
        (8, 0.75, "the 18 channels inside a spectral transform, half of those it returns"),
    ],
)
def test_a_normalisation_that_does_not_fit_names_its_place(
    groups: int, ratio: float, place: str
) -> None:
    with pytest.raises(ValueError, match=f"norm_layer does not fit {place}"):
        FFCNormAct(48, 48, 3, ratio=ratio, norm_layer=partial(nn.GroupNorm, groups))
