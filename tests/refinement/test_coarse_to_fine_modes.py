"""Refinement leaves the model and torch's modes alone, and runs the model in the caller's autocast."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lamakit.generators import lama_fourier
from lamakit.refinement import refine
from tests.helpers import assert_same_tensors, state_of
from tests.refinement.samples import MODEL, Trace, image_and_hole


def flags_of(model: nn.Module) -> dict[str, Any]:
    """Return what refinement could change of a model besides its tensors."""
    return {
        "modes": [module.training for module in model.modules()],
        "flags": [p.requires_grad for p in model.parameters()],
        "gradients": [p.grad for p in model.parameters()],
        "devices": [p.device for p in model.parameters()],
    }


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("training", [False, True])
def test_the_model_is_left_alone(error: type[BaseException] | None, training: bool) -> None:
    model = lama_fourier(base_channels=4, num_blocks=2).train(training)
    model.bottleneck[0].train(not training)  # modes may be mixed
    for parameter in list(model.parameters())[::3]:
        parameter.requires_grad = False
    tensors, flags = state_of(model), flags_of(model)

    def stop(_scale: int, iteration: int, _losses: Tensor) -> None:
        if error is not None and iteration == 1:
            raise error

    image, mask = image_and_hole(64, 64)
    if error is None:
        result = refine(model, image, mask, min_side=32, iterations=3)
        expected = refine(model.eval(), image, mask, min_side=32, iterations=3)
        assert torch.equal(result, expected)
        model.train(training)
        model.bottleneck[0].train(not training)
    else:
        with pytest.raises(error):
            refine(model, image, mask, min_side=32, iterations=3, on_step=stop)
    assert_same_tensors(model.state_dict(), tensors)
    assert flags_of(model) == flags
    assert torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize(
    "context",
    [torch.inference_mode, torch.no_grad, torch.enable_grad],
)
def test_gradient_modes_around_the_call_have_no_effect(context: Callable[[], Any]) -> None:
    image, mask = image_and_hole(64, 64)
    expected = refine(MODEL, image, mask, min_side=32, iterations=3)
    with context():
        result = refine(MODEL, image.clone(), mask.clone(), min_side=32, iterations=3)
    assert torch.equal(result, expected)
    assert not result.requires_grad
    assert not refine(MODEL, image.requires_grad_(), mask, min_side=32).requires_grad


@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_callers_autocast_is_for_the_network_alone(
    dtype: torch.dtype, checkpoint: bool
) -> None:
    seen, trace = [], Trace()
    model = copy.deepcopy(MODEL)
    model.bottleneck[0].register_forward_hook(lambda *call: seen.append(call[2].dtype))
    pair = image_and_hole(64, 64)
    exact = refine(model, *pair, min_side=32, iterations=8)
    assert set(seen) == {torch.float32}
    seen.clear()
    with torch.autocast("cpu", dtype):
        result = refine(
            model, *pair, min_side=32, iterations=8, checkpoint=checkpoint, on_step=trace
        )
        assert set(seen) == {dtype}
        seen.clear()
        with torch.autocast("cpu", enabled=False):
            assert torch.equal(refine(model, *pair, min_side=32, iterations=8), exact)
        assert torch.is_autocast_enabled("cpu")
    assert set(seen) == {torch.float32}
    assert {losses.dtype for losses in trace.losses} == {result.dtype} == {torch.float32}
    assert trace.of(1)[-1] < trace.of(1)[0]
    torch.testing.assert_close(result, exact, rtol=0, atol=0.02)


def test_training_inside_the_same_autocast_goes_on() -> None:
    """Weights that were cast without gradients must not be left in autocast's cache."""
    model = copy.deepcopy(MODEL)
    image, mask = image_and_hole(64, 64)
    with torch.autocast("cpu", torch.bfloat16):
        refine(model, image, mask, min_side=32, iterations=2)
        model(torch.cat([image, mask], dim=1)).float().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_two_threads_share_a_model() -> None:
    pairs = [image_and_hole(64, 64), image_and_hole(70, 50)]

    def run(pair: tuple[Tensor, Tensor]) -> Tensor:
        return refine(MODEL, *pair, min_side=25, iterations=4)

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, pairs))
    for result, pair in zip(together, pairs, strict=True):
        assert torch.equal(result, run(pair))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [None, torch.bfloat16, torch.float16])
def test_on_a_gpu(dtype: torch.dtype | None) -> None:
    pair = image_and_hole(128, 128)
    expected = refine(MODEL, *pair, min_side=64, iterations=4)
    model, on_gpu = copy.deepcopy(MODEL).cuda(), [tensor.cuda() for tensor in pair]
    with torch.autocast("cuda", dtype, enabled=dtype is not None):
        result = refine(model, *on_gpu, min_side=64, iterations=4, checkpoint=True)
    torch.testing.assert_close(result.cpu(), expected, rtol=0, atol=0.03)
