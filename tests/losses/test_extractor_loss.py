"""What both losses that hold an extractor do with it."""

from __future__ import annotations

import pytest
from torch import nn

from lamakit import _value_range
from lamakit.backbones import FrozenExtractor
from lamakit.losses import GramLoss, PerceptualLoss
from lamakit.losses.extractor_loss import ExtractorLoss
from tests.contract.losses import extractor
from tests.losses.inputs import rand

pytestmark = pytest.mark.parametrize("build", [PerceptualLoss, GramLoss])


def test_no_gradient_reaches_the_target(build: type[ExtractorLoss]) -> None:
    target, prediction = rand(1, 3, 8, 8).requires_grad_(), rand(1, 3, 8, 8, seed=1)
    build(extractor())(prediction.requires_grad_(), target).backward()
    assert target.grad is None
    assert prediction.grad is not None
    assert prediction.grad.any()


def test_the_extractor_stays_in_eval_mode(build: type[ExtractorLoss]) -> None:
    parent = nn.Sequential(nn.BatchNorm2d(3), build(extractor())).train()
    loss = parent[1]
    assert isinstance(loss, ExtractorLoss)
    assert loss.training
    assert isinstance(loss.extractor, nn.Module)
    assert not any(part.training for part in loss.extractor.modules())


def test_an_extractor_that_cannot_be_called(build: type[ExtractorLoss]) -> None:
    with pytest.raises(TypeError, match=r"extractor must be a callable .* got str"):
        build("vgg")  # type: ignore[arg-type]


def test_an_extractor_that_is_a_class(build: type[ExtractorLoss]) -> None:
    with pytest.raises(TypeError, match=r"extractor must be .* got the class FrozenExtractor"):
        build(FrozenExtractor)  # type: ignore[arg-type]


def test_images_of_another_range(
    build: type[ExtractorLoss], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_value_range, "warned", set())
    images, loss = rand(1, 3, 8, 8), build(extractor())
    loss(3 * images - 1, images)  # a prediction may overshoot
    with pytest.warns(UserWarning, match=r"target should be an image with values in \[0, 1\]"):
        loss(images, 2 * images - 1)


def test_an_unknown_reduction(build: type[ExtractorLoss]) -> None:
    with pytest.raises(ValueError, match="layer_reduction must be one of mean, sum"):
        build(extractor(), layer_reduction="none")  # type: ignore[arg-type]


def test_a_negative_weight(build: type[ExtractorLoss]) -> None:
    with pytest.raises(ValueError, match=r"layer_weights\[1\] must be finite and at least"):
        build(extractor(), layer_weights=(1, -1))
