"""How near discriminators in bfloat16 and float16 are to those in float32."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.discriminators import create_discriminator
from tests.helpers import rectangle_mask, seeded

LIMITS = {torch.bfloat16: 0.015, torch.float16: 0.002}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("patch", {}),
    ("patch", {"norm_layer": None, "spectral_norm": True}),
    ("multi_scale", {}),
]
ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=ON_GPU)]


def outputs_and_gradient(
    model: nn.Module, image: Tensor, mask: Tensor
) -> tuple[list[Tensor], Tensor]:
    """Return logits and feature maps, and the gradient of the loss by image and parameters."""
    leaf = image.clone().requires_grad_()
    logits, features = model(leaf, mask)
    F.softplus(-logits.float()).mean().mul(100).backward()
    tensors = [leaf, *model.parameters()]
    gradients = [tensor.grad.float().flatten() for tensor in tensors if tensor.grad is not None]
    assert len(gradients) == len(tensors)
    return [output.detach().float() for output in (logits, *features)], torch.cat(gradients)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("dtype", LIMITS, ids=str)
@pytest.mark.parametrize("autocast", [False, True], ids=["to", "autocast"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_outputs_and_gradients(
    name: str,
    options: dict[str, Any],
    dtype: torch.dtype,
    device: str,
    *,
    autocast: bool,
    training: bool,
) -> None:
    torch.manual_seed(0)
    model = create_discriminator(name, in_channels=4, base_channels=8, num_layers=3, **options)
    model = model.to(device).train(training)
    image = torch.rand(2, 3, 66, 81, generator=seeded()).to(device)
    mask = rectangle_mask(66, 81, slice(20, 40), slice(30, 60), batch=2).to(device)
    expected, gradient = outputs_and_gradient(copy.deepcopy(model), image, mask)
    if not autocast:
        model, image = model.to(dtype), image.to(dtype)
    with torch.autocast(device, dtype, enabled=autocast):
        outputs, found = outputs_and_gradient(model, image, mask)
    for output, exact in zip(outputs, expected, strict=True):
        assert (output - exact).abs().mean() < LIMITS[dtype] * exact.std()
    assert F.cosine_similarity(found, gradient, dim=0) > 1 - LIMITS[dtype]
