"""Properties of the layers that hold for any size, ratio and number of channels."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from lamakit.layers import (
    FFC,
    FFCNormAct,
    FFCResidualBlock,
    FourierUnit,
    MultiDilatedConv2d,
    ResidualBlock,
    SpectralTransform,
    split_channels,
)
from lamakit.layers.fourier import irfft2_from_channels, rfft2_to_channels
from lamakit.layers.layer_types import PaddingMode

sides = st.integers(1, 24)


@given(channels=st.integers(0, 4096), percent=st.integers(0, 100))
def test_split_channels_is_safe_against_rounding(channels: int, percent: int) -> None:
    local, image_wide = split_channels(channels, percent / 100)
    assert image_wide == math.floor(Fraction(channels * percent, 100))
    assert local + image_wide == channels


@given(channels=st.integers(1, 4096), data=st.data())
def test_split_channels_recovers_the_share(channels: int, data: st.DataObject) -> None:
    image_wide = data.draw(st.integers(0, channels))
    assert split_channels(channels, image_wide / channels)[1] == image_wide


@given(
    height=sides, width=sides, dtype=st.sampled_from([torch.float32, torch.float64, torch.float16])
)
def test_fourier_transform_round_trips(height: int, width: int, dtype: torch.dtype) -> None:
    x = torch.rand(2, 3, height, width).to(dtype)
    spectrum = rfft2_to_channels(x)
    assert spectrum.shape == (2, 6, height, width // 2 + 1)
    assert spectrum.dtype == dtype
    atol = 2e-2 if dtype == torch.float16 else 1e-5
    torch.testing.assert_close(
        irfft2_from_channels(spectrum, (height, width)), x, rtol=0, atol=atol
    )


def test_real_parts_come_before_imaginary_ones() -> None:
    x = torch.rand(1, 3, 6, 8)
    spectrum, expected = rfft2_to_channels(x), torch.fft.rfft2(x, norm="ortho")
    torch.testing.assert_close(spectrum[:, :3], expected.real)
    torch.testing.assert_close(spectrum[:, 3:], expected.imag)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_low_precision_is_transformed_in_float32(dtype: torch.dtype) -> None:
    """Only the results are rounded, whatever autocast says."""
    x = torch.rand(1, 2, 7, 9).to(dtype)
    with torch.autocast("cpu", dtype=dtype):
        spectrum = rfft2_to_channels(x)
        image = irfft2_from_channels(spectrum, (7, 9))
    assert torch.equal(spectrum, rfft2_to_channels(x.float()).to(dtype))
    assert torch.equal(image, irfft2_from_channels(spectrum.float(), (7, 9)).to(dtype))


@given(shift_y=st.integers(0, 11), shift_x=st.integers(0, 12))
def test_fourier_unit_commutes_with_nothing_but_shows_everything(
    shift_y: int, shift_x: int
) -> None:
    """Whichever pixel changes, every output pixel does: the receptive field is the image."""
    torch.manual_seed(0)
    unit = FourierUnit(2, 2).double().eval()
    x = torch.rand(1, 2, 12, 13, dtype=torch.float64)
    changed = x.clone()
    changed[0, :, shift_y, shift_x] += 1
    assert ((unit(changed) - unit(x)).abs().amax(1) > 1e-9).all()


@given(height=st.integers(2, 20), width=st.integers(2, 20), stride=st.sampled_from([1, 2]))
def test_ffc_rounds_odd_sides_up(height: int, width: int, stride: int) -> None:
    layer = FFC(4, 6, 3, ratio_gin=0.5, ratio_gout=0.5, stride=stride, norm_layer=None)
    assert layer(torch.rand(1, 4, height, width)).shape == (
        1,
        6,
        -(-height // stride),
        -(-width // stride),
    )


@pytest.mark.parametrize("padding_mode", get_args(PaddingMode))
def test_local_ffc_is_a_plain_convolution(padding_mode: PaddingMode) -> None:
    layer = FFC(3, 5, 3, ratio_gin=0, ratio_gout=0, bias=True, padding_mode=padding_mode)
    plain = nn.Conv2d(3, 5, 3, padding=1, padding_mode=padding_mode)
    plain.load_state_dict(
        {name.removeprefix("conv."): value for name, value in layer.state_dict().items()}
    )
    x = torch.rand(2, 3, 9, 11)
    torch.testing.assert_close(layer(x), plain(x))


def test_fresh_weights_are_distributed_as_separate_convolutions() -> None:
    torch.manual_seed(0)
    layer = FFC(400, 400, 3, ratio_gin=0.75, ratio_gout=0.75, bias=True)
    assert layer.conv is not None
    assert layer.local_to_global is not None
    local, image_wide = layer.conv.weight.split((100, 300), dim=1)
    for weight in (local, image_wide, layer.local_to_global.weight):
        separate = nn.Conv2d(weight.shape[1], weight.shape[0], 3).weight
        assert weight.abs().max() <= separate.abs().max() * 1.001
        torch.testing.assert_close(weight.std(), separate.std(), rtol=0.02, atol=0)
    bound = 1 / math.sqrt(900) + 1 / math.sqrt(2700)
    assert layer.conv.bias is not None
    assert bound / 2 < layer.conv.bias.abs().max() <= bound


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_channels": 0}, "in_channels must be at least 1, got 0"),
        ({"ratio_gin": 1.5}, "ratio_gin must lie between 0 and 1, got 1.5"),
        (
            {"padding": 0},
            "padding=0 with kernel_size=3 and dilation=1 gives the convolutions another size",
        ),
        ({"kernel_size": 4}, "take an odd kernel_size and padding=None"),
        ({"padding": -1}, "padding must be at least 0, got -1"),
        ({"stride": 3}, "stride must be 1 or 2, got 3"),
        (
            {"padding_mode": "mirror"},
            "padding_mode must be one of zeros, reflect, replicate, circular; got 'mirror'",
        ),
        (
            {"out_channels": 2},
            "out_channels=2 with ratio_gout=0.5 has 1 global channels, .* at least 2",
        ),
        (
            {"out_channels": 24, "local_fourier_unit": True},
            "has 12 global channels, .* a multiple of 8",
        ),
    ],
)
def test_ffc_refuses(arguments: dict[str, object], message: str) -> None:
    settings = {
        "in_channels": 8,
        "out_channels": 16,
        "kernel_size": 3,
        "ratio_gin": 0.5,
        "ratio_gout": 0.5,
    }
    with pytest.raises(ValueError, match=message):
        FFC(**{**settings, **arguments})  # type: ignore[arg-type]


def test_wrong_types_of_arguments() -> None:
    with pytest.raises(TypeError, match=r"kernel_size must be an int, got 3.0 of type float"):
        FFC(8, 8, 3.0, ratio_gin=0, ratio_gout=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ratio must be a number, got 'half' of type str"):
        split_channels(8, "half")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="kernel_size must be odd to keep the size, got 2"):
        FFCResidualBlock(8, ratio=0.5, kernel_size=2)


def test_too_small_to_reflect() -> None:
    layer = FFCNormAct(8, 8, 7, ratio_gin=0.5, ratio_gout=0.5)
    with pytest.raises(
        ValueError,
        match="x is 3x9, but its padding needs sides of at least 4",
    ):
        layer(torch.zeros(1, 8, 3, 9))


def test_local_fourier_unit_needs_even_sides() -> None:
    transform = SpectralTransform(8, 8, local_fourier_unit=True)
    with pytest.raises(ValueError, match=r"x is 7x8, .* multiples of 2 here: pad it to 8x8"):
        transform(torch.zeros(1, 8, 7, 8))


def test_spectral_transform_refuses() -> None:
    with pytest.raises(ValueError, match="out_channels must be at least 2, got 1"):
        SpectralTransform(8, 1)
    with pytest.raises(ValueError, match=r"out_channels must be a multiple of 8 .* got 12"):
        SpectralTransform(8, 12, local_fourier_unit=True)
    with pytest.raises(TypeError, match=r"kernel_size must be an int, got \(3, 3\)"):
        FFCResidualBlock(8, ratio=0.5, kernel_size=(3, 3))  # type: ignore[arg-type]


def test_local_and_global_layers_differ_in_reach() -> None:
    """A local FFC sees three pixels each way, a global one the whole image."""
    x = torch.zeros(1, 4, 9, 9, dtype=torch.float64)
    dot = x.clone()
    dot[..., 4, 4] = 1

    def reached(ratio: float) -> int:
        torch.manual_seed(0)
        layer = FFC(4, 4, 3, ratio_gin=ratio, ratio_gout=ratio, norm_layer=None).double()
        return int(((layer(dot) - layer(x)).abs().amax(1) > 1e-12).sum())

    assert (reached(0), reached(0.5)) == (9, 81)


@given(
    dilations=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    kernel_size=st.sampled_from([1, 3, 5]),
    bias=st.booleans(),
)
def test_multi_dilated_is_the_sum_over_its_groups(
    dilations: list[int], kernel_size: int, bias: bool
) -> None:
    layer = MultiDilatedConv2d(
        3 * len(dilations), 2, kernel_size, dilations=dilations, bias=bias, padding_mode="zeros"
    ).double()
    x = torch.randn(1, 3 * len(dilations), 6, 7, dtype=torch.float64)
    expected = torch.zeros(1, 2, 6, 7, dtype=torch.float64)
    parameters = dict(layer.named_parameters())
    for number, dilation in enumerate(dilations):
        expected += functional.conv2d(
            x[:, 3 * number : 3 * number + 3],
            parameters[f"convs.{number}.weight"],
            parameters.get(f"convs.{number}.bias"),
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
        )
    torch.testing.assert_close(layer(x), expected)


def test_a_multi_dilated_convolution_has_the_weights_of_a_plain_one() -> None:
    plain = nn.Conv2d(16, 8, 3, bias=False)
    dilated = MultiDilatedConv2d(16, 8, bias=False)
    assert sum(p.numel() for p in dilated.parameters()) == plain.weight.numel()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_channels": 6}, "in_channels must be a multiple of the number of dilations, 4, got 6"),
        ({"kernel_size": 4}, "kernel_size must be odd to keep the size, got 4"),
        ({"dilations": ()}, "the number of dilations must be at least 1, got 0"),
        ({"dilations": (1, 0)}, "each of dilations must be at least 1, got 0"),
        ({"padding_mode": "none"}, "padding_mode must be one of zeros, reflect"),
    ],
)
def test_bad_arguments_of_multi_dilated(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MultiDilatedConv2d(**{"in_channels": 8, "out_channels": 8, **arguments})


def test_a_residual_block_is_a_sum_and_ends_without_activation() -> None:
    block = ResidualBlock(4, norm_layer=None).eval()
    x = torch.randn(1, 4, 6, 5)
    torch.testing.assert_close(block(x), x + block.conv2(block.conv1(x).relu()))
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
    assert torch.equal(block(x), x)


def test_blocks_tell_the_side_they_need() -> None:
    with pytest.raises(ValueError, match="x is 8x20, but its padding needs sides of at least 9"):
        ResidualBlock(4, conv_layer=MultiDilatedConv2d)(torch.rand(1, 4, 8, 20))
    with pytest.raises(ValueError, match="x is 1x4, but its padding needs sides of at least 2"):
        ResidualBlock(4)(torch.rand(1, 4, 1, 4))
