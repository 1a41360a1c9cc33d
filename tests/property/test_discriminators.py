"""What discriminators return, how large it is, and what may be changed."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrize

from lamakit.discriminators import (
    MultiScaleDiscriminator,
    PatchDiscriminator,
    create_discriminator,
    list_discriminators,
)


def test_parameters_are_as_published() -> None:
    with torch.device("meta"):
        model = PatchDiscriminator()
    assert sum(p.numel() for p in model.parameters()) == 6_962_369


def test_factories_are_found_by_name() -> None:
    assert list_discriminators() == ["multi_scale", "patch"]
    assert isinstance(create_discriminator("patch", base_channels=4), PatchDiscriminator)
    multi_scale = create_discriminator("multi_scale", base_channels=4, num_scales=3)
    assert isinstance(multi_scale, MultiScaleDiscriminator)
    with pytest.raises(
        ValueError, match="no discriminator is called 'pixel'; known are multi_scale, patch"
    ):
        create_discriminator("pixel")
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        create_discriminator("patch", depth=3)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    num_layers=st.integers(1, 5),
    base_channels=st.sampled_from([2, 4, 300]),
)
def test_features_halve_and_double(
    height: int, width: int, num_layers: int, base_channels: int
) -> None:
    with torch.device("meta"):
        model = PatchDiscriminator(base_channels=base_channels, num_layers=num_layers)
        logits, features = model.eval()(torch.zeros(2, 3, height, width))
    assert len(features) == num_layers + 1
    channels = base_channels
    for feature in features[:-1]:
        height, width = height // 2 + 1, width // 2 + 1
        assert feature.shape == (2, channels, height, width)
        channels = min(2 * channels, 512)
    assert features[-1].shape == (2, channels, height + 1, width + 1)
    assert logits.shape == (2, 1, height + 2, width + 2)


def test_features_are_what_the_head_reads() -> None:
    model = PatchDiscriminator(base_channels=4).eval()
    logits, features = model(torch.rand(1, 3, 40, 30))
    assert torch.equal(model.head(features[-1]), logits)
    for stage, (before, after) in zip(model.stages[1:], pairwise(features), strict=True):
        assert torch.equal(stage(before), after)


def test_every_scale_judges_its_own_halving() -> None:
    model = MultiScaleDiscriminator(base_channels=4, num_scales=3, num_layers=2).eval()
    x = torch.rand(2, 3, 48, 64)
    logits, features = model(x)
    assert logits.shape == (2, 3, 15, 19)
    assert len(features) == 3 * 3
    half = (x[..., ::2, :] + x[..., 1::2, :]) / 2
    half = (half[..., ::2] + half[..., 1::2]) / 2
    expected = model.scales[1](half)
    torch.testing.assert_close(features[3:6], expected.features)
    rows = (torch.arange(15) + 0.5) * expected.logits.shape[2] / 15
    columns = (torch.arange(19) + 0.5) * expected.logits.shape[3] / 19
    repeated = expected.logits[:, :, rows.long()][:, :, :, columns.long()]
    torch.testing.assert_close(logits[:, 1:2], repeated)
    first = model.scales[0](x)
    assert torch.equal(logits[:, :1], first.logits)


def test_too_small_to_halve() -> None:
    model = MultiScaleDiscriminator(base_channels=4, num_scales=3).eval()
    assert model(torch.rand(1, 3, 4, 4)).logits.shape[1] == 3
    with pytest.raises(
        ValueError, match="x is 3x9, but halving it 2 times needs sides of at least 4"
    ):
        model(torch.rand(1, 3, 3, 9))


@pytest.mark.parametrize("build", [PatchDiscriminator, MultiScaleDiscriminator])
def test_spectral_norm_bounds_every_convolution(
    build: type[PatchDiscriminator | MultiScaleDiscriminator],
) -> None:
    torch.manual_seed(0)
    model = build(base_channels=4, num_layers=2, spectral_norm=True)
    x = torch.rand(2, 3, 32, 24)
    for _ in range(50):  # each pass in train mode is a step of the power iteration
        model(x)
    convs = [part for part in model.modules() if isinstance(part, nn.Conv2d)]
    assert all(parametrize.is_parametrized(conv) for conv in convs)
    for conv in convs:
        largest = torch.linalg.matrix_norm(conv.weight.flatten(1), 2)
        assert largest.item() == pytest.approx(1, abs=0.02)
    model.eval()
    twin = copy.deepcopy(model)
    other = build(base_channels=4, num_layers=2, spectral_norm=True).eval()
    other.load_state_dict(model.state_dict())
    for again in (twin, other):
        torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


def test_the_gradient_of_a_gradient() -> None:
    """What a gradient penalty asks of a discriminator, its activations working in place."""
    model = PatchDiscriminator(base_channels=2, num_layers=2).double().eval()
    x = torch.rand(1, 3, 8, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda image: model(image).logits, x, fast_mode=True)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="num_layers must be at least 1, got 0"):
        PatchDiscriminator(num_layers=0)
    with pytest.raises(ValueError, match="num_scales must be at least 1, got 0"):
        MultiScaleDiscriminator(num_scales=0)
    with pytest.raises(ValueError, match="base_channels must be at least 1, got 0"):
        MultiScaleDiscriminator(base_channels=0)
