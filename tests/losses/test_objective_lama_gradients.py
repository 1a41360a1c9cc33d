"""Which gradient each step leaves where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from typing_extensions import override

from lamakit.discriminators import DiscriminatorOutput
from lamakit.losses import (
    GlamaObjective,
    LamaObjective,
    LamaWeights,
    PerceptualLoss,
)
from tests.contract.losses import extractor
from tests.losses.inputs import batch, discriminator, gradients

OBJECTIVES = [LamaObjective, GlamaObjective]


@pytest.mark.parametrize("settings", [{}, {"spectral_norm": True}], ids=["plain", "spectral"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_each_step_has_its_own_gradient(
    objective: type[LamaObjective], settings: dict[str, Any]
) -> None:
    model = discriminator(**settings)
    losses = objective(model)
    prediction, target, mask = batch()
    target.requires_grad_()
    losses.generator_loss(prediction, target, mask).total.backward()
    assert prediction.grad is not None
    assert prediction.grad.any()
    assert gradients(model) == [None] * len(list(model.parameters()))
    assert all(parameter.requires_grad for parameter in model.parameters())

    prediction.grad = None
    losses.discriminator_loss(prediction, target, mask).total.backward()
    assert prediction.grad is None
    assert all(gradient is not None for gradient in gradients(model))


class Aliased(nn.Module):
    """A discriminator whose every parameter has two names."""

    def __init__(self) -> None:
        super().__init__()
        self.net = discriminator(norm_layer=None)
        self.blocks = nn.ModuleList(self.net.children())

    @override
    def forward(self, image: Tensor) -> DiscriminatorOutput:
        output: DiscriminatorOutput = self.net(image)
        return output


def wrapped_by_fabric(model: nn.Module) -> nn.Module:
    fabric = Fabric(accelerator="cpu", devices=1)
    module: nn.Module = fabric.setup_module(model)
    return module


@pytest.mark.parametrize(
    "build",
    [discriminator, Aliased, lambda: wrapped_by_fabric(discriminator(norm_layer=None))],
    ids=["plain", "aliased", "fabric"],
)
def test_every_parameter_stays_one_and_learns(build: Callable[[], nn.Module]) -> None:
    model = build()
    before = {id(parameter): parameter.detach().clone() for parameter in model.parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1)
    objective = LamaObjective(model)
    objective.generator_loss(*batch()).total.backward()
    assert {id(parameter) for parameter in model.parameters()} == before.keys()
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert gradients(model) == [None] * len(before)
    objective.discriminator_loss(*batch()).total.backward()
    optimizer.step()
    assert all(
        not torch.equal(parameter, before[id(parameter)]) for parameter in model.parameters()
    )


def test_parameters_are_restored_after_an_error() -> None:
    model = discriminator()
    frozen = next(model.parameters())
    frozen.requires_grad = False
    with pytest.raises(ValueError, match=r"must have shape \(B, 3, H, W\)"):
        LamaObjective(model, weights=LamaWeights(l1_known=0)).generator_loss(
            torch.rand(1, 4, 8, 8), torch.rand(1, 4, 8, 8), torch.zeros(1, 1, 8, 8)
        )
    assert [p for p in model.parameters() if not p.requires_grad] == [frozen]


def test_gradients_in_float64() -> None:
    """The frozen discriminator passes on the slope of the whole generator's loss."""
    model = discriminator(norm_layer=None).double()
    objective = LamaObjective(model, perceptual=PerceptualLoss(extractor()))
    prediction, target, mask = batch(1, torch.float64)

    def total(x: Tensor) -> Tensor:
        return objective.generator_loss(x, target, mask).total

    assert torch.autograd.gradcheck(total, prediction, fast_mode=True)


def test_the_callers_tensors_stay_as_they_are() -> None:
    prediction, target, mask = batch()
    objective = LamaObjective(discriminator())
    before = target.clone(), mask.clone()
    objective.generator_loss(prediction, target, mask).total.backward()
    objective.discriminator_loss(prediction, target, mask).total.backward()
    assert not target.requires_grad
    assert target.grad is None
    assert torch.equal(target, before[0])
    assert torch.equal(mask, before[1])


def test_the_generators_step_updates_batch_statistics() -> None:
    model = discriminator()
    norm = next(part for part in model.modules() if isinstance(part, nn.BatchNorm2d))
    objective = LamaObjective(model)
    objective.generator_loss(*batch())
    assert norm.num_batches_tracked == 2
    objective.discriminator_loss(*batch())
    assert norm.num_batches_tracked == 4


def test_gradient_accumulation() -> None:
    """Two halves of a batch, each loss halved, are the batch."""

    def run(parts: int) -> list[Tensor | None]:
        model = discriminator(norm_layer=None)
        objective = LamaObjective(model)
        prediction, target, mask = batch()
        for chunk in zip(*(x.chunk(parts) for x in (prediction, target, mask)), strict=True):
            (objective.generator_loss(*chunk).total / parts).backward()
            (objective.discriminator_loss(*chunk).total / parts).backward()
        return [prediction.grad, *gradients(model)]

    torch.testing.assert_close(run(2), run(1))
