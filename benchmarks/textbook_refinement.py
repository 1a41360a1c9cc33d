"""Feature refinement, step by step as in the released code: the plain reference.

It takes one image whose sides fit the network, saves no memory, and calls a plain ``backward``,
which also computes the gradients of the network's parameters unless these are frozen.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.generators import ResNetGenerator


def blur_and_halve(x: Tensor) -> Tensor:
    offsets = torch.arange(-2.0, 3.0).to(x)
    weights = torch.exp(-(offsets**2) / 2)
    kernel = torch.outer(weights, weights) / weights.sum() ** 2
    channels = x.shape[1]
    padded = F.pad(x, (2, 2, 2, 2), mode="reflect")
    blurred = F.conv2d(padded, kernel.expand(channels, 1, 5, 5), groups=channels)
    size = x.shape[2] // 2, x.shape[3] // 2
    return F.interpolate(blurred, size, mode="bilinear", align_corners=False)


def erode(mask: Tensor) -> Tensor:
    kernel = torch.zeros(15, 15).to(mask)
    for dy in range(-7, 8):
        dx = round(7 * math.sqrt(1 - (dy / 7) ** 2))
        kernel[dy + 7, 7 - dx : 8 + dx] = 1
    missing = F.conv2d(F.pad(mask, (7, 7, 7, 7), value=1), kernel[None, None])
    return (missing > kernel.sum() - 0.5).to(mask)


def predict(model: nn.Module, image: Tensor, mask: Tensor) -> Tensor:
    prediction: Tensor = model(torch.cat([image * (1 - mask), mask], dim=1))
    return mask * prediction + (1 - mask) * image


def refine_level(
    model: ResNetGenerator, image: Tensor, mask: Tensor, reference: Tensor, iterations: int
) -> tuple[Tensor, list[float]]:
    with torch.no_grad():
        z: Tensor = model.front(torch.cat([image * (1 - mask), mask], dim=1))
    z = z.detach().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=0.002)
    losses = []
    for iteration in range(iterations):
        optimizer.zero_grad()
        prediction = z
        for piece in model.rear:
            prediction = piece(prediction)
        half = reference.shape[2], reference.shape[3]
        inner = F.interpolate(mask, half, mode="bilinear", align_corners=False)
        inner = erode((inner >= 1 - 1e-4).to(mask))
        known = (1 - mask).expand_as(image) > 0
        hole = inner.expand_as(reference) > 0
        loss = F.l1_loss(prediction[known], image[known])
        loss = loss + F.l1_loss(blur_and_halve(prediction)[hole], reference[hole])
        losses.append(loss.item())
        if iteration < iterations - 1:
            loss.backward()
            optimizer.step()
    return (mask * prediction + (1 - mask) * image).detach(), losses


def textbook_refine(
    model: ResNetGenerator, image: Tensor, mask: Tensor, *, scales: int, iterations: int = 15
) -> tuple[Tensor, list[float]]:
    """Return the refined image and the losses of all its iterations."""
    pyramid = [(image, mask)]
    for _ in range(scales - 1):
        image, mask = blur_and_halve(image), blur_and_halve(mask)
        mask = (mask >= 1e-8).to(mask)
        pyramid.append((image, mask))
    with torch.no_grad():
        result = predict(model, *pyramid.pop())
    trace = []
    for image, mask in reversed(pyramid):
        result, losses = refine_level(model, image, mask, result, iterations)
        trace += losses
    return result, trace
