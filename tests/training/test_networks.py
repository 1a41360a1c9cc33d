"""Networks, masks and losses as settings describe them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lamakit.backbones import vgg19_features
from lamakit.checkpoints import save_generator, to_published_state_dict
from lamakit.discriminators import MultiScaleDiscriminator, PatchDiscriminator
from lamakit.generators import ResNetGenerator, TwoStageGenerator, lama_fourier
from lamakit.losses import GlamaObjective, PerceptualLoss
from lamakit.masks import glama_general, lama_training, thin
from lamakit.training import (
    TrainingSettings,
    TrainingState,
    build_masks,
    build_networks,
    build_objective,
    load_trained,
    save_state,
)
from lamakit.training.networks import group_norm
from tests.helpers import assert_same_tensors

SMALL: dict[str, Any] = {
    "images": "photos",
    "crop_size": 32,
    "generator_options": {"base_channels": 8, "num_blocks": 1},
    "discriminator_options": {"base_channels": 8},
}


def small(**changes: Any) -> TrainingSettings:
    return TrainingSettings(**(SMALL | changes))


def small_generator() -> ResNetGenerator:
    return lama_fourier(base_channels=8, num_blocks=1)


def norms(network: nn.Module) -> set[type]:
    return {type(m) for m in network.modules() if "Norm" in type(m).__name__}


def test_networks_by_name() -> None:
    options = {"base_channels": 8}
    model, discriminator = build_networks(
        small(generator="lama_regular", discriminator="multi_scale", discriminator_options=options)
    )
    assert isinstance(model, ResNetGenerator)
    assert isinstance(discriminator, MultiScaleDiscriminator)
    assert model.training


@pytest.mark.parametrize(
    ("norm", "kind"),
    [("batch", nn.BatchNorm2d), ("sync_batch", nn.SyncBatchNorm), ("group", nn.GroupNorm)],
)
def test_the_normalisation(norm: str, kind: type) -> None:
    weights = {"r1": 0.0}
    for network in build_networks(small(norm=norm, weights=weights)):
        assert network is not None
        found = norms(network)
        assert kind in found
        assert all("Act" in other.__name__ for other in found - {kind})  # FFCNormAct


def test_r1_keeps_the_discriminator_from_sync_batch_norm() -> None:
    model, discriminator = build_networks(small(norm="sync_batch"))
    assert discriminator is not None
    assert nn.SyncBatchNorm in norms(model)
    assert nn.SyncBatchNorm not in norms(discriminator)  # it has no second derivative


@pytest.mark.parametrize(("channels", "groups"), [(64, 8), (12, 4), (7, 1), (4, 4)])
def test_group_norm_divides_the_channels(channels: int, groups: int) -> None:
    assert group_norm(channels, max_groups=8).num_groups == groups


def test_a_size_that_the_generator_does_not_take() -> None:
    with pytest.raises(ValueError, match="crop_size must be a multiple of 8 and at least 16"):
        build_networks(small(crop_size=36))


def test_published_weights_of_both_networks(tmp_path: Path) -> None:
    networks: dict[str, ResNetGenerator | PatchDiscriminator] = {
        "generator": small_generator(),
        "discriminator": PatchDiscriminator(base_channels=8),
    }
    state_dict = {
        f"{part}.{name}": tensor
        for part, network in networks.items()
        for name, tensor in to_published_state_dict(network).items()
    }
    torch.save({"state_dict": state_dict}, tmp_path / "best.ckpt")
    model, discriminator = build_networks(small(init_from=str(tmp_path / "best.ckpt")))
    assert discriminator is not None
    assert_same_tensors(model.state_dict(), networks["generator"].state_dict())
    assert_same_tensors(discriminator.state_dict(), networks["discriminator"].state_dict())


@pytest.mark.parametrize("norm", ["batch", "group"])
def test_the_average_of_an_own_checkpoint(tmp_path: Path, norm: str) -> None:
    state = TrainingState.of(*build_networks(small(norm=norm)))
    with torch.no_grad():
        for parameter in state.best_model.parameters():
            parameter.add_(1)
    save_state(state, tmp_path / "a.pt")
    model, discriminator = build_networks(small(norm=norm, init_from=str(tmp_path / "a.pt")))
    assert discriminator is not None
    assert_same_tensors(model.state_dict(), state.best_model.state_dict())
    expected, _ = state.trained["discriminator"]
    assert_same_tensors(discriminator.state_dict(), expected.state_dict())


def test_half_precision_weights(tmp_path: Path) -> None:
    save_generator(small_generator().half(), tmp_path / "a.safetensors")
    model, _ = build_networks(small(init_from=str(tmp_path / "a.safetensors")))
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_the_weights_of_other_networks(tmp_path: Path) -> None:
    save_generator(small_generator(), tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match=r"init_from: .* holds another network than the settings"):
        build_networks(small(generator="lama_regular", init_from=str(tmp_path / "a.safetensors")))
    with pytest.raises(FileNotFoundError):
        build_networks(small(init_from=str(tmp_path / "missing.pt")))


def test_the_second_stage(tmp_path: Path) -> None:
    coarse = small_generator()
    path = str(tmp_path / "coarse.safetensors")
    save_generator(coarse, path)
    model, _ = build_networks(small(coarse_from=path, coarse_side=16))
    assert isinstance(model, TwoStageGenerator)
    assert model.coarse_side == 16
    assert_same_tensors(model.coarse.state_dict(), coarse.state_dict())
    assert not any(parameter.requires_grad for parameter in model.coarse.parameters())
    assert all(parameter.requires_grad for parameter in model.refiner.parameters())


@pytest.mark.parametrize("average_decay", [0.9, 0.0])
def test_a_trained_generator_with_group_norm(tmp_path: Path, average_decay: float) -> None:
    settings = small(
        norm="group",
        generator_optimizer="muon",
        average_decay=average_decay,
        init_from="gone.pt",
    )
    networks = build_networks(replace(settings, init_from=""))
    state = TrainingState.of(*networks, generator_optimizer="muon", average_decay=average_decay)
    path = str(tmp_path / "a.pt")
    save_state(state, path, settings=settings.to_dict())
    found = load_trained(path)
    assert_same_tensors(found.state_dict(), state.best_model.state_dict())
    assert not found.training
    behind, _ = build_networks(small(coarse_from=path))
    assert isinstance(behind, TwoStageGenerator)
    assert_same_tensors(behind.coarse.state_dict(), found.state_dict())


def test_a_trained_generator_without_settings(tmp_path: Path) -> None:
    expected = small_generator()
    save_generator(expected, tmp_path / "a.safetensors")
    found = load_trained(str(tmp_path / "a.safetensors"))
    assert_same_tensors(found.state_dict(), expected.state_dict())


def test_a_checkpoint_of_other_normalisation(tmp_path: Path) -> None:
    state = TrainingState.of(*build_networks(small(norm="group")))
    save_state(state, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"init_from: .*a\.pt' holds no network that the settings"):
        build_networks(small(init_from=str(tmp_path / "a.pt")))


def test_weights_for_the_second_stage(tmp_path: Path) -> None:
    coarse, refiner = str(tmp_path / "coarse.safetensors"), str(tmp_path / "refiner.safetensors")
    save_generator(small_generator(), coarse)
    expected = small_generator()
    save_generator(expected, refiner)
    model, discriminator = build_networks(small(coarse_from=coarse, init_from=refiner))
    assert isinstance(model, TwoStageGenerator)
    assert_same_tensors(model.refiner.state_dict(), expected.state_dict())
    save_state(TrainingState.of(model, discriminator), tmp_path / "both.pt")
    again, _ = build_networks(small(coarse_from=coarse, init_from=str(tmp_path / "both.pt")))
    assert_same_tensors(again.state_dict(), model.state_dict())


def test_masks_fit_the_crops() -> None:
    assert build_masks(small(masks="thin")) == thin(32)
    assert build_masks(small(masks="thin", mask_options={"resolution": 512})) == thin(512)
    assert build_masks(small()) == lama_training(32)
    assert build_masks(small(masks="glama_general")) == glama_general()


def test_the_objective() -> None:
    discriminator = PatchDiscriminator(base_channels=8)
    objective = build_objective(
        small(objective="glama", weights={"total_variation": 300.0}), discriminator
    )
    assert isinstance(objective, GlamaObjective)
    assert objective.weights.total_variation == 300
    assert objective.perceptual is None


def test_the_perceptual_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def extractor(weights: str) -> object:
        given.append(weights)
        return vgg19_features()

    monkeypatch.setattr("lamakit.backbones.vgg19_features", extractor)
    settings = small(extractor="vgg19_features", extractor_weights="vgg.pth")
    objective = build_objective(settings, PatchDiscriminator(base_channels=8))
    assert isinstance(objective.perceptual, PerceptualLoss)
    assert given == ["vgg.pth"]


def test_a_generator_alone() -> None:
    weights = {"adversarial": 0.0, "feature_matching": 0.0}
    settings = small(discriminator="none", weights=weights, discriminator_options={})
    model, discriminator = build_networks(settings)
    assert discriminator is None
    objective = build_objective(settings, None)
    image, mask = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
    assert set(objective.generator_loss(image, image, mask).terms) == {"l1"}
    assert isinstance(model, ResNetGenerator)
