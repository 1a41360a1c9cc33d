"""What the generators are composed of, and what fits them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lamakit import generators
from lamakit.generators import (
    ResNetGenerator,
    create_generator,
    lama_dilated,
    lama_fourier,
    lama_regular,
    list_generators,
)
from lamakit.layers import FFCResidualBlock


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lama_fourier", 27_048_835),
        ("lama_fourier_shallow", 19_073_155),
        ("big_lama", 50_975_875),
        ("lama_regular", 45_617_731),
        ("lama_regular_deep", 73_947_715),
        ("lama_dilated", 45_645_379),
    ],
)
def test_parameters_are_as_published(name: str, parameters: int) -> None:
    with torch.device("meta"):
        model = create_generator(name)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_factories_are_the_functions_of_their_names() -> None:
    assert [getattr(generators, name).__name__ for name in list_generators()] == list_generators()
    assert len(list_generators()) == 6


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(ValueError, match="'lama'; known are big_lama, lama_dilated, lama_fourier,"):
        create_generator("lama")
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        create_generator("big_lama", depth=3)


def test_front_and_rear_are_the_generator() -> None:
    model, x = lama_fourier(base_channels=4, num_blocks=3).eval(), torch.rand(1, 4, 24, 16)
    features = model.front(x)
    assert features.shape == (1, 32, 3, 2)
    assert len(model.rear) == 3 + 4
    for part in model.rear:
        features = part(features)
    assert torch.equal(features, model(x))


@given(height=st.integers(1, 70), width=st.integers(1, 70), lfu=st.booleans())
def test_a_size_that_does_not_fit_is_told_one_that_does(height: int, width: int, lfu: bool) -> None:
    with torch.device("meta"):
        model = lama_fourier(
            base_channels=4, num_blocks=1, ratio=0.5, local_fourier_unit=lfu
        ).eval()
    assert model.size_multiple == (16 if lfu else 8)
    x = torch.zeros(1, 4, height, width, device="meta")
    try:
        assert model(x).shape == (1, 3, height, width)
    except ValueError as error:
        advice = str(error).split("pad it to ")[1].split(" ")[0]
        larger = tuple(int(side) for side in advice.split("x"))
        assert all(new >= old for new, old in zip(larger, (height, width), strict=True))
        assert model(x.new_zeros(1, 4, *larger)).shape[2:] == larger


@pytest.mark.parametrize(
    ("build", "num_downsamplings", "smallest"),
    [
        *((lama_fourier, *sizes) for sizes in [(0, 4), (1, 4), (2, 8), (3, 16), (4, 32)]),
        *((lama_regular, *sizes) for sizes in [(0, 4), (1, 4), (3, 16)]),
        *((lama_dilated, *sizes) for sizes in [(0, 9), (1, 18), (3, 72)]),
    ],
)
def test_the_smallest_size_works_and_none_below(
    build: Callable[..., ResNetGenerator], num_downsamplings: int, smallest: int
) -> None:
    model = build(base_channels=4, num_blocks=1, num_downsamplings=num_downsamplings).eval()
    assert model.min_size == smallest
    assert model(torch.rand(1, 4, smallest, smallest)).shape == (1, 3, smallest, smallest)
    below = smallest - model.size_multiple
    if below:
        with pytest.raises(
            (RuntimeError, ValueError)
        ):  # the parts themselves cannot, so min_size is no guess
            nn.Sequential(model.encoder, model.bottleneck, model.decoder)(
                torch.rand(1, 4, below, below)
            )


def test_the_block_is_the_callers() -> None:
    built: list[int] = []

    def block(channels: int) -> nn.Module:
        built.append(channels)
        return nn.Sequential(nn.ReflectionPad2d(5), nn.Conv2d(channels, channels, 11))

    model = ResNetGenerator(2, 1, block=block, num_blocks=2, base_channels=4, num_downsamplings=1)
    assert built == [8, 8]
    assert (model.size_multiple, model.min_size) == (2, 12)
    assert model(torch.rand(2, 2, 12, 14)).shape == (2, 1, 12, 14)


def test_output_activation() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1, output_activation=nn.Tanh).eval()
    assert isinstance(model.decoder[-1], nn.Sequential)
    assert isinstance(model.decoder[-1][-1], nn.Tanh)
    assert model(torch.rand(1, 4, 16, 16)).min() < 0.5


def test_local_blocks_everywhere() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1, ratio=0)
    assert isinstance(model.bottleneck[0], FFCResidualBlock)
    assert model.bottleneck[0].conv1.ffc.global_to_global is None


@pytest.mark.parametrize("name", ["in_channels", "out_channels", "base_channels"])
def test_bad_arguments(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        create_generator("lama_fourier", **{name: 0})


def test_circular_borders_count_too() -> None:
    def block(channels: int) -> nn.Module:
        return nn.Conv2d(channels, channels, 5, padding=2, padding_mode="circular")

    model = ResNetGenerator(block=block, num_blocks=1, base_channels=4).eval()
    assert model.min_size == 16
    assert model(torch.rand(1, 4, 16, 16)).isfinite().all()


def test_the_encoder_of_the_regular_family() -> None:
    fourier, regular = lama_fourier(base_channels=4), lama_regular(base_channels=4)
    for model, bias, padding_mode in ((fourier, False, "reflect"), (regular, True, "zeros")):
        convs = [part for part in model.encoder.modules() if isinstance(part, nn.Conv2d)]
        assert [conv.padding_mode for conv in convs] == ["reflect", *[padding_mode] * 3]
        assert [conv.bias is not None for conv in convs] == [bias] * 4
    with pytest.raises(ValueError, match="downsampling_padding_mode must be one of zeros, reflect"):
        ResNetGenerator(block=nn.Identity, downsampling_padding_mode="none")  # type: ignore[arg-type]
