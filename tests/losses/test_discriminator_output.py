"""Discriminators of other makes in an objective: several scales, no features, conditions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from typing_extensions import override

from lamakit.discriminators import MultiScaleDiscriminator, PatchDiscriminator
from lamakit.losses import GlamaObjective, LamaObjective, LamaWeights, feature_matching_loss
from lamakit.losses.nested_tensors import NestedTensors
from tests.losses.inputs import batch, discriminator, gradients

STEPS = ["generator_loss", "discriminator_loss"]
NO_FEATURES = LamaWeights(feature_matching=0)


class Scales(nn.Module):
    """Two discriminators; what it returns is made of both outputs."""

    def __init__(self, arrange: Callable[..., Any]) -> None:
        super().__init__()
        self.fine, self.coarse = (discriminator(norm_layer=None) for _ in range(2))
        self.arrange = arrange

    @override
    def forward(self, image: Tensor) -> NestedTensors:
        output: NestedTensors = self.arrange(self.fine(image), self.coarse(image[..., ::2, ::2]))
        return output


def pair(*outputs: Any) -> Any:
    return [o.logits for o in outputs], [list(o.features) for o in outputs]


def logits_alone(*outputs: Any) -> Any:
    return [o.logits for o in outputs]


def test_logits_and_features_of_each_scale() -> None:
    model = Scales(pair)
    objective = LamaObjective(model)
    prediction, target, mask = batch()
    total, terms = objective.generator_loss(prediction, target, mask)
    (fake, features), (_, real_features) = model(prediction), model(target)
    expected = 10 * objective.adversarial.generator_loss(fake)
    torch.testing.assert_close(terms["adversarial"], expected.detach())
    expected = 100 * feature_matching_loss(features, real_features)
    torch.testing.assert_close(terms["feature_matching"], expected.detach())
    total.backward()
    assert gradients(model) == [None] * len(list(model.parameters()))
    total, terms = objective.discriminator_loss(prediction, target, mask)
    assert terms["r1"] > 0
    total.backward()
    assert all(gradient is not None for gradient in gradients(model))


@pytest.mark.parametrize(
    "arrange",
    [
        logits_alone,
        lambda *outputs: [[o.logits] for o in outputs],
        lambda first, _: first.logits,
        lambda *outputs: (*logits_alone(*outputs), outputs[0].logits),
    ],
)
def test_logits_alone(arrange: Callable[..., Any]) -> None:
    objective = LamaObjective(Scales(arrange), weights=NO_FEATURES)
    assert set(objective.generator_loss(*batch()).terms) == {"l1", "adversarial"}
    assert objective.discriminator_loss(*batch()).total.requires_grad
    with pytest.raises(ValueError, match=r"returned no features .* set weights\.feature_matching"):
        LamaObjective(Scales(arrange)).generator_loss(*batch())


def test_a_list_of_logits_and_features() -> None:
    outputs = [Scales(lambda first, _: first), Scales(lambda first, _: [first[0], list(first[1])])]
    outputs[1].load_state_dict(outputs[0].state_dict())
    expected, found = (LamaObjective(d).generator_loss(*batch()).total for d in outputs)
    torch.testing.assert_close(found, expected)


def test_what_cannot_be_read() -> None:
    mixed = LamaObjective(Scales(lambda *outputs: [[*o.features, o.logits] for o in outputs]))
    with pytest.raises(ValueError, match=r"1, 4, 8, 16 channels.* the tuple \(logits, features\)"):
        mixed.discriminator_loss(*batch())
    scales = LamaObjective(Scales(lambda *outputs: tuple(logits_alone(*outputs))))
    with pytest.raises(ValueError, match=r"two tensors with as many channels: return the list"):
        scales.generator_loss(*batch())
    named = LamaObjective(Scales(lambda first, _: {"logits": first.logits}))
    with pytest.raises(TypeError, match=r"must return \(logits, features\), .* got dict"):
        named.generator_loss(*batch())


class Conditional(nn.Module):
    """A discriminator that keeps the conditions that it got."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner = PatchDiscriminator(4, base_channels=4, num_layers=2, norm_layer=None)
        self.seen: list[Tensor] = []

    @override
    def forward(self, image: Tensor, condition: Tensor) -> NestedTensors:
        self.seen.append(condition)
        output: NestedTensors = self.inner(image, condition)
        return output


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("objective", [LamaObjective, GlamaObjective])
def test_every_pass_gets_the_condition(objective: type[LamaObjective], step: str) -> None:
    model = Conditional()
    prediction, target, mask = batch()
    loss = getattr(objective(model), step)
    loss(prediction, target, mask, condition=mask).total.backward()
    assert len(model.seen) == 2
    assert all(torch.equal(condition, mask) for condition in model.seen)
    assert mask.grad is None
    assert not mask.requires_grad


@pytest.mark.parametrize(
    "build", [PatchDiscriminator, partial(MultiScaleDiscriminator, num_scales=2)]
)
def test_the_own_discriminators_take_one(build: Callable[..., nn.Module]) -> None:
    torch.manual_seed(0)
    model = build(4, base_channels=4, num_layers=2, norm_layer=None)
    prediction, target, mask = batch()
    terms = LamaObjective(model).generator_loss(prediction, target, mask, condition=mask).terms

    def stacked(image: Tensor) -> Any:
        return model(torch.cat([image, mask], dim=1))

    expected = LamaObjective(stacked).generator_loss(prediction, target, mask).terms
    torch.testing.assert_close(terms, expected)


def test_class_labels_and_half_precision() -> None:
    class OfClasses(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.embedding = nn.Conv2d(3, 1, 3), nn.Embedding(5, 1)

        @override
        def forward(self, image: Tensor, label: Tensor) -> Tensor:
            logits: Tensor = self.conv(image) + self.embedding(label)[..., None, None]
            return logits

    objective, labels = LamaObjective(OfClasses(), weights=NO_FEATURES), torch.arange(4)
    assert objective.discriminator_loss(*batch(), condition=labels).terms["r1"] > 0
    prediction, target, mask = batch()
    plain = LamaObjective(Conditional())
    expected = plain.discriminator_loss(prediction, target, mask, condition=mask).terms["r1"]
    half = mask.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = plain.discriminator_loss(prediction, target, mask, condition=half).terms["r1"]
    torch.testing.assert_close(found, expected)


def test_a_condition_under_fabric() -> None:
    fabric = Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
    model = Conditional()
    objective = LamaObjective(fabric.setup_module(model))
    prediction, target, mask = batch()
    total, _ = objective.discriminator_loss(prediction, target, mask, condition=mask)
    fabric.backward(total)
    assert [condition.dtype for condition in model.seen] == [torch.float32, torch.bfloat16]
    assert all(gradient is not None for gradient in gradients(model))


@pytest.mark.parametrize("step", STEPS)
def test_conditions_that_do_not_fit(step: str) -> None:
    prediction, target, mask = batch()
    loss = getattr(LamaObjective(Conditional()), step)
    with pytest.raises(TypeError, match=r"condition must be a torch\.Tensor, got str"):
        loss(prediction, target, mask, condition="mask")
    with pytest.raises(ValueError, match="condition and target must have one batch size, got 3"):
        loss(prediction, target, mask, condition=mask[:3])
    with pytest.raises(ValueError, match="condition must have the batch first"):
        loss(prediction, target, mask, condition=torch.tensor(1))
