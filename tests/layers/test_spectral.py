"""The Fourier unit and the spectral transform."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lamakit.layers import FourierUnit, SpectralTransform


@given(row=st.integers(0, 11), column=st.integers(0, 12))
def test_every_pixel_influences_every_output_pixel(row: int, column: int) -> None:
    torch.manual_seed(0)
    unit = FourierUnit(2, 2).double().eval()
    x = torch.rand(1, 2, 12, 13, dtype=torch.float64)
    changed = x.clone()
    changed[0, :, row, column] += 1
    assert ((unit(changed) - unit(x)).abs().amax(1) > 1e-9).all()


def test_local_fourier_unit_needs_even_sides() -> None:
    transform = SpectralTransform(8, 8, local_fourier_unit=True)
    with pytest.raises(ValueError, match=r"x is 7x8, .* multiples of 2 here: pad it to 8x8"):
        transform(torch.zeros(1, 8, 7, 8))


def test_the_local_fourier_unit_transforms_each_quadrant() -> None:
    """A quarter of the channels is cut into quadrants, and the result is repeated over the image."""
    torch.manual_seed(0)
    transform = SpectralTransform(8, 8, local_fourier_unit=True, norm_layer=None).double().eval()
    assert transform.local_fourier_unit is not None
    x = torch.rand(1, 8, 6, 10, dtype=torch.float64)
    reduced = transform.reduce(x)
    quarter = reduced[:, :1]
    top, bottom = quarter.chunk(2, dim=2)
    quadrants = [*(half.chunk(2, dim=3)[0] for half in (top, bottom))]
    quadrants += [half.chunk(2, dim=3)[1] for half in (top, bottom)]
    local = transform.local_fourier_unit(torch.cat(quadrants, dim=1)).tile(1, 1, 2, 2)
    expected = transform.expand(reduced + transform.fourier_unit(reduced) + local)
    torch.testing.assert_close(transform(x), expected)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="out_channels must be at least 2, got 1"):
        SpectralTransform(8, 1)
    with pytest.raises(ValueError, match=r"out_channels must be a multiple of 8 .* got 12"):
        SpectralTransform(8, 12, local_fourier_unit=True)


def test_bad_stride() -> None:
    with pytest.raises(ValueError, match="stride must be 1 or 2, got 3"):
        SpectralTransform(8, 8, stride=3)


def test_their_texts_show_what_they_are() -> None:
    assert "SpectralTransform(\n  4, 8, stride=2\n" in repr(SpectralTransform(4, 8, stride=2))
    assert "FourierUnit(\n  4, 8\n" in repr(FourierUnit(4, 8))


def test_a_normalisation_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="the 6 channels of the spectrum in a Fourier unit: num"):
        FourierUnit(4, 3, norm_layer=partial(nn.GroupNorm, 4))
