"""Photographs, textures and masks of the ablation: images to train on, and fixed tests."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from skimage import data
from torch import Tensor
from torch.nn import functional as F

from lamakit.images import read_image, save_image
from lamakit.masks import (
    AreaBounds,
    FixedMasks,
    MaskSampler,
    OneOf,
    deepfill_like,
    generator_for_index,
    glama_families,
    lama_training,
    medium,
    thick,
    thin,
)
from lamakit.training.image_folder import find_images

SIDE = 64  # of the crops in training
TEST_SIDE = 3 * SIDE
PHOTOGRAPH_SIDE = 256  # the shorter one of each copy
TEST_PHOTOGRAPHS, TEXTURES = 12, 24
THIRDS = (0, math.pi / 3, 2 * math.pi / 3)


@dataclass(frozen=True)
class Reduced:
    """Every fourth pixel of masks that another sampler draws four times as large."""

    sampler: MaskSampler

    def __call__(
        self, size: tuple[int, int], *, generator: torch.Generator | None = None
    ) -> Tensor:
        return self.batch(1, size, generator=generator)[0]

    def batch(
        self,
        n: int,
        size: tuple[int, int],
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> Tensor:
        large = (4 * size[0], 4 * size[1])
        drawn = self.sampler.batch(n, large, generator=generator, device=device)
        return drawn[..., 2::4, 2::4].contiguous()


def mask_families() -> dict[str, MaskSampler]:
    """Return GLaMa's families; the lengths of the strokes fit the crops."""
    strokes: dict[str, MaskSampler] = {
        f"{preset.__name__}_strokes": AreaBounds(preset(SIDE), max_area=0.5)
        for preset in (thin, medium, thick)
    }
    return glama_families() | strokes


def training_masks() -> dict[str, MaskSampler]:
    """Return the masks to train with, by the names of the presets; all fit the crops."""
    families = mask_families()
    plus = [families[name] for name in families if name not in {"completion", "expand"}]
    return {
        "lama_training": lama_training(SIDE),
        "deepfill_like": Reduced(deepfill_like()),  # published for 256 pixels only
        "lama_plus": OneOf(plus),
        "glama_general": OneOf(list(families.values())),
    }


class TestSet(NamedTuple):
    """Images (N, 3, H, W), and a mask for each."""

    images: Tensor
    masks: list[Tensor]


def large_tests(folder: Path) -> dict[str, TestSet]:
    """Return the tests of three times the size of the crops; copies are made for smaller ones."""
    images = {
        "photographs": test_photographs(folder),
        "periodic": periodic_textures(),
        "aperiodic": aperiodic_textures(),
    }
    return {
        f"{name}, {preset.__name__}": TestSet(
            pictures, fixed_masks(AreaBounds(preset(TEST_SIDE), max_area=0.5), pictures)
        )
        for name, pictures in images.items()
        for preset in (thin, thick)
    }


def family_tests(folder: Path) -> dict[str, TestSet]:
    """Return photographs of the size of the crops, with masks of each of GLaMa's families."""
    images = F.interpolate(test_photographs(folder), SIDE, mode="bilinear", antialias=True)
    return {
        name: TestSet(images, fixed_masks(sampler, images))
        for name, sampler in mask_families().items()
    }


def fixed_masks(sampler: MaskSampler, images: Tensor) -> list[Tensor]:
    size = images.shape[2], images.shape[3]
    return list(FixedMasks(sampler=sampler, count=len(images), size=size, seed=1))


def prepare_images(photographs: str, folder: Path) -> None:
    """Write the images to train on, and the photographs for tests: every fourth one, at most 12.

    Photographs become small copies. As many textures join those to train on, since photographs
    show few lattices. None of them is among the tests.
    """
    paths = find_images(photographs)
    names = [path.name for path in paths]
    listed = folder / "names.json"
    if listed.exists():
        if json.loads(listed.read_text()) != names:
            raise ValueError(
                f"{folder} has copies of other photographs than those in {photographs!r}: give the "
                "same folder as before, or another --output"
            )
        return
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for part in ("train", "test"):
        (partial / part).mkdir(parents=True)
    kinds = cycle((lattice, disorder))
    for number, path in enumerate(paths):
        name = f"{number:05d}.bmp"  # decoded in no time
        if number % 4 == 0 and number < 4 * TEST_PHOTOGRAPHS:
            small_copy(path).save(partial / "test" / name)
            continue
        small_copy(path).save(partial / "train" / name)
        texture = colored(next(kinds), generator_for_index(4, 0, number))
        save_image(texture[None], partial / "train" / f"texture_{name}")
    (partial / listed.name).write_text(json.dumps(names))
    partial.rename(folder)


