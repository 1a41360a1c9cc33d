"""How far are networks in bfloat16 and float16 from the same networks in float32?

Each generator fills scikit-image's photographs in float32 and in four other ways: in bfloat16 and
in float16, converted by ``.to(dtype)`` and under autocast. ``lama_tiny`` has its weights; the
others are trained for some steps on the same photographs first, since the output of fresh weights
hardly depends on the image. A layer has fresh weights and gets normally distributed values::

    python -m benchmarks.precision_errors --side 256 --device cuda

The first table has the mean absolute error of a generator's output, whose range is 0 to 1, and the
largest; the second that of a layer's output, divided by its standard deviation; both have the
cosine between the gradient of all parameters, in training mode, and that of float32.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterator
from typing import NamedTuple

import skimage.data
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.measure import describe_machine
from lamakit.checkpoints import load_pretrained
from lamakit.generators import create_generator, list_generators
from lamakit.images import stack_inputs
from lamakit.layers import (
    FFC,
    FFCNormAct,
    FFCResidualBlock,
    FourierUnit,
    MultiDilatedConv2d,
    ResidualBlock,
    SpectralTransform,
)
from lamakit.masks import thick

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
WAYS = [(dtype, way) for dtype in (torch.bfloat16, torch.float16) for way in ("to", "autocast")]
# Gradients of a mean over an image may be too small for float16 without a scale.
LOSS_SCALE = 1024
CHANNELS = 64


class Errors(NamedTuple):
    """The error of the output, mean and largest, and the cosine between the gradients."""

    mean: float
    largest: float
    cosine: float


def photographs(side: int) -> Tensor:
    """Return the photographs, scaled to a square of that side."""
    images = [torch.tensor(getattr(skimage.data, name)()) for name in PHOTOGRAPHS]
    sized = [
        F.interpolate(image.movedim(-1, 0)[None] / 255, (side, side), mode="area")
        for image in images
    ]
    return torch.cat(sized)


def layers() -> dict[str, nn.Module]:
    return {
        "FourierUnit": FourierUnit(CHANNELS, CHANNELS),
        "SpectralTransform": SpectralTransform(CHANNELS, CHANNELS),
        "FFC": FFC(CHANNELS, CHANNELS, 3, ratio=0.75),
        "FFCNormAct": FFCNormAct(CHANNELS, CHANNELS, 3, ratio=0.75),
        "FFCResidualBlock": FFCResidualBlock(CHANNELS, ratio=0.75),
        "MultiDilatedConv2d": MultiDilatedConv2d(CHANNELS, CHANNELS),
        "ResidualBlock": ResidualBlock(CHANNELS),
    }


def trained(model: nn.Module, inputs: Tensor, images: Tensor, steps: int) -> nn.Module:
    """Return the model after some steps, with the statistics of all photographs."""
    adam = torch.optim.Adam(model.parameters(), 1e-3)
    for step in range(steps):
        number = step % len(images)
        adam.zero_grad()
        loss = (model(inputs[number, None]) - images[number]).abs().mean()
        loss.backward()
        adam.step()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean over all that follows
    with torch.no_grad():
        for photograph in inputs:
            model(photograph[None])
    return model


def compute(
    model: nn.Module, x: Tensor, target: Tensor, dtype: torch.dtype, way: str
) -> tuple[Tensor, Tensor]:
    """Return the output in eval mode, and the gradient of all parameters in training mode."""
    low, scale = copy.deepcopy(model).eval(), LOSS_SCALE if dtype == torch.float16 else 1
    if way == "to":
        low, x = low.to(dtype), x.to(dtype)
    autocast = torch.autocast(x.device.type, dtype, enabled=way == "autocast")
    with autocast, torch.no_grad():
        output = low(x).float()
    # On a CPU, oneDNN's backward pass in float16 takes many times as long as torch's own.
    with torch.backends.mkldnn.flags(enabled=dtype != torch.float16):
        with autocast:
            found = low.train()(x).float()
        (scale * (found - target).abs().mean()).backward()
    gradients = [p.grad.double().flatten() for p in low.parameters() if p.grad is not None]
    return output, torch.cat(gradients)


def errors(
    model: nn.Module, x: Tensor, target: Tensor, *, relative: bool = False
) -> Iterator[Errors]:
    """Yield the errors of each of ``WAYS``."""
    expected, gradient = compute(model, x, target, torch.float32, "to")
    unit = expected.std().item() if relative else 1.0
    for dtype, way in WAYS:
        output, found = compute(model, x, target, dtype, way)
        error = (output - expected).abs() / unit
        cosine = F.cosine_similarity(found, gradient, dim=0)
        yield Errors(error.mean().item(), error.max().item(), cosine.item())


def print_row(name: str, found: Iterator[Errors]) -> None:
    cells = (f"{e.mean:.1e} ({e.largest:.0e}), {e.cosine:.4f}" for e in found)
    print(f"| {name} |", " | ".join(cells), "|", flush=True)


def print_header(title: str) -> None:
    names = [f"{str(dtype).removeprefix('torch.')}, {way}" for dtype, way in WAYS]
    print(f"\n| {title} |", " | ".join(names), "|")
    print("| --- " * (len(names) + 1) + "|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--base-channels", type=int, default=8)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--names", nargs="*", default=["lama_tiny", *list_generators()])
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    print(describe_machine(device), f"{arguments.side} pixels, {arguments.steps} steps", sep=", ")
    images = photographs(arguments.side)
    generator = torch.Generator().manual_seed(0)
    masks = thick(arguments.side).batch(len(images), arguments.side, generator=generator)
    images, inputs = images.to(device), stack_inputs(images, masks).to(device)
    print_header("Generator")
    for name in arguments.names:
        torch.manual_seed(0)
        if name == "lama_tiny":
            model: nn.Module = load_pretrained(name).to(device)
        else:
            fresh = create_generator(name, base_channels=arguments.base_channels).to(device)
            model = trained(fresh, inputs, images, arguments.steps)
        print_row(name, errors(model, inputs, images))
    print_header("Layer")
    torch.manual_seed(0)
    x, target = torch.randn(2, 2, CHANNELS, 33, 48, device=device)
    for name, layer in layers().items():
        print_row(name, errors(layer.to(device), x, target, relative=True))


if __name__ == "__main__":
    main()
