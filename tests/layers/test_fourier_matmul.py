"""The Fourier transform by matrix products, against torch.fft."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from lamakit.layers.fourier import irfft2_from_channels, rfft2_to_channels
from tests.helpers import seeded

SIDES = range(1, 41)
SIZES = [
    *[(side, side) for side in SIDES],
    *[(side, 41 - side) for side in SIDES],
    *[(255, 256), (256, 333), (333, 255), (333, 333), (512, 64)],
]


def relative_error(found: Tensor, expected: Tensor) -> float:
    """Return the largest difference over the largest absolute value."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    return float((found - expected).abs().max() / expected.abs().max())


def image_and_spectrum(
    size: tuple[int, int], dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Return random numbers as an image and as a spectrum, which no real image has."""
    height, width = size
    image = torch.randn(2, 3, height, width, generator=seeded(), dtype=dtype)
    spectrum = torch.randn(2, 6, height, width // 2 + 1, generator=seeded(1), dtype=dtype)
    return image, spectrum


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_equals_the_fast_transform(size: tuple[int, int]) -> None:
    image, spectrum = image_and_spectrum(size)
    found = rfft2_to_channels(image, "matmul")
    assert relative_error(found, rfft2_to_channels(image)) < 2e-6
    back = irfft2_from_channels(spectrum, size, "matmul")
    assert relative_error(back, irfft2_from_channels(spectrum, size)) < 2e-6
    assert back.is_contiguous()


@pytest.mark.parametrize("size", [(1, 1), (7, 10), (10, 7), (333, 40)], ids=str)
def test_float64_stays_float64(size: tuple[int, int]) -> None:
    image, spectrum = image_and_spectrum(size, torch.float64)
    found = rfft2_to_channels(image, "matmul")
    assert relative_error(found, rfft2_to_channels(image)) < 1e-14
    back = irfft2_from_channels(spectrum, size, "matmul")
    assert relative_error(back, irfft2_from_channels(spectrum, size)) < 1e-14


def test_a_constant_image_has_one_frequency() -> None:
    """The sums of cosines and sines over a period vanish up to rounding, also over long sides."""
    spectrum = rfft2_to_channels(torch.ones(1, 1, 333, 512), "matmul")
    expected = torch.zeros_like(spectrum)
    expected[0, 0, 0, 0] = (333 * 512) ** 0.5
    assert relative_error(spectrum, expected) < 1e-5


@pytest.mark.parametrize("size", [(1, 1), (4, 6), (5, 3), (1, 4)], ids=str)
def test_gradients_equal_those_of_the_fast_transform(size: tuple[int, int]) -> None:
    image, spectrum = image_and_spectrum(size, torch.float64)
    for x in (image, spectrum):
        gradients = [gradient(x, lambda x: rfft2_to_channels(x, "fft"))]
        gradients += [gradient(x, lambda x: rfft2_to_channels(x, "matmul"))]
        torch.testing.assert_close(*gradients, rtol=0, atol=1e-13)
    inverse = [gradient(spectrum, lambda x: irfft2_from_channels(x, size, "fft"))]
    inverse += [gradient(spectrum, lambda x: irfft2_from_channels(x, size, "matmul"))]
    torch.testing.assert_close(*inverse, rtol=0, atol=1e-13)


def gradient(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the gradient of a sum of cubes of what the function returns."""
    x = x.clone().requires_grad_()
    function(x).pow(3).sum().backward()
    assert x.grad is not None
    return x.grad


def test_second_derivatives() -> None:
    image, spectrum = image_and_spectrum((3, 4), torch.float64)
    image, spectrum = image[:1, :1].requires_grad_(), spectrum[:1, :2].requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: rfft2_to_channels(x, "matmul") ** 2, image)
    assert torch.autograd.gradgradcheck(
        lambda x: irfft2_from_channels(x, (3, 4), "matmul") ** 2, spectrum
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_low_precision_is_transformed_in_float32(dtype: torch.dtype) -> None:
    """Only the results are rounded, whatever autocast says."""
    image, spectrum = (x.to(dtype) for x in image_and_spectrum((7, 9)))
    with torch.autocast("cpu", dtype=dtype):
        found = rfft2_to_channels(image, "matmul")
        back = irfft2_from_channels(spectrum, (7, 9), "matmul")
    assert torch.equal(found, rfft2_to_channels(image.float(), "matmul").to(dtype))
    exact = irfft2_from_channels(spectrum.float(), (7, 9), "matmul")
    assert torch.equal(back, exact.to(dtype))


def test_autocast_leaves_float32_alone() -> None:
    image, spectrum = image_and_spectrum((7, 9))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = rfft2_to_channels(image, "matmul")
        back = irfft2_from_channels(spectrum, (7, 9), "matmul")
        assert torch.is_autocast_enabled("cpu")
    assert torch.equal(found, rfft2_to_channels(image, "matmul"))
    assert torch.equal(back, irfft2_from_channels(spectrum, (7, 9), "matmul"))


def test_it_can_be_vectorised() -> None:
    images = torch.stack([image_and_spectrum((5, 6))[0]] * 2)
    found = torch.func.vmap(lambda x: rfft2_to_channels(x, "matmul"))(images)
    torch.testing.assert_close(found[1], rfft2_to_channels(images[1]))


def test_it_works_without_memory_for_the_values() -> None:
    """On the device "meta", which knows shapes only and has no autocast."""
    image = torch.zeros(1, 2, 5, 6, device="meta")
    assert rfft2_to_channels(image, "matmul").shape == (1, 4, 5, 4)


def test_an_unknown_backend() -> None:
    with pytest.raises(ValueError, match="backend must be one of fft, matmul; got 'dft'"):
        rfft2_to_channels(torch.zeros(1, 1, 4, 4), "dft")  # type: ignore[arg-type]
