"""Patch discriminators at several scales."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from lamakit.discriminators import MultiScaleDiscriminator, PatchDiscriminator
from lamakit.discriminators.patch_discriminator import PatchOptions
from tests.helpers import assert_same_tensors


def test_every_scale_has_its_own_size_and_discriminator() -> None:
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


def test_the_options_are_those_of_the_patch_discriminator() -> None:
    hints = get_type_hints(PatchDiscriminator.__init__)
    parameters = inspect.signature(PatchDiscriminator).parameters
    keywords = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    assert get_type_hints(PatchOptions) == {name: hints[name] for name in keywords}


def test_options_reach_every_scale() -> None:
    options: PatchOptions = {
        "base_channels": 4,
        "num_layers": 2,
        "norm_layer": nn.InstanceNorm2d,
        "activation_layer": nn.ELU,
        "spectral_norm": True,
    }
    torch.manual_seed(0)
    model = MultiScaleDiscriminator(1, num_scales=3, **options)
    torch.manual_seed(0)
    for scale in model.scales:
        expected = PatchDiscriminator(1, **options)
        assert str(scale) == str(expected)
        assert_same_tensors(scale.state_dict(), expected.state_dict())
    convs = [part for part in model.modules() if isinstance(part, nn.Conv2d)]
    assert all(parametrize.is_parametrized(conv) for conv in convs)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="num_scales must be at least 1, got 0"):
        MultiScaleDiscriminator(num_scales=0)
    with pytest.raises(ValueError, match="base_channels must be at least 1, got 0"):
        MultiScaleDiscriminator(base_channels=0)
    unknown: dict[str, Any] = {"depth": 3}
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        MultiScaleDiscriminator(**unknown)
