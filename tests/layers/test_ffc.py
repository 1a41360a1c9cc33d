"""The fast Fourier convolution."""

from __future__ import annotations

import inspect
import math
from fractions import Fraction
from typing import get_args, get_origin, get_type_hints

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from typing_extensions import Required

from lamakit.layers import FFC, split_channels
from lamakit.layers.ffc import FFCOptions
from lamakit.layers.layer_types import PaddingMode


@given(channels=st.integers(0, 4096), percent=st.integers(0, 100))
def test_split_channels_is_safe_against_rounding(channels: int, percent: int) -> None:
    local, global_channels = split_channels(channels, percent / 100)
    assert global_channels == math.floor(Fraction(channels * percent, 100))
    assert local + global_channels == channels


@given(channels=st.integers(1, 4096), data=st.data())
def test_split_channels_recovers_the_share(channels: int, data: st.DataObject) -> None:
    global_channels = data.draw(st.integers(0, channels))
    assert split_channels(channels, global_channels / channels)[1] == global_channels


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
def test_a_local_ffc_is_a_plain_convolution(padding_mode: PaddingMode) -> None:
    layer = FFC(3, 5, 3, ratio_gin=0, ratio_gout=0, bias=True, padding_mode=padding_mode)
    plain = nn.Conv2d(3, 5, 3, padding=1, padding_mode=padding_mode)
    plain.load_state_dict(
        {name.removeprefix("conv."): value for name, value in layer.state_dict().items()}
    )
    x = torch.rand(2, 3, 9, 11)
    torch.testing.assert_close(layer(x), plain(x))


@pytest.mark.parametrize(("ratio_gin", "ratio_gout"), [(0, 0.5), (0.5, 0)])
def test_global_channels_on_one_side_only_are_a_plain_convolution(
    ratio_gin: float, ratio_gout: float
) -> None:
    layer = FFC(4, 6, 3, ratio_gin=ratio_gin, ratio_gout=ratio_gout)
    assert layer.conv is not None
    assert layer.global_to_global is None
    x = torch.rand(2, 4, 9, 11)
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    torch.testing.assert_close(layer(x), F.conv2d(padded, layer.conv.weight))


def test_the_branches_are_the_sums_of_their_paths() -> None:
    layer = FFC(6, 10, 3, ratio_gin=0.5, ratio_gout=0.4, norm_layer=None).double()
    assert layer.conv is not None
    assert layer.local_to_global is not None
    assert layer.global_to_global is not None
    x = torch.rand(2, 6, 9, 11, dtype=torch.float64)
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    local = F.conv2d(padded[:, :3], layer.conv.weight[:, :3])
    local = local + F.conv2d(padded[:, 3:], layer.conv.weight[:, 3:])
    from_local = F.conv2d(padded[:, :3], layer.local_to_global.weight)
    expected = torch.cat([local, from_local + layer.global_to_global(x[:, 3:])], dim=1)
    torch.testing.assert_close(layer(x), expected)


def test_fresh_weights_are_distributed_as_separate_convolutions() -> None:
    torch.manual_seed(0)
    layer = FFC(400, 400, 3, ratio_gin=0.75, ratio_gout=0.75, bias=True)
    assert layer.conv is not None
    assert layer.local_to_global is not None
    from_local, from_global = layer.conv.weight.split((100, 300), dim=1)
    for weight in (from_local, from_global, layer.local_to_global.weight):
        separate = nn.Conv2d(weight.shape[1], weight.shape[0], 3).weight
        assert weight.abs().max() <= separate.abs().max() * 1.001
        torch.testing.assert_close(weight.std(), separate.std(), rtol=0.02, atol=0)
    bound = 1 / math.sqrt(900) + 1 / math.sqrt(2700)
    assert layer.conv.bias is not None
    assert bound / 2 < layer.conv.bias.abs().max() <= bound


def test_local_and_global_layers_differ_in_reach() -> None:
    """A pixel influences 3x3 output pixels of a local FFC, and all of a global one."""
    x = torch.zeros(1, 4, 9, 9, dtype=torch.float64)
    dot = x.clone()
    dot[..., 4, 4] = 1

    def reached(ratio: float) -> int:
        torch.manual_seed(0)
        layer = FFC(4, 4, 3, ratio_gin=ratio, ratio_gout=ratio, norm_layer=None).double()
        return int(((layer(dot) - layer(x)).abs().amax(1) > 1e-12).sum())

    assert (reached(0), reached(0.5)) == (9, 81)


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
def test_bad_arguments(arguments: dict[str, object], message: str) -> None:
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
    with pytest.raises(TypeError, match=r"padding must be .* got 'same'; None keeps the size"):
        FFC(8, 8, 3, ratio=0, padding="same")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ratio must be a number, got 'half' of type str"):
        split_channels(8, "half")  # type: ignore[arg-type]


def test_one_ratio_stands_for_both() -> None:
    layer = FFC(8, 12, 3, ratio=0.25)
    assert (layer.ratio_gin, layer.ratio_gout) == (0.25, 0.25)
    layer.load_state_dict(FFC(8, 12, 3, ratio_gin=0.25, ratio_gout=0.25).state_dict())
    with pytest.raises(TypeError, match="shares of global channels are missing: give ratio"):
        FFC(8, 12, 3)
    with pytest.raises(TypeError, match=r"both .*; got ratio_gin=0\.25, ratio_gout=None"):
        FFC(8, 12, 3, ratio_gin=0.25)
    with pytest.raises(TypeError, match="not all three"):
        FFC(8, 12, 3, ratio=0.5, ratio_gin=0.25)
    with pytest.raises(ValueError, match="ratio must lie between 0 and 1, got -1"):
        FFC(8, 12, 3, ratio=-1)


def test_its_text_shows_what_it_is() -> None:
    text = repr(FFC(8, 12, 3, ratio_gin=0.5, ratio_gout=0.25, stride=2, dilation=2))
    expected = "8, 12, kernel_size=3, ratio_gin=0.5, ratio_gout=0.25, stride=2, padding=2"
    assert expected + ", dilation=2" in text


def test_too_small_images_are_refused() -> None:
    layer = FFC(8, 8, 7, ratio_gin=0.5, ratio_gout=0.5)
    with pytest.raises(
        ValueError,
        match="x is 3x9, but its padding needs sides of at least 4",
    ):
        layer(torch.zeros(1, 8, 3, 9))


def test_the_options_are_the_arguments() -> None:
    """All keyword arguments but those that a layer with a norm and an activation has itself."""
    hints, parameters = get_type_hints(FFC.__init__), inspect.signature(FFC).parameters
    keywords = {name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
    options = get_type_hints(FFCOptions)
    assert options == {n: hints[n] for n in keywords - {"norm_layer", "activation_layer"}}
    extras = get_type_hints(FFCOptions, include_extras=True)
    required = {name for name, hint in extras.items() if get_origin(hint) is Required}
    assert required == {n for n in options if parameters[n].default is inspect.Parameter.empty}
