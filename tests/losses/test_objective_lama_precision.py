"""The objective under autocast, with a loss scale and compiled."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from lamakit.losses import (
    GlamaObjective,
    LamaObjective,
    LamaWeights,
    PerceptualLoss,
)
from tests.contract.losses import extractor
from tests.losses.inputs import batch, discriminator, gradients

OBJECTIVES = [LamaObjective, GlamaObjective]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_autocast(objective: type[LamaObjective], dtype: torch.dtype) -> None:
    model = discriminator()
    losses = objective(model, perceptual=PerceptualLoss(extractor()))
    exact = copy.deepcopy(losses)
    generator = nn.Conv2d(3, 3, 3, padding=1)
    prediction, target, mask = batch()
    seen: list[torch.dtype] = []
    model.head.register_forward_hook(lambda *args: seen.append(args[2].dtype))
    with torch.autocast("cpu", dtype=dtype):
        prediction = generator(prediction.detach())
        generator_loss = losses.generator_loss(prediction, target, mask)
        discriminator_loss = losses.discriminator_loss(prediction, target, mask)
    assert prediction.dtype == dtype
    assert seen == [dtype, dtype, torch.float32, dtype]  # R1's pass is the third
    for total, terms in (generator_loss, discriminator_loss):
        assert total.dtype == torch.float32
        assert all(term.isfinite() for term in terms.values())
        total.backward()
    for parameter in (*generator.parameters(), *model.parameters()):
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    r1 = exact.discriminator_loss(prediction.float(), target, mask).terms["r1"]
    torch.testing.assert_close(discriminator_loss.terms["r1"], r1)


def test_grad_scaler() -> None:
    """The loss scale multiplies both losses, R1 included, and is taken out again."""

    def step(scale: float) -> list[Tensor | None]:
        model = discriminator(norm_layer=None)
        optimizer = torch.optim.SGD(model.parameters())
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        total, _ = LamaObjective(model).discriminator_loss(*batch())
        scaler.scale(total).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), 1e6)
        return gradients(model)

    torch.testing.assert_close(step(1024), step(1))


@pytest.mark.slow
def test_a_compiled_discriminator_without_r1() -> None:
    torch.compiler.reset()
    model = discriminator(norm_layer=None)
    compiled: Any = torch.compile(model, backend="aot_eager")
    weights = LamaWeights(r1=0)
    results = []
    for network in (model, compiled):
        prediction, target, mask = batch()
        model.zero_grad()
        objective = LamaObjective(network, weights=weights)
        objective.generator_loss(prediction, target, mask).total.backward()
        assert gradients(model) == [None] * len(list(model.parameters()))
        objective.discriminator_loss(prediction, target, mask).total.backward()
        results.append([prediction.grad, *gradients(model)])
    torch.testing.assert_close(*results)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")  # torch's own
def test_a_compiled_generator_loss() -> None:
    torch.compiler.reset()
    model = discriminator(norm_layer=None)
    objective = LamaObjective(model)
    prediction, target, mask = batch()
    expected = objective.generator_loss(prediction, target, mask).terms
    compiled: Any = torch.compile(objective.generator_loss, backend="eager")
    total, terms = compiled(prediction, target, mask)
    total.backward()
    torch.testing.assert_close(terms, expected)
    assert gradients(model) == [None] * len(list(model.parameters()))
    assert all(parameter.requires_grad for parameter in model.parameters())
