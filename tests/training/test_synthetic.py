"""Synthetic images: reproducible, varied, and with the statistics of photographs."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamakit.analysis import radial_spectrum
from lamakit.training import draw_synthetic_image
from lamakit.training.synthetic import SYNTHETIC_KINDS
from tests.helpers import seeded


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.stack([draw_synthetic_image(64, seeded(seed)) for seed in range(96)])


def log_log_slope(power: Tensor, frequency: Tensor) -> float:
    x, y = frequency.log(), power.log()
    return float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())


@pytest.mark.parametrize("kind", list(SYNTHETIC_KINDS))
def test_every_kind_is_reproducible_and_in_range(kind: str) -> None:
    draw = SYNTHETIC_KINDS[kind]
    for seed in range(6):
        image = draw(48, seeded(seed))
        assert (image.shape, image.dtype) == ((3, 48, 48), torch.float32)
        assert image.isfinite().all()
        assert image.min() >= 0
        assert image.max() <= 1
        assert torch.equal(image, draw(48, seeded(seed)))
    assert not torch.equal(image, draw(48, seeded(7)))


@pytest.mark.parametrize("kind", list(SYNTHETIC_KINDS))
@pytest.mark.parametrize("size", [1, 2, 5, 33])
def test_any_size(kind: str, size: int) -> None:
    for seed in range(4):
        image = SYNTHETIC_KINDS[kind](size, seeded(seed))
        assert image.shape == (3, size, size)
        assert image.isfinite().all()


@pytest.mark.parametrize("kind", list(SYNTHETIC_KINDS))
def test_default_type_and_global_numbers_do_not_matter(kind: str) -> None:
    expected = SYNTHETIC_KINDS[kind](24, seeded(8))
    state = torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    try:
        found = SYNTHETIC_KINDS[kind](24, seeded(8))
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
    assert torch.equal(torch.get_rng_state(), state)


def test_images_differ(images: Tensor) -> None:
    flat = images.flatten(1)
    distances = torch.cdist(flat, flat) + 99 * torch.eye(len(flat))
    assert distances.min() > 1
    assert (flat.std(dim=1) > 0.01).all()


def test_every_kind_is_drawn() -> None:
    kinds = list(SYNTHETIC_KINDS)
    drawn = set()
    for seed in range(24):
        generator = seeded(seed)
        kind = kinds[int(torch.randint(6, (), generator=generator))]  # decided first
        drawn.add(kind)
        expected = SYNTHETIC_KINDS[kind](8, generator)
        assert torch.equal(draw_synthetic_image(8, seeded(seed)), expected)
    assert drawn == set(kinds)


def test_the_spectrum_falls_like_that_of_photographs(images: Tensor) -> None:
    window = torch.hann_window(64, periodic=False)
    deviation = images - images.mean(dim=(2, 3), keepdim=True)
    power = radial_spectrum(deviation * window * window[:, None]).mean(dim=(0, 1))
    frequencies = torch.arange(len(power)) + 0.5
    assert -3 < log_log_slope(power[2:24], frequencies[2:24]) < -1.5


def test_colours_are_those_of_photographs(images: Tensor) -> None:
    pixels = images.movedim(1, 0).flatten(1)
    correlation = torch.corrcoef(pixels)
    assert correlation.min() > 0.6
    brightest, darkest = pixels.amax(dim=0), pixels.amin(dim=0)
    saturation = 1 - darkest / brightest.clamp(min=1e-3)
    assert 0.1 < saturation.mean() < 0.4
    assert saturation.median() < 0.3
    luminance = pixels.mean(dim=0)
    assert 0.3 < luminance.mean() < 0.5
    chroma = (pixels - luminance).std()
    assert chroma < 0.4 * luminance.std()


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        draw_synthetic_image(0, seeded())
    with pytest.raises(TypeError, match="size must be an int, got 32"):
        draw_synthetic_image(32.0, seeded())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator, got int"):
        draw_synthetic_image(32, 0)  # type: ignore[arg-type]
