"""Logits and features as a tensor, a list a scale, or lists of lists, in every loss."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lamakit.losses import (
    AdversarialLoss,
    HingeLoss,
    LeastSquaresLoss,
    NonSaturatingLoss,
    feature_matching_loss,
    gram_loss,
    hinge_loss,
    r1_penalty,
)
from lamakit.losses.nested_tensors import NestedTensors, flatten_tensors
from tests.losses.inputs import box_mask, discriminator, rand

LOSSES = [NonSaturatingLoss, HingeLoss, LeastSquaresLoss]
FINE, COARSE = 4 * rand(2, 1, 8, 8) - 2, 4 * rand(2, 1, 3, 3, seed=1) - 2
NESTS: list[NestedTensors] = [[FINE, COARSE], (FINE, COARSE), [[FINE], [COARSE]]]


@pytest.mark.parametrize("logits", NESTS, ids=["list", "tuple", "nested"])
@pytest.mark.parametrize("build", LOSSES)
def test_an_adversarial_loss_is_the_mean_over_scales(
    build: type[AdversarialLoss], logits: NestedTensors
) -> None:
    loss, mask = build(), box_mask().repeat(2, 1, 1, 1)
    expected = (loss.generator_loss(FINE) + loss.generator_loss(COARSE)) / 2
    torch.testing.assert_close(loss.generator_loss(logits), expected)
    fine = loss.discriminator_loss(FINE + 1, FINE, mask)
    coarse = loss.discriminator_loss(COARSE + 1, COARSE, mask)
    reals = [FINE + 1, COARSE + 1]
    found = loss.discriminator_loss(reals, logits, mask)
    torch.testing.assert_close(found, (fine + coarse) / 2)


def test_a_function_takes_a_label_or_one_a_scale() -> None:
    expected = (hinge_loss(FINE, 1) + hinge_loss(COARSE, 1)) / 2
    torch.testing.assert_close(hinge_loss([FINE, COARSE], labels=True), expected)
    labels: list[NestedTensors] = [torch.ones_like(FINE), [torch.ones_like(COARSE)]]
    torch.testing.assert_close(hinge_loss([FINE, COARSE], labels), expected)
    with pytest.raises(ValueError, match="logits and labels must be as many, got 2 and 1"):
        hinge_loss([FINE, COARSE], labels[0])


def test_the_penalty_adds_all_logits_up() -> None:
    images = rand(2, 3, 4, 4).requires_grad_()
    first, second = 2 * images.sum(dim=1), 3 * images[..., ::2].sum(dim=1)
    together = torch.cat([first.flatten(1), second.flatten(1)], dim=1)
    found = r1_penalty([first, [second]], images)
    torch.testing.assert_close(found, r1_penalty(together, images))


@pytest.mark.parametrize("loss", [feature_matching_loss, gram_loss])
def test_features_of_several_scales(loss: type[nn.Module]) -> None:
    prediction = [rand(1, 2, 4, 4, seed=seed) for seed in range(3)]
    target = [rand(1, 2, 4, 4, seed=seed) for seed in range(3, 6)]
    nested = [[prediction[0], prediction[1]], [prediction[2]]], [target[:2], target[2:]]
    torch.testing.assert_close(loss(*nested), loss(prediction, target))
    torch.testing.assert_close(loss(prediction[0], target[0]), loss(prediction[:1], target[:1]))


def test_feature_maps_among_the_logits() -> None:
    output = discriminator()(torch.rand(1, 3, 16, 16))
    message = r"logits must be logits alone, .* got 1, 4, 8, 16 channels; .*\.logits"
    with pytest.raises(ValueError, match=f"fake_{message}"):
        HingeLoss().generator_loss(output)
    pix2pix = [[*output.features, output.logits]] * 2
    with pytest.raises(ValueError, match=f"real_{message}"):
        NonSaturatingLoss().discriminator_loss(pix2pix, pix2pix)


def test_what_is_no_logits() -> None:
    loss = NonSaturatingLoss()
    with pytest.raises(TypeError, match=r"fake_logits must be a torch\.Tensor or a list .* None"):
        loss.generator_loss(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"fake_logits\[1\] must be a torch\.Tensor or .* got str"):
        loss.generator_loss([FINE, "fine"])
    with pytest.raises(ValueError, match="fake_logits is empty"):
        loss.generator_loss([])
    with pytest.raises(ValueError, match="real_logits and fake_logits must be as many, got 1 and"):
        loss.discriminator_loss(FINE, [FINE, COARSE])


@pytest.mark.parametrize("build", LOSSES)
def test_an_adversarial_loss_is_two_losses(build: type[AdversarialLoss]) -> None:
    with pytest.raises(TypeError, match=rf"{build.__name__} is two losses: call generator_loss\("):
        build()(FINE, 1)


def test_order() -> None:
    tensors: list[Tensor] = [torch.zeros(n) for n in range(4)]
    nested: NestedTensors = [tensors[0], [tensors[1], (tensors[2],)], tensors[3]]
    assert [len(x) for x in flatten_tensors("x", nested)] == [0, 1, 2, 3]
