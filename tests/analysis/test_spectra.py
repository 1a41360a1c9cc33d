"""Spectra, against images whose spectrum is known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lamakit.analysis import log_spectrum, radial_spectrum
from tests.analysis.inputs import DTYPES, computed_dtype, images

sides = st.integers(1, 24)


@given(height=sides, width=sides)
def test_log_spectrum_is_centred_and_orthonormal(height: int, width: int) -> None:
    image = images(2, 3, height, width)
    magnitude = log_spectrum(image).expm1()
    torch.testing.assert_close(magnitude.square().sum((2, 3)), image.square().sum((2, 3)))
    middle = image.sum((2, 3)).abs() / math.sqrt(height * width)
    torch.testing.assert_close(magnitude[..., height // 2, width // 2], middle)


def test_log_spectrum_shows_a_checkerboard_as_one_dot() -> None:
    board = (-1.0) ** (torch.arange(8)[:, None] + torch.arange(6))
    assert (log_spectrum(board[None, None]) > 1e-5).nonzero().tolist() == [[0, 0, 0, 0]]


def frequencies(height: int, width: int) -> Tensor:
    rows, columns = (torch.fft.fftfreq(side, dtype=torch.float64) for side in (height, width))
    return torch.hypot(rows[:, None], columns)


@given(height=sides, width=sides, num_bins=st.integers(1, 16))
def test_the_rings_hold_the_whole_power(height: int, width: int, num_bins: int) -> None:
    """Parseval: each ring's mean, times its frequencies, plus the corners, is the whole power."""
    image = images(2, 3, height, width)
    radius = frequencies(height, width)
    # Rounding must not move a frequency that lies on an edge to either side of it.
    edges = torch.arange(num_bins + 1, dtype=torch.float64) / (2 * num_bins)
    counts = torch.stack([(radius < edge - 1e-12).sum() for edge in edges])
    counts[-1] = (radius <= 0.5 + 1e-12).sum()
    counts = counts.diff()
    spectrum = radial_spectrum(image, num_bins=num_bins)
    assert spectrum.shape == (2, 3, num_bins)
    assert torch.equal(spectrum.isnan(), (counts == 0).expand_as(spectrum))
    corners = torch.fft.fft2(image, norm="ortho").abs().square()[..., radius > 0.5 + 1e-12].sum(-1)
    total = (spectrum.nan_to_num() * counts).sum(-1) + corners
    torch.testing.assert_close(total, image.square().sum((2, 3)))


@given(height=sides, width=sides)
def test_default_rings_all_hold_a_frequency(height: int, width: int) -> None:
    spectrum = radial_spectrum(images(1, 1, height, width))
    assert spectrum.shape[2] == max(1, min(height, width) // 2)
    assert spectrum.isfinite().all()


@given(height=st.integers(8, 40), width=st.integers(8, 40), data=st.data())
def test_a_wave_lies_in_its_ring(height: int, width: int, data: st.DataObject) -> None:
    down = data.draw(st.integers(0, height // 2))
    right = data.draw(st.integers(0, width // 2))
    frequency = math.hypot(down / height, right / width)
    num_bins = data.draw(st.integers(1, min(height, width) // 2))
    rows, columns = torch.arange(height).double(), torch.arange(width).double()
    phase = 2 * math.pi * (rows[:, None] * down / height + columns * right / width)
    spectrum = radial_spectrum(phase.cos()[None, None], num_bins=num_bins)[0, 0].nan_to_num()
    if frequency > 0.5 + 1e-12:
        assert spectrum.max() < 1e-20
    else:
        ring = min(math.floor(2 * num_bins * frequency + 1e-9), num_bins - 1)
        assert int(spectrum.argmax()) == ring
        assert spectrum.sum() - spectrum[ring] < 1e-20


def test_white_noise_has_a_flat_spectrum() -> None:
    spectrum = radial_spectrum(images(512, 1, 33, 47), num_bins=8).mean(dim=(0, 1))
    torch.testing.assert_close(spectrum, torch.ones(8).double(), rtol=0.1, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_precision(dtype: torch.dtype) -> None:
    x = images(1, 2, 8, 8).to(dtype)
    for spectrum in (log_spectrum, radial_spectrum):
        found = spectrum(x)
        assert found.dtype == computed_dtype(dtype)
        torch.testing.assert_close(found.double(), spectrum(x.double()), rtol=1e-4, atol=1e-5)


def test_spectra_have_gradients() -> None:
    image = images(1, 2, 5, 6).requires_grad_()
    assert torch.autograd.gradcheck(log_spectrum, image)
    assert torch.autograd.gradcheck(radial_spectrum, image)
    assert (
        torch.autograd.grad(log_spectrum(torch.zeros_like(image) * image).sum(), image)[0]
        .isfinite()
        .all()
    )


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"image must have shape \(B, C, H, W\), got \(4, 4\)"):
        log_spectrum(torch.rand(4, 4))
    with pytest.raises(TypeError, match=r"image must be a floating-point tensor, got torch\.uint8"):
        radial_spectrum(torch.zeros(1, 1, 4, 4, dtype=torch.uint8))
    with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
        radial_spectrum(torch.rand(1, 1, 4, 4), num_bins=0)
