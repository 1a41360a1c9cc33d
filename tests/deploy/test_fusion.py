"""Folding batch normalisations changes no output."""

from __future__ import annotations

import copy
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from lamakit.deploy import fuse_for_inference
from lamakit.generators import ResNetGenerator, create_generator, lama_fourier, list_generators
from lamakit.layers import FFC, FFCNormAct, FFCResidualBlock, SpectralTransform
from tests.helpers import seeded


def with_statistics(module: nn.Module) -> nn.Module:
    """Return the module in eval mode, with normalisations that change what they normalise."""
    generator = seeded()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d) and part.running_mean is not None:
            part.running_mean.normal_(generator=generator)
            cast("Tensor", part.running_var).uniform_(0.5, 2, generator=generator)
            if part.affine:
                with torch.no_grad():
                    part.weight.uniform_(0.5, 1.5, generator=generator)
                    part.bias.normal_(generator=generator)
    return module.eval()


def count(module: nn.Module, kind: type[nn.Module] = nn.BatchNorm2d) -> int:
    return sum(isinstance(part, kind) for part in module.modules())


def largest_difference(
    module: nn.Module, fused: nn.Module, channels: int, size: tuple[int, int] = (32, 40)
) -> float:
    x = torch.rand(2, channels, *size, generator=seeded())
    with torch.no_grad():
        expected, found = module(x), fused(x)
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("name", list_generators())
def test_every_generator_keeps_its_output_without_any_normalisation(name: str) -> None:
    torch.manual_seed(0)
    model = with_statistics(create_generator(name, base_channels=8))
    before = copy.deepcopy(model.state_dict())
    assert count(model) > 0
    fused = fuse_for_inference(model)
    assert count(fused) == 0
    assert largest_difference(model, fused, 4, (72, 80)) < 1e-5
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[key], before[key]) for key in before)


@pytest.mark.parametrize(
    "ratios", [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 0), (1, 1), (0.5, 1), (1, 0.5)]
)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
def test_an_ffc_at_every_ratio(ratios: tuple[float, float], bias: bool, stride: int) -> None:
    gin, gout = ratios
    torch.manual_seed(0)
    layer = FFCNormAct(
        8, 16, 3, ratio_gin=gin, ratio_gout=gout, bias=bias, stride=stride, activation_layer=nn.ELU
    )
    fused = fuse_for_inference(with_statistics(layer))
    assert count(fused) == 0
    assert largest_difference(layer, fused, 8) < 1e-5


def test_a_local_fourier_unit() -> None:
    torch.manual_seed(0)
    module = with_statistics(SpectralTransform(16, 16, local_fourier_unit=True))
    fused = fuse_for_inference(module)
    assert count(fused) == 0
    assert largest_difference(module, fused, 16) < 1e-5


def test_layers_of_ones_own_in_a_sequential() -> None:
    torch.manual_seed(0)
    network = with_statistics(
        nn.Sequential(
            nn.Conv2d(4, 8, 3),
            nn.BatchNorm2d(8, affine=False),
            nn.ReLU(),
            FFC(8, 8, 3, ratio=0.5),
            nn.BatchNorm2d(8),
            nn.ConvTranspose2d(8, 6, 2, stride=2),
            nn.BatchNorm2d(6),
            nn.BatchNorm2d(6),  # behind no layer
        )
    )
    fused = fuse_for_inference(network)
    assert count(fused) == 1
    assert largest_difference(network, fused, 4) < 1e-5


def test_what_cannot_be_folded_stays() -> None:
    norm, conv = nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1)
    shared_norm = nn.Sequential(nn.Conv2d(4, 4, 1), norm, nn.Conv2d(4, 4, 1), norm)
    shared_layer = nn.Sequential(conv, nn.BatchNorm2d(4), conv)
    statistics = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4, track_running_stats=False))
    groups = nn.Sequential(nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4))
    for network in (shared_norm, shared_layer, statistics, groups):
        fused = fuse_for_inference(with_statistics(network))
        assert repr(fused) == repr(network)
        assert largest_difference(network, fused, 4) == 0


def test_a_wrapped_network_and_one_in_training_mode() -> None:
    model = lama_fourier(base_channels=8, num_blocks=1).train()
    fused = fuse_for_inference(AveragedModel(model))
    assert isinstance(fused, ResNetGenerator)
    assert not fused.training
    assert model.training


def test_half_precision_and_frozen_weights_are_kept() -> None:
    block = FFCResidualBlock(8, ratio=0.5).to(torch.bfloat16).requires_grad_(requires_grad=False)
    fused = fuse_for_inference(block)
    assert {p.dtype for p in fused.parameters()} == {torch.bfloat16}
    assert not any(p.requires_grad for p in fused.parameters())


def test_only_a_module_is_taken() -> None:
    with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module, got str"):
        fuse_for_inference("model.pt")  # type: ignore[type-var]
