"""What light and a camera add to an image: shadows, contrast, blur and noise."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.training.random_values import happens, log_uniform, normals, uniform
from lamakit.training.textures import power_law_noise


def photograph(image: Tensor, generator: torch.Generator) -> Tensor:
    """Return an image as a camera sees it: unevenly lit, slightly blurred and noisy.

    Args:
        image: RGB, values of at least 0; above 1 is brighter than white.
        generator: source of the random numbers, on the CPU.

    Shape:
        - image, Output: (3, S, S); the output's values are in [0, 1]
    """
    size = image.shape[-1]
    image = image * _light(size, generator)
    # Brighter than white ends softly.
    image = torch.where(image > 0.8, 1 - 0.2 * torch.exp(4 - 5 * image), image.clamp(min=0))
    image = image ** log_uniform(0.75, 1.35, generator)
    image = blur(image, uniform(0.3, 0.7, generator))
    strength = log_uniform(0.002, 0.02, generator)
    noise = 0.8 * normals((1, size, size), generator) + 0.6 * normals((3, size, size), generator)
    return (image + strength * noise).clamp(0, 1)


def blur(image: Tensor, sigma: float) -> Tensor:
    """Return an image (C, S, S) blurred by a Gaussian with that standard deviation in pixels."""
    size = image.shape[-1]
    factor = int(sigma / 3)
    if factor > 1 and size // factor > 1:  # a blurred image needs fewer pixels
        small = F.interpolate(
            image[None], (size // factor, size // factor), mode="bilinear", antialias=True
        )
        small = blur(small[0], sigma * (size // factor) / size)[None]
        return F.interpolate(small, (size, size), mode="bicubic", align_corners=False)[0]
    reach = math.ceil(3 * sigma)
    taps = torch.arange(-reach, reach + 1, dtype=torch.float32, device="cpu")
    taps = torch.exp(-0.5 * (taps / sigma).square())
    taps = taps / taps.sum()
    padded = F.pad(image[:, None], (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(padded, taps.view(1, 1, -1, 1)), taps.view(1, 1, 1, -1))[:, 0]


def _light(size: int, generator: torch.Generator) -> Tensor:
    """Draw factors (S, S): brighter on one side, with or without soft shadows."""
    line = torch.linspace(-0.5, 0.5, size, dtype=torch.float32, device="cpu")
    angle, fall = uniform(0, 2 * math.pi, generator), uniform(0, 0.5, generator)
    light = 1 + fall * (line * math.cos(angle) + line[:, None] * math.sin(angle))
    if happens(0.3, generator):
        noise = power_law_noise(size, generator, exponent=uniform(1.6, 2.2, generator))
        edge = uniform(-0.5, 1, generator) - noise
        shade = torch.sigmoid(edge * log_uniform(2, 8, generator))
        light = light * (1 - uniform(0.1, 0.55, generator) * shade)
    return light
