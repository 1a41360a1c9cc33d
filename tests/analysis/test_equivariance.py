"""Scale and shift equivariance, against models whose error is known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lamakit.analysis import scale_equivariance_error, shift_equivariance_error
from lamakit.layers import FFC
from tests.analysis.inputs import DTYPES, box_blur, computed_dtype, images


@given(scale_factor=st.floats(0.3, 3), value=st.floats(0.1, 1))
def test_constant_images_have_no_scale(scale_factor: float, value: float) -> None:
    x = torch.full((1, 2, 9, 14), value).double()
    blur = nn.Conv2d(2, 2, 3, padding=1, padding_mode="replicate").double()
    error = scale_equivariance_error(blur, x, scale_factor=scale_factor)
    assert float(error.detach()) < 1e-12


@given(scale_factor=st.floats(0.3, 3))
def test_models_of_single_pixels_are_equivariant(scale_factor: float) -> None:
    """A 1x1 convolution commutes with resizing; with a nonlinearity, up to the interpolation."""
    x = F.avg_pool2d(images(1, 2, 30, 36), 7, 1, 3)
    pointwise = nn.Conv2d(2, 3, 1).double()
    assert scale_equivariance_error(lambda x: x, x, scale_factor=scale_factor) == 0
    with torch.no_grad():
        linear = scale_equivariance_error(pointwise, x, scale_factor=scale_factor)
        curved = scale_equivariance_error(torch.exp, x, scale_factor=scale_factor)
        blurred = scale_equivariance_error(box_blur(2), images(1, 2, 30, 36), scale_factor=2)
    assert linear < 1e-12
    assert curved < 0.05
    assert blurred > 0.1


def test_scale_one_is_exact_for_any_model() -> None:
    error = scale_equivariance_error(box_blur(), images(1, 1, 9, 8), scale_factor=1)
    assert error == 0


def test_strided_models_are_compared_at_their_own_size() -> None:
    """A mean over blocks of pixels is a constant of a constant, at any stride."""
    x = torch.ones(2, 1, 12, 16).double()
    assert scale_equivariance_error(nn.AvgPool2d(4), x, scale_factor=1.5) < 1e-12


def test_the_error_is_relative_and_has_gradients() -> None:
    blur, x = box_blur(), images(1, 1, 9, 8)
    error = scale_equivariance_error(blur, x, scale_factor=2)
    error.backward()
    assert blur.weight.grad is not None
    assert blur.weight.grad.abs().sum() > 0
    tenfold = scale_equivariance_error(lambda x: 10 * blur(x), x, scale_factor=2)
    assert float(tenfold.detach()) == pytest.approx(float(error.detach()))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_precision(dtype: torch.dtype) -> None:
    x, model = images(1, 2, 8, 8).to(dtype), box_blur(2).to(dtype)
    error = scale_equivariance_error(model, x, scale_factor=2)
    assert error.dtype == computed_dtype(dtype)
    exact = scale_equivariance_error(box_blur(2), x.double(), scale_factor=2)
    assert float(error.detach()) == pytest.approx(float(exact.detach()), rel=0.02)


def test_bad_arguments() -> None:
    x = images(1, 1, 4, 6)
    with pytest.raises(ValueError, match=r"scale_factor must be above 0 and finite, got 0"):
        scale_equivariance_error(box_blur(), x, scale_factor=0)
    with pytest.raises(ValueError, match=r"scale_factor must be above 0 and finite, got nan"):
        scale_equivariance_error(box_blur(), x, scale_factor=math.nan)
    with pytest.raises(TypeError, match="scale_factor must be a number, got '2' of type str"):
        scale_equivariance_error(box_blur(), x, scale_factor="2")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"scale_factor=0.1 makes 0x1 pixels of 4x6"):
        scale_equivariance_error(box_blur(), x, scale_factor=0.1)
    with pytest.raises(ValueError, match="outputs must agree in batch and channels at both scales"):
        scale_equivariance_error(
            lambda x: x[:, : x.shape[2] - 3], x.expand(1, 4, 4, 6), scale_factor=2
        )
    with pytest.raises(ValueError, match=r"the model's output must have shape \(B, C, H, W\)"):
        scale_equivariance_error(lambda x: x.mean(1), x, scale_factor=2)


@given(rows=st.integers(0, 5), columns=st.integers(0, 5))
def test_models_of_single_pixels_do_not_see_a_shift(rows: int, columns: int) -> None:
    pointwise = nn.Conv2d(2, 3, 1).double()
    error = shift_equivariance_error(pointwise, images(1, 2, 12, 15), shift=(rows, columns))
    assert float(error.detach()) < 1e-12


def test_blocks_see_a_shift_that_is_no_multiple_of_theirs() -> None:
    blocks = nn.Sequential(nn.AvgPool2d(2), nn.Upsample(scale_factor=2))
    x = images(1, 2, 13, 17)
    assert shift_equivariance_error(blocks, x[..., :12, :16], shift=(2, 4)) == 0
    assert shift_equivariance_error(blocks, x, shift=(1, 1)) > 0.1


def test_padding_and_fourier_transforms_see_the_border() -> None:
    torch.manual_seed(0)
    x = images(1, 4, 20, 20)
    local = nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect").double()
    assert shift_equivariance_error(torch.square, x, shift=(4, 4)) == 0
    with torch.no_grad():
        assert 0 < shift_equivariance_error(local, x, shift=(4, 4)) < 1
        ffc = FFC(4, 4, 3, ratio=1, norm_layer=None).double()
        assert shift_equivariance_error(ffc, x, shift=(4, 4)) > 0


def test_the_error_of_a_shift_is_relative() -> None:
    blur, x = box_blur(), images(1, 1, 9, 8)
    one = shift_equivariance_error(blur, x, shift=(1, 0)).detach()
    tenfold = shift_equivariance_error(lambda x: 10 * blur(x), x, shift=(1, 0)).detach()
    assert float(tenfold) == pytest.approx(float(one))


def test_bad_shifts() -> None:
    x = images(1, 1, 4, 6)
    with pytest.raises(ValueError, match=r"shift\[0\] must be at least 0, got -1"):
        shift_equivariance_error(box_blur(), x, shift=(-1, 0))
    with pytest.raises(ValueError, match=r"shift=\(0, 3\) leaves no pixel in both windows of 4x6"):
        shift_equivariance_error(box_blur(), x, shift=(0, 3))
    with pytest.raises(ValueError, match="must have the sides of its input, 4x5, got 2x2"):
        shift_equivariance_error(nn.AvgPool2d(2), x, shift=(0, 1))
