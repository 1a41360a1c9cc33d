"""The R1 penalty of discriminators whose gradient is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamakit.discriminators import PatchDiscriminator
from lamakit.losses import r1_penalty
from tests.losses.inputs import rand


def test_of_a_linear_discriminator() -> None:
    weight = rand(3, 8, 8)
    images = rand(5, 3, 8, 8).requires_grad_()
    logits = (images * weight).sum(dim=(1, 2, 3))
    torch.testing.assert_close(r1_penalty(logits, images), weight.square().sum())


def test_its_gradient_in_float64() -> None:
    torch.manual_seed(0)
    model = PatchDiscriminator(base_channels=2, num_layers=2, norm_layer=None).double()
    images = rand(2, 3, 9, 8)

    def penalty(weight: Tensor) -> Tensor:
        seen = images.detach().requires_grad_()
        output = torch.func.functional_call(model, {"head.weight": weight}, (seen,))
        return r1_penalty(output.logits, seen)

    weight = model.head.weight
    assert isinstance(weight, Tensor)
    assert torch.autograd.gradcheck(penalty, weight.detach().requires_grad_(), fast_mode=True)


def test_images_without_a_gradient() -> None:
    images = torch.rand(1, 3, 8, 8)
    with pytest.raises(ValueError, match="real_images must require a gradient before"):
        r1_penalty(images.sum(), images)


def test_logits_without_a_gradient() -> None:
    images = torch.rand(1, 3, 8, 8, requires_grad=True)
    with pytest.raises(ValueError, match=r"outside torch\.no_grad"), torch.no_grad():
        r1_penalty(images.sum(), images)


def test_logits_of_another_tensor() -> None:
    images = torch.rand(1, 3, 8, 8, requires_grad=True)
    with pytest.raises(ValueError, match="they do not depend on it"):
        r1_penalty(images.detach().requires_grad_().sum(), images)