def small_copy(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    scale = PHOTOGRAPH_SIDE / min(picture.size)
    if scale > 1:
        raise ValueError(f"{path} is too small: its sides must be at least {PHOTOGRAPH_SIDE}")
    size = round(picture.width * scale), round(picture.height * scale)
    return picture.resize(size, Image.Resampling.LANCZOS)


def test_photographs(folder: Path) -> Tensor:
    """Return two opposite corners of each photograph that is kept for tests."""
    corners: list[Tensor] = []
    for path in find_images(folder / "test"):
        photograph = read_image(path)
        corners.append(photograph[..., :TEST_SIDE, :TEST_SIDE])
        corners.append(photograph[..., -TEST_SIDE:, -TEST_SIDE:])
    return torch.cat(corners)


def periodic_textures() -> Tensor:
    """Return bricks and lattices of many sizes and angles, and a photograph of a brick wall."""
    count = TEXTURES - 4
    drawn = [colored(lattice, generator_for_index(2, 0, number)) for number in range(count)]
    return torch.stack([*drawn, *four_corners(data.brick())])


def aperiodic_textures() -> Tensor:
    """Return clouds, spots and cells, and photographs of grass and gravel."""
    count = TEXTURES - 8
    drawn = [colored(disorder, generator_for_index(3, 0, number)) for number in range(count)]
    return torch.stack([*drawn, *four_corners(data.grass()), *four_corners(data.gravel())])


def four_corners(photograph: object) -> Tensor:
    """Return four crops of a grey photograph, reduced to 384 pixels."""
    grey = torch.tensor(photograph)[None, None] / 255
    grey = F.interpolate(grey, 2 * TEST_SIDE, mode="bilinear", antialias=True)[0]
    halves = [half for row in grey.chunk(2, 1) for half in row.chunk(2, 2)]
    return torch.stack(halves).expand(-1, 3, -1, -1).clamp(0, 1)


def colored(draw: Callable[[torch.Generator], Tensor], generator: torch.Generator) -> Tensor:
    """Return a pattern (2H, 2W) with values in [0, 1] between two random colours, as (3, H, W)."""
    pattern = F.avg_pool2d(draw(generator)[None], 2)  # smooth edges
    dark, light = (torch.rand(3, 1, 1, generator=generator) for _ in range(2))
    return torch.lerp(dark / 2, (1 + light) / 2, pattern)


def lattice(generator: torch.Generator) -> Tensor:
    """Draw bricks, squares, dots or waves with a period of 18 to 48 pixels, at any angle."""
    kind = int(torch.randint(4, (), generator=generator))
    period, angle, *offsets = torch.rand(4, generator=generator).tolist()
    axis: Tensor = torch.arange(2 * TEST_SIDE) / 2 / (18 * (48 / 18) ** period)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    c, s = math.cos(math.pi * angle), math.sin(math.pi * angle)
    u: Tensor = c * x + s * y + offsets[0]
    v: Tensor = c * y - s * x + offsets[1]
    if kind == 0:
        rows = (2 * v).floor()
        pattern = ((u + rows / 2) % 1 >= 0.1) & ((2 * v) % 1 >= 0.2)
    elif kind == 1:
        pattern = (u % 1 < 0.35) | (v % 1 < 0.35)
    elif kind == 2:
        waves = [torch.cos(2 * math.pi * (u * math.cos(a) + v * math.sin(a))) for a in THIRDS]
        pattern = torch.stack(waves).sum(0) > 0.5
    else:
        pattern = (1 + torch.cos(2 * math.pi * u) * torch.cos(2 * math.pi * v)) / 2
    return pattern.float()


def disorder(generator: torch.Generator) -> Tensor:
    """Draw clouds, spots or cells, with details of the sizes that :func:`lattice` has."""
    kind = int(torch.randint(3, (), generator=generator))
    side = 2 * TEST_SIDE
    spread = float(torch.rand((), generator=generator))
    if kind == 0:  # power falls with frequency
        return noise(generator, lambda frequency: frequency.clamp(min=1 / side) ** -(1 + spread))
    if kind == 1:  # one band of frequencies
        middle = 1 / (2 * 18 * (48 / 18) ** spread)
        band = noise(generator, lambda f: torch.exp(-8 * (f / middle).clamp(min=1e-3).log() ** 2))
        return (band > band.median()).float()
    points = side * torch.rand(int(40 + 200 * spread), 2, generator=generator)
    axis = torch.arange(side, dtype=torch.float32)
    nearest = torch.cdist(torch.cartesian_prod(axis, axis), points).argmin(1)
    return torch.rand(len(points), generator=generator)[nearest].view(side, side)


def noise(generator: torch.Generator, amplitude: Callable[[Tensor], Tensor]) -> Tensor:
    """Return noise with this amplitude by frequency (cycles per pixel), scaled to [0, 1]."""
    side = 2 * TEST_SIDE
    spectrum = torch.fft.rfft2(torch.randn(side, side, generator=generator))
    frequency = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None])
    frequency[0, 0] = 1  # the mean, which is set below
    values: Tensor = torch.fft.irfft2(spectrum * amplitude(frequency), s=(side, side))
    return ((values - values.mean()) / values.std() / 5 + 0.5).clamp(0, 1)
