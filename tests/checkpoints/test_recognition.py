"""Any configuration is recognised from names and shapes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lamakit.checkpoints import load_generator, to_published_state_dict
from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.recognition import recognise_discriminator, recognise_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import (
    ResNetGenerator,
    big_lama,
    create_generator,
    lama_dilated,
    lama_fourier,
    lama_regular,
)
from tests.checkpoints.networks import FAMILIES, published, published_discriminator, small


def check_recognised(model: ResNetGenerator, configuration: dict[str, Any]) -> None:
    """Assert that names and shapes, the published and our own, tell the configuration."""
    for state_dict in (model.state_dict(), to_published_state_dict(model)):
        recognised = recognise_generator(state_dict)
        assert recognised is not None
        found = recognised.configuration
        assert {name: found[name] for name in configuration} == configuration
        assert str(build_without_values(recognised.factory)) == str(model)


@settings(max_examples=15)
@given(
    in_channels=st.integers(1, 6),
    out_channels=st.integers(1, 5),
    num_blocks=st.integers(1, 3),
    base_channels=st.sampled_from([8, 16]),
    num_downsamplings=st.integers(0, 4),
    ratio=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
    local_fourier_unit=st.booleans(),
)
def test_any_fourier_configuration(**configuration: Any) -> None:
    if configuration["ratio"] == 0:
        configuration["local_fourier_unit"] = False
    if configuration["local_fourier_unit"]:
        configuration.update(num_downsamplings=3)
    check_recognised(build_without_values(partial(lama_fourier, **configuration)), configuration)


@settings(max_examples=15)
@given(
    in_channels=st.integers(1, 6),
    out_channels=st.integers(1, 5),
    num_blocks=st.integers(1, 3),
    base_channels=st.sampled_from([4, 8]),
    num_downsamplings=st.integers(0, 4),
    dilations=st.sampled_from([None, (1,), (1, 2), (1, 2, 4, 8)]),
)
def test_any_regular_or_dilated_configuration(
    dilations: tuple[int, ...] | None, **configuration: Any
) -> None:
    if dilations is None:
        factory = partial(lama_regular, **configuration)
    else:
        configuration["dilations"] = dilations
        factory = partial(lama_dilated, **configuration)
    check_recognised(build_without_values(factory), configuration)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("max_channels", [8, 12, 16, 40, 64])
def test_limited_channels(name: str, max_channels: int) -> None:
    model = create_generator(name, base_channels=8, num_blocks=1, max_channels=max_channels)
    configuration = {"base_channels": 8, "num_downsamplings": 3}
    if max_channels < 64:
        configuration["max_channels"] = max_channels
    check_recognised(model, configuration)


@pytest.mark.slow
@given(
    name=st.sampled_from(FAMILIES),
    in_channels=st.integers(1, 6),
    out_channels=st.integers(1, 5),
    num_blocks=st.integers(1, 3),
    num_downsamplings=st.integers(0, 4),
)
def test_a_recognised_generator_computes_the_same(name: str, **configuration: Any) -> None:
    model = create_generator(name, base_channels=8, **configuration).eval()
    again = load_generator(to_published_state_dict(model))
    assert (again.size_multiple, again.min_size) == (model.size_multiple, model.min_size)
    side = model.min_size + model.size_multiple
    x = torch.rand(1, configuration["in_channels"], side, side)
    torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


@settings(max_examples=15)
@given(
    in_channels=st.integers(1, 5),
    base_channels=st.sampled_from([1, 4, 30]),
    num_layers=st.integers(1, 5),
)
def test_any_discriminator(**configuration: Any) -> None:
    model = build_without_values(partial(PatchDiscriminator, **configuration))
    factory = recognise_discriminator(to_published_state_dict(model))
    assert factory is not None
    assert str(build_without_values(factory)) == str(model)


def test_numbers_far_beyond() -> None:
    for index in ("301", "99999999", "9" * 5000):
        state_dict = to_published_state_dict(small())
        state_dict[f"model.{index}.conv1.bn_l.weight"] = torch.ones(1)
        with pytest.raises(ValueError, match="a part with a number above 300, which no publis"):
            load_generator(state_dict)


def test_more_convolutions_than_any_block_has() -> None:
    state_dict = to_published_state_dict(small("lama_dilated"))
    state_dict["model.300.conv_block.0.convs.299.weight"] = torch.ones(1)
    with pytest.raises(ValueError, match="a part with a number above 15, which no published"):
        load_generator(state_dict)


@pytest.mark.parametrize("own", [True, False])
def test_big_lama(*, own: bool) -> None:
    model = build_without_values(big_lama)
    state_dict = model.state_dict() if own else to_published_state_dict(model)
    recognised = recognise_generator(state_dict)
    assert recognised is not None
    assert recognised.is_published is not own
    assert recognised.configuration == {
        "name": "lama_fourier",
        "in_channels": 4,
        "out_channels": 3,
        "num_blocks": 18,
        "base_channels": 64,
        "num_downsamplings": 3,
        "ratio": 0.75,
        "local_fourier_unit": False,
    }
    assert "published" in recognised.description or own


def test_other_state_dicts() -> None:
    assert recognise_generator(published_discriminator()) is None
    assert recognise_discriminator(published()) is None
