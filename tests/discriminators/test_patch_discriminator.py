"""The patch discriminator."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrize

from lamakit.discriminators import PatchDiscriminator


def test_parameters_are_as_published() -> None:
    with torch.device("meta"):
        model = PatchDiscriminator()
    assert sum(p.numel() for p in model.parameters()) == 6_962_369


@settings(max_examples=15)
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


def test_spectral_norm_bounds_every_convolution() -> None:
    torch.manual_seed(0)
    model = PatchDiscriminator(base_channels=4, num_layers=2, spectral_norm=True)
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
    other = PatchDiscriminator(base_channels=4, num_layers=2, spectral_norm=True).eval()
    other.load_state_dict(model.state_dict())
    for again in (twin, other):
        torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


def test_norms_follow_all_convolutions_but_the_first_and_the_last() -> None:
    model = PatchDiscriminator(base_channels=4, num_layers=3, norm_layer=nn.InstanceNorm2d)
    norms = [
        [isinstance(part, nn.InstanceNorm2d) for part in stage.children()] for stage in model.stages
    ]
    assert norms == [[False, False, False], *[[False, True, False]] * 3]
    assert isinstance(model.head, nn.Conv2d)


def test_the_gradient_of_a_gradient() -> None:
    """A gradient penalty needs it, and the activations work in place."""
    model = PatchDiscriminator(base_channels=2, num_layers=2).double().eval()
    x = torch.rand(1, 3, 8, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda image: model(image).logits, x, fast_mode=True)


@pytest.mark.parametrize("name", ["in_channels", "base_channels", "num_layers"])
def test_bad_arguments(name: str) -> None:
    options: dict[str, Any] = {name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        PatchDiscriminator(**options)
