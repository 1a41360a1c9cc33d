"""How near the layers' outputs and gradients in low precision are to those in float32."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.layers import FFCResidualBlock, FourierUnit
from lamakit.layers.fourier import rfft2_to_channels
from tests.contract.cases import CASES, Case
from tests.helpers import seeded

# float16 rounds to 11 bits, bfloat16 to 8.
LIMITS = {torch.float16: 0.002, torch.bfloat16: 0.015}
LAYERS = [case for case in CASES if case.name[0].isupper() and case.out_channels > 3]
ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=ON_GPU)]


def output_and_gradient(module: nn.Module, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return the output, and the gradient of its weighted mean by input and parameters."""
    leaf = x.clone().requires_grad_()
    output = module(leaf).float()
    (output * weight).mean().mul(100).backward()
    tensors = [leaf, *module.parameters()]
    found = [tensor.grad.float().flatten() for tensor in tensors if tensor.grad is not None]
    assert len(found) == len(tensors)
    return output.detach(), torch.cat(found)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", LIMITS, ids=str)
@pytest.mark.parametrize("autocast", [False, True], ids=["to", "autocast"])
@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_outputs_and_gradients(
    case: Case, dtype: torch.dtype, device: str, *, autocast: bool
) -> None:
    """Relative to the spread of the output; sides that are no powers of two."""
    module, x = case.module().to(device).eval(), case.input(case.sizes[-1]).to(device)
    weight = torch.randn(module(x).shape, generator=seeded()).to(device)
    expected, gradient = output_and_gradient(copy.deepcopy(module), x, weight)
    low = module if autocast else module.to(dtype)
    with torch.autocast(device, dtype, enabled=autocast):
        output, found = output_and_gradient(low, x if autocast else x.to(dtype), weight)
    assert (output - expected).abs().mean() < LIMITS[dtype] * expected.std()
    assert F.cosine_similarity(found, gradient, dim=0) > 0.99


def test_what_overflows_in_a_fourier_unit() -> None:
    """The lowest frequency is a channel's mean times the square root of H times W."""
    size, mean = (60, 80), 900.0
    x = torch.full((1, 4, *size), mean)
    lowest = rfft2_to_channels(x)[0, 0, 0, 0]
    torch.testing.assert_close(lowest, torch.tensor(mean * (60 * 80) ** 0.5))
    torch.manual_seed(0)
    unit = FourierUnit(4, 32).eval()
    expected = unit(x)
    low = unit.bfloat16()(x.bfloat16()).float()
    assert (low - expected).abs().mean() < 0.05 * expected.abs().mean()
    # Near the largest float16, 65504.
    assert lowest.half().isfinite()
    assert rfft2_to_channels((1.1 * x).half()).isinf().any()


@pytest.mark.parametrize("dtype", LIMITS, ids=str)
def test_batch_normalisation_may_stay_in_float32(dtype: torch.dtype) -> None:
    """Running variances above 65504 would overflow in float16."""
    torch.manual_seed(0)
    block, x = FFCResidualBlock(8, ratio=0.5).eval(), torch.randn(1, 8, 9, 14)
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.constant_(module.running_var, 1e5)  # type: ignore[arg-type]
            nn.init.constant_(module.weight, 300.0)
    expected = block(x)
    low = copy.deepcopy(block).to(dtype)
    for module in low.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.float()
    low.load_state_dict(block.state_dict())  # what the conversion has lost
    output = low(x.to(dtype))
    assert output.dtype == dtype
    assert (output.float() - expected).abs().mean() < LIMITS[dtype] * expected.std()
