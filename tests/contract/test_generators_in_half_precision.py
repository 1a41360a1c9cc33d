"""How near generators in bfloat16 and float16 are to those in float32, and which dtypes go together."""

from __future__ import annotations

import copy
from functools import cache

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.checkpoints import load_pretrained
from lamakit.generators import create_generator, list_generators
from lamakit.images import stack_inputs
from lamakit.inpainting import inpaint
from lamakit.refinement import refine
from tests.helpers import rectangle_mask

# The mean absolute error of an output, whose range is 0 to 1.
LIMITS = {torch.bfloat16: 3e-2, torch.float16: 5e-3}
# In fresh networks, rounding moves many features across the corner of a ReLU.
COSINES = {torch.bfloat16: 0.8, torch.float16: 0.97}
# Gradients of a mean over an image may be too small for float16 without a scale.
LOSS_SCALE = 1024
ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=ON_GPU)]
SIZES = [(72, 88), (136, 72)]  # after three halvings 9x11 and 17x9: no powers of two


@cache
def scene(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return a colourful image of waves, and a mask with a hole in the middle."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    phases = [rows / 5, columns / 7 + rows / 11, (rows * columns) / 300]
    image = torch.stack([0.5 + 0.5 * phase.sin() for phase in phases])[None]
    hole = slice(height // 4, height // 2), slice(width // 4, width // 2)
    return image, rectangle_mask(height, width, *hole)


@cache
def network(name: str, **options: int) -> nn.Module:
    """Return a generator whose normalisations have the statistics of a scene, so outputs vary."""
    if name == "lama_tiny":
        return load_pretrained(name).eval()
    torch.manual_seed(0)
    model = create_generator(name, **options)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        model(stack_inputs(*scene(*SIZES[0])))
    return model.eval()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", LIMITS, ids=str)
@pytest.mark.parametrize("autocast", [False, True], ids=["to", "autocast"])
@pytest.mark.parametrize("name", ["lama_tiny", *list_generators()])
def test_outputs(name: str, dtype: torch.dtype, device: str, *, autocast: bool) -> None:
    model = copy.deepcopy(network(name, base_channels=8)).to(device)
    for size in SIZES:
        x = stack_inputs(*scene(*size)).to(device)
        with torch.inference_mode():
            expected = model(x)
            with torch.autocast(device, dtype, enabled=autocast):
                low = model if autocast else copy.deepcopy(model).to(dtype)
                output = low(x if autocast else x.to(dtype))
        assert expected.std() > 0.02
        assert (output.float() - expected).abs().mean() < LIMITS[dtype]


def gradient(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of the L1 loss by all parameters."""
    (LOSS_SCALE * (model(x).float() - target).abs().mean()).backward()
    gradients = [p.grad.double().flatten() for p in model.parameters() if p.grad is not None]
    return torch.cat(gradients)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", LIMITS, ids=str)
@pytest.mark.parametrize("autocast", [False, True], ids=["to", "autocast"])
@pytest.mark.parametrize("name", ["lama_dilated", "lama_fourier", "lama_regular"])
def test_gradients(name: str, dtype: torch.dtype, device: str, *, autocast: bool) -> None:
    """With few weights, since a CPU takes long for the backward pass of float16."""
    model = copy.deepcopy(network(name, base_channels=4, num_blocks=1)).to(device)
    image, mask = (tensor.to(device) for tensor in scene(*SIZES[0]))
    x = stack_inputs(image, mask)
    expected = gradient(copy.deepcopy(model), x, image)
    with torch.autocast(device, dtype, enabled=autocast):
        low = model if autocast else model.to(dtype)
        found = gradient(low, x if autocast else x.to(dtype), image)
    assert found.isfinite().all()
    assert F.cosine_similarity(found, expected, dim=0) > COSINES[dtype]


@pytest.mark.parametrize("size", [(1, 1), (37, 50), (64, 200)])
@pytest.mark.parametrize("model_dtype", [torch.float32, *LIMITS], ids=str)
@pytest.mark.parametrize("image_dtype", [torch.float32, *LIMITS], ids=str)
def test_images_and_networks_of_any_dtype_go_together(
    size: tuple[int, int], model_dtype: torch.dtype, image_dtype: torch.dtype
) -> None:
    image, mask = scene(*size)
    low_image, low_mask = image.to(image_dtype), mask.to(image_dtype)
    model = copy.deepcopy(network("lama_tiny")).to(model_dtype)
    with torch.inference_mode():
        result = inpaint(model, low_image, low_mask)
        expected = inpaint(network("lama_tiny"), image, mask)
    assert result.dtype == image_dtype
    known = (mask == 0).expand_as(image)
    assert torch.equal(result[known], low_image[known])
    limit = max(LIMITS.get(dtype, 1e-6) for dtype in (model_dtype, image_dtype))
    assert (result.float() - expected).abs().mean() < limit


@pytest.mark.parametrize("dtype", LIMITS, ids=str)
def test_refinement_of_a_network_in_low_precision(dtype: torch.dtype) -> None:
    image, mask = scene(72, 88)
    model = network("lama_fourier", base_channels=4, num_blocks=1)
    expected = refine(model, image, mask, min_side=36, iterations=2)
    result = refine(copy.deepcopy(model).to(dtype), image, mask, min_side=36, iterations=2)
    assert result.dtype == torch.float32
    assert (result - expected).abs().mean() < LIMITS[dtype]


def test_nothing_in_lama_tiny_comes_near_the_end_of_float16() -> None:
    """A white image has the largest mean, on which the lowest frequency depends."""
    model, largest = copy.deepcopy(network("lama_tiny")), []
    for module in model.modules():
        module.register_forward_hook(lambda *args: largest.append(args[2].abs().amax()))
    with torch.inference_mode():
        model(torch.cat([torch.ones(1, 3, 256, 256), torch.zeros(1, 1, 256, 256)], dim=1))
    assert torch.stack(largest).max() < 65504 / 32
    buffers = torch.cat([buffer.flatten().float() for buffer in model.buffers()])
    assert buffers.max() < 65504 / 16


@pytest.mark.parametrize("dtype", LIMITS, ids=str)
def test_a_training_under_autocast_follows_float32(dtype: torch.dtype) -> None:
    """The loss falls as in float32; float16 with a scale for the losses."""
    image, mask = scene(72, 88)
    x = stack_inputs(image, mask)

    def train(*, autocast: bool) -> list[float]:
        torch.manual_seed(0)
        model = create_generator("lama_fourier", base_channels=4, num_blocks=1)
        adam = torch.optim.Adam(model.parameters(), 2e-3)
        scaler = torch.amp.GradScaler("cpu", init_scale=LOSS_SCALE, enabled=autocast)
        losses = []
        for _ in range(6):
            adam.zero_grad()
            with torch.autocast("cpu", dtype, enabled=autocast):
                prediction = model(x)
            loss = (prediction.float() - image).abs().mean()
            scaler.scale(loss).backward()
            scaler.step(adam)
            scaler.update()
            losses.append(loss.item())
        return losses

    exact, low = train(autocast=False), train(autocast=True)
    assert low[-1] < 0.95 * low[0]
    assert low == pytest.approx(exact, abs=LIMITS[dtype])
