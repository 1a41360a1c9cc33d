"""The Fourier transform between images and spectra stored as channels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.layers.fourier import irfft2_from_channels, rfft2_to_channels

sides = st.integers(1, 24)


@given(
    height=sides, width=sides, dtype=st.sampled_from([torch.float32, torch.float64, torch.float16])
)
def test_the_inverse_returns_the_image(height: int, width: int, dtype: torch.dtype) -> None:
    x = torch.rand(2, 3, height, width).to(dtype)
    spectrum = rfft2_to_channels(x)
    assert spectrum.shape == (2, 6, height, width // 2 + 1)
    assert spectrum.dtype == dtype
    atol = 2e-2 if dtype == torch.float16 else 1e-5
    torch.testing.assert_close(
        irfft2_from_channels(spectrum, (height, width)), x, rtol=0, atol=atol
    )


def test_real_parts_come_before_imaginary_ones() -> None:
    x = torch.rand(1, 3, 6, 8)
    spectrum, expected = rfft2_to_channels(x), torch.fft.rfft2(x, norm="ortho")
    torch.testing.assert_close(spectrum[:, :3], expected.real)
    torch.testing.assert_close(spectrum[:, 3:], expected.imag)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_low_precision_is_transformed_in_float32(dtype: torch.dtype) -> None:
    """Only the results are rounded, whatever autocast says."""
    x = torch.rand(1, 2, 7, 9).to(dtype)
    with torch.autocast("cpu", dtype=dtype):
        spectrum = rfft2_to_channels(x)
        image = irfft2_from_channels(spectrum, (7, 9))
    assert torch.equal(spectrum, rfft2_to_channels(x.float()).to(dtype))
    assert torch.equal(image, irfft2_from_channels(spectrum.float(), (7, 9)).to(dtype))
