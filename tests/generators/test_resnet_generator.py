"""The network of encoder, bottleneck and decoder, and the sizes that it accepts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lamakit.generators import ResNetGenerator, lama_dilated, lama_fourier, lama_regular
from lamakit.inpainting import SizedModel
from lamakit.refinement import SplitModel

BY_LOCAL_FOURIER_UNIT = {
    lfu: lama_fourier(base_channels=2, num_blocks=1, ratio=0.5, local_fourier_unit=lfu).eval()
    for lfu in (False, True)
}


def test_front_and_rear_are_the_generator() -> None:
    model, x = lama_fourier(base_channels=4, num_blocks=3).eval(), torch.rand(1, 4, 24, 16)
    features = model.front(x)
    assert features.shape == (1, 32, 3, 2)
    assert len(model.rear) == 3 + 4
    for part in model.rear:
        features = part(features)
    assert torch.equal(features, model(x))


def test_it_is_a_sized_and_a_split_model() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1)
    sized: SizedModel = model  # for the type checker
    split: SplitModel = model
    assert isinstance(sized, SizedModel)
    assert isinstance(split, SplitModel)
    assert not isinstance(nn.Conv2d(4, 3, 3), (SizedModel, SplitModel))


@given(height=st.integers(1, 70), width=st.integers(1, 70), lfu=st.booleans())
def test_a_size_that_does_not_fit_is_told_one_that_does(height: int, width: int, lfu: bool) -> None:
    model = BY_LOCAL_FOURIER_UNIT[lfu]
    assert model.size_multiple == (16 if lfu else 8)
    x = torch.zeros(1, 4, height, width)
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


def test_a_block_that_is_built_already() -> None:
    with pytest.raises(TypeError, match=r"block must build .* give the class Identity, or a funct"):
        ResNetGenerator(block=nn.Identity())


def test_a_block_that_changes_the_channels_is_named() -> None:
    blocks = iter([nn.Identity(), nn.Conv2d(8, 6, 1), nn.Identity()])
    model = ResNetGenerator(
        block=lambda _: next(blocks), num_blocks=3, base_channels=4, num_downsamplings=1
    )
    with pytest.raises(ValueError, match="block 1 of the bottleneck, a Conv2d, returns 6 channels"):
        model(torch.rand(1, 4, 16, 16))


def test_a_normalisation_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="the 4 channels of encoder and decoder: num_channels"):
        ResNetGenerator(block=nn.Identity, base_channels=4, norm_layer=partial(nn.GroupNorm, 3))


@pytest.mark.parametrize("build", [lama_fourier, lama_regular, lama_dilated])
def test_channels_double_up_to_the_largest(build: Callable[..., ResNetGenerator]) -> None:
    model = build(base_channels=4, num_blocks=1, max_channels=12).eval()
    convs = [part for part in model.modules() if isinstance(part, nn.ConvTranspose2d)]
    assert [(conv.in_channels, conv.out_channels) for conv in convs] == [(12, 12), (12, 8), (8, 4)]
    x = torch.rand(1, 4, 72, 80)
    assert model.front(x).shape == (1, 12, 9, 10)
    assert model(x).shape == (1, 3, 72, 80)
    with pytest.raises(ValueError, match="max_channels must be at least 4, got 3"):
        build(base_channels=4, max_channels=3)


def test_circular_padding_counts_too() -> None:
    def block(channels: int) -> nn.Module:
        return nn.Conv2d(channels, channels, 5, padding=2, padding_mode="circular")

    model = ResNetGenerator(block=block, num_blocks=1, base_channels=4).eval()
    assert model.min_size == 16
    assert model(torch.rand(1, 4, 16, 16)).isfinite().all()


def test_output_activation() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1, output_activation=nn.Tanh).eval()
    assert isinstance(model.decoder[-1], nn.Sequential)
    assert isinstance(model.decoder[-1][-1], nn.Tanh)
    assert model(torch.rand(1, 4, 16, 16)).min() < 0.5


@pytest.mark.parametrize(
    "name", ["in_channels", "out_channels", "base_channels", "num_blocks", "num_downsamplings"]
)
def test_bad_arguments(name: str) -> None:
    smallest = 0 if name.startswith("num") else 1
    with pytest.raises(ValueError, match=f"{name} must be at least {smallest}, got -1"):
        ResNetGenerator(block=nn.Identity, **{name: -1})  # type: ignore[arg-type]


def test_an_output_activation_that_is_built_already() -> None:
    with pytest.raises(TypeError, match=r"output_activation must build .* give the class Tanh"):
        lama_fourier(base_channels=4, output_activation=nn.Tanh())


def test_bad_padding_mode() -> None:
    with pytest.raises(ValueError, match="downsampling_padding_mode must be one of zeros, reflect"):
        ResNetGenerator(block=nn.Identity, downsampling_padding_mode="none")  # type: ignore[arg-type]
