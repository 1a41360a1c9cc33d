"""Weights under published names."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from lamakit._weights import StoredTensor
from lamakit.checkpoints import (
    to_published_state_dict,
)
from lamakit.checkpoints.published_names import read_under_published_names
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import (
    ResNetGenerator,
    TwoStageGenerator,
    lama_fourier,
)
from lamakit.layers import FFCResidualBlock
from tests.checkpoints.networks import (
    small,
)
from tests.helpers import assert_same_tensors


def test_other_blocks_and_norms_have_no_published_names() -> None:
    with pytest.raises(ValueError, match="got blocks of type Identity"):
        to_published_state_dict(ResNetGenerator(block=lambda _: nn.Identity(), base_channels=2))
    with pytest.raises(ValueError, match=r"batch normalisation everywhere .* lacks bottleneck"):
        to_published_state_dict(lama_fourier(base_channels=4, num_blocks=1, norm_layer=None))
    empty = ResNetGenerator(block=lambda c: FFCResidualBlock(c, ratio=0.5), num_blocks=0)
    with pytest.raises(ValueError, match="got blocks of type none"):
        to_published_state_dict(empty)
    with pytest.raises(ValueError, match="no spectral normalisation; one of them lacks head"):
        to_published_state_dict(PatchDiscriminator(base_channels=4, spectral_norm=True))


def test_other_networks_have_no_published_names() -> None:
    one = lama_fourier(base_channels=8, num_blocks=1)
    with pytest.raises(TypeError, match="published names, got TwoStageGenerator; save its state"):
        to_published_state_dict(TwoStageGenerator(one, one))


@pytest.mark.parametrize("wrapper", [nn.DataParallel, AveragedModel, torch.compile])
def test_wrappers_are_looked_through(wrapper: Any) -> None:
    for model in (small(), PatchDiscriminator(base_channels=4)):
        assert_same_tensors(to_published_state_dict(wrapper(model)), to_published_state_dict(model))


def test_a_discriminator() -> None:
    names = to_published_state_dict(PatchDiscriminator(base_channels=4, num_layers=1))
    assert sorted(name for name in names if name.endswith("0.weight")) == [
        "model0.0.weight",
        "model1.0.weight",
        "model2.0.weight",
    ]


def test_tensors_of_no_generator_are_read_as_they_are() -> None:
    state_dict = {"model.a": StoredTensor.in_memory(torch.ones(1))}
    assert read_under_published_names(state_dict, None) == {"model.a": 1}
