"""What a network sees and what an image holds, against cases that are known exactly."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.analysis import (
    effective_receptive_field,
    log_spectrum,
    radial_spectrum,
    receptive_field_growth,
    receptive_field_radius,
    scale_equivariance_error,
)
from lamakit.generators import lama_fourier
from lamakit.layers import FFC, MultiDilatedConv2d

sides = st.integers(1, 24)
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def box_blur(channels: int = 1, *, stride: int = 1) -> nn.Conv2d:
    """A 3x3 convolution whose kernel is all ones, each channel into each."""
    conv = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False).double()
    nn.init.ones_(conv.weight)
    return conv


def images(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# The effective receptive field


@given(height=st.integers(3, 20), width=st.integers(3, 20), data=st.data())
def test_field_of_a_box_blur_is_its_box(height: int, width: int, data: st.DataObject) -> None:
    row = data.draw(st.integers(1, height - 2))
    column = data.draw(st.integers(1, width - 2))
    x = images(2, 3, height, width)
    field = effective_receptive_field(box_blur(3), x, position=(row, column))
    expected = torch.zeros(height, width, dtype=torch.float64)
    expected[row - 1 : row + 2, column - 1 : column + 2] = 1 / 9
    torch.testing.assert_close(field, expected, rtol=0, atol=1e-15)


@given(depth=st.integers(1, 5))
def test_field_of_stacked_blurs_is_trinomial(depth: int) -> None:
    """Blurs multiply out: (1 + z + z^2) to the power of the depth on each axis."""
    line = torch.ones(1, dtype=torch.float64)
    for _ in range(depth):
        line = F.conv1d(line.expand(1, 1, -1), torch.ones(1, 1, 3).double(), padding=2)[0, 0]
    expected = line[:, None] * line / 9**depth
    side = 2 * depth + 1
    field = effective_receptive_field(
        nn.Sequential(*(box_blur() for _ in range(depth))), images(1, 1, side + 4, side + 4)
    )
    torch.testing.assert_close(field[2:-2, 2:-2], expected)
    torch.testing.assert_close(field.sum(), expected.new_ones(()))


@pytest.mark.parametrize("size", [(9, 9), (12, 7)])
def test_field_of_a_fourier_convolution_is_the_whole_image(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    x = images(4, 16, *size)  # a rectifier stops some pixels of a single image
    for ratio, seen in [(0.0, 9), (0.5, size[0] * size[1])]:
        layer = FFC(16, 16, 3, ratio_gin=ratio, ratio_gout=ratio, norm_layer=None).double()
        assert int((effective_receptive_field(layer, x) > 0).sum()) == seen


@pytest.mark.parametrize(("dilation", "reach"), [(1, 1), (2, 2), (4, 4)])
def test_field_of_a_dilated_convolution_skips(dilation: int, reach: int) -> None:
    layer = MultiDilatedConv2d(4, 4, dilations=(dilation,)).double()
    seen = effective_receptive_field(layer, images(1, 4, 11, 13)).nonzero()
    assert sorted(seen[:, 0].unique().tolist()) == [5 - reach, 5, 5 + reach]
    assert sorted(seen[:, 1].unique().tolist()) == [6 - reach, 6, 6 + reach]


@given(stride=st.integers(1, 4), row=st.integers(1, 4), column=st.integers(1, 4))
def test_field_follows_the_output_through_strides(stride: int, row: int, column: int) -> None:
    x = images(1, 1, 5 * stride + 2, 6 * stride + 2)
    field = effective_receptive_field(box_blur(stride=stride), x, position=(row, column))
    rows, columns = stride * row, stride * column
    assert field[rows - 1 : rows + 2, columns - 1 : columns + 2].sum() == pytest.approx(1)


def test_field_through_a_finer_output() -> None:
    """Output pixels are counted in the output, which here is four times as large."""
    model = nn.Upsample(scale_factor=4)
    field = effective_receptive_field(model, images(1, 1, 5, 6), position=(11, 23))
    assert field.nonzero().tolist() == [[2, 5]]
    assert effective_receptive_field(model, images(1, 1, 5, 6)).nonzero().tolist() == [[2, 3]]


def test_field_averages_a_batch() -> None:
    """A rectifier passes what is positive: which pixels do depends on the image."""
    model, x = nn.Sequential(nn.ReLU(), box_blur()), images(6, 1, 7, 7)
    expected = F.pad((x[:, 0, 2:5, 2:5] > 0).double().mean(0), (2, 2, 2, 2))
    torch.testing.assert_close(effective_receptive_field(model, x), expected / expected.sum())


@pytest.mark.parametrize("train", [True, False])
def test_field_leaves_the_model_as_it_is(train: bool) -> None:
    model = lama_fourier(base_channels=4, num_blocks=1).train(train)
    parameters = list(model.parameters())
    model(torch.rand(2, 4, 16, 16)).sum().backward()
    parameters[0].requires_grad = False
    before = [(p.detach().clone(), p.grad.clone()) for p in parameters if p.grad is not None]
    x = torch.rand(2, 4, 16, 24)
    x_before = x.clone()
    field = effective_receptive_field(model, x)
    assert field.sum() == pytest.approx(1, abs=1e-6)
    assert not field.requires_grad
    assert torch.equal(x, x_before)
    assert not x.requires_grad
    assert x.grad is None
    assert model.training == train
    assert [p.requires_grad for p in parameters] == [False] + [True] * (len(parameters) - 1)
    for parameter, (value, grad) in zip(parameters, before, strict=True):
        assert parameter.grad is not None
        assert torch.equal(parameter, value)
        assert torch.equal(parameter.grad, grad)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_field_in_any_gradient_mode(context: type[torch.no_grad]) -> None:
    model = nn.Sequential(nn.ReLU(inplace=True), box_blur()).requires_grad_(requires_grad=False)
    expected = effective_receptive_field(model, images(1, 1, 7, 7))
    with context():
        x = images(1, 1, 7, 7)
        assert torch.equal(effective_receptive_field(model, x), expected)
        assert torch.equal(x, images(1, 1, 7, 7))
    assert torch.equal(effective_receptive_field(model, x), expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_measure_in_every_precision(dtype: torch.dtype) -> None:
    x = images(1, 2, 8, 8).to(dtype)
    layer = box_blur(2).to(dtype)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    results = [
        effective_receptive_field(layer, x),
        receptive_field_radius(torch.ones(4, 4, dtype=dtype)),
        log_spectrum(x),
        radial_spectrum(x),
        scale_equivariance_error(layer, x, scale_factor=2),
    ]
    assert [result.dtype for result in results] == [wide] * len(results)
    assert results[0][3:6, 3:6].sum() == pytest.approx(1, abs=1e-6)
    assert all(result.isfinite().all() for result in results)


def test_field_of_what_nothing_moves_is_nan() -> None:
    field = effective_receptive_field(lambda x: 0 * x, images(1, 1, 4, 4))
    assert field.isnan().all()
    assert receptive_field_radius(field).isnan()


def test_field_refuses() -> None:
    x = images(1, 1, 6, 8)
    for detached in (lambda x: x.detach(), lambda _: box_blur()(x)):
        with pytest.raises(ValueError, match="the model's output has no gradient on x"):
            effective_receptive_field(detached, x)
    with pytest.raises(ValueError, match=r"the model's output must have shape \(B, C, H, W\)"):
        effective_receptive_field(lambda x: x.mean(dim=1), x)
    with pytest.raises(ValueError, match=r"x must have shape \(B, C, H, W\), got \(6, 8\)"):
        effective_receptive_field(box_blur(), x[0, 0])
    with pytest.raises(TypeError, match="x must be a floating-point tensor"):
        effective_receptive_field(box_blur(), x.long())
    with pytest.raises(
        ValueError, match=r"position's row must be below 3 in an output of 3x4, got 3"
    ):
        effective_receptive_field(box_blur(stride=2), x, position=(3, 0))
    with pytest.raises(ValueError, match="position's column must be at least 0, got -1"):
        effective_receptive_field(box_blur(), x, position=(0, -1))
    with pytest.raises(TypeError, match=r"position must be a pair \(row, column\), got 3"):
        effective_receptive_field(box_blur(), x, position=3)  # type: ignore[arg-type]


# Its radius


@given(height=sides, width=sides, data=st.data(), share=st.floats(0, 1))
def test_radius_of_one_pixel_is_zero(
    height: int, width: int, data: st.DataObject, share: float
) -> None:
    field = torch.zeros(height, width)
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    field[row, column] = 3
    assert receptive_field_radius(field, share=share) == 0


@given(height=sides, width=sides)
def test_radius_of_everything_reaches_the_corner(height: int, width: int) -> None:
    radius = receptive_field_radius(torch.ones(height, width).double(), share=1)
    assert radius == pytest.approx(math.hypot(height - 1, width - 1) / 2)


@given(share=st.floats(0.05, 0.95))
def test_radius_of_a_disc_is_that_of_its_share(share: float) -> None:
    rows = torch.arange(201.0) - 100
    disc = (torch.hypot(rows[:, None], rows) <= 90).float()
    assert receptive_field_radius(disc, share=share) == pytest.approx(90 * share**0.5, abs=1)


@given(shift=st.integers(0, 8), scale=st.floats(0.01, 100))
def test_radius_knows_neither_place_nor_scale(shift: int, scale: float) -> None:
    small = images(5, 5).abs()
    field = F.pad(small, (shift, 8 - shift, 3, 4)) * scale
    assert receptive_field_radius(field) == pytest.approx(float(receptive_field_radius(small)))


def test_radius_refuses() -> None:
    with pytest.raises(TypeError, match=r"field must be a floating-point tensor, got torch.int64"):
        receptive_field_radius(torch.ones(3, 3, dtype=torch.int64))
    with pytest.raises(TypeError, match=r"field must be a torch\.Tensor, got list"):
        receptive_field_radius([[1.0]])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"field must have shape \(H, W\), got \(1, 3, 3\)"):
        receptive_field_radius(torch.ones(1, 3, 3))
    with pytest.raises(ValueError, match="share must lie between 0 and 1, got 95"):
        receptive_field_radius(torch.ones(3, 3), share=95)


# Its growth


@given(strides=st.lists(st.integers(1, 2), min_size=1, max_size=4))
def test_growth_is_monotone_for_plain_convolutions(strides: list[int]) -> None:
    stages = nn.Sequential(*(box_blur(stride=stride) for stride in strides))
    radii = receptive_field_growth(stages, images(1, 1, 64, 64), share=1)
    reach, pixel, expected = 0, 1, []
    for stride in strides:
        reach, pixel = reach + pixel, pixel * stride
        expected.append(reach * math.sqrt(2))
    torch.testing.assert_close(radii, torch.tensor(expected, dtype=torch.float64))
    effective = receptive_field_growth(stages, images(1, 1, 64, 64), share=0.5)
    assert (effective.diff() >= 0).all()
    assert (effective <= radii).all()


def test_growth_is_the_radius_of_each_part_of_a_generator() -> None:
    torch.manual_seed(0)
    model, x = lama_fourier(base_channels=4, num_blocks=2).eval(), torch.rand(1, 4, 64, 64)
    radii = receptive_field_growth([*model.front, *model.rear], x)
    assert radii.shape == (10,)
    assert radii[-1] == receptive_field_radius(effective_receptive_field(model, x))
    assert radii[3] == receptive_field_radius(effective_receptive_field(model.front, x))
    assert radii[4] > 2 * radii[3]  # the first Fourier block sees the image


def test_growth_refuses() -> None:
    with pytest.raises(ValueError, match="the number of stages must be at least 1, got 0"):
        receptive_field_growth([], images(1, 1, 4, 4))


# Spectra


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
def test_rings_share_out_the_power(height: int, width: int, num_bins: int) -> None:
    """Parseval: each ring's mean, times its frequencies, plus the corners, is the whole power."""
    image = images(2, 3, height, width)
    radius = frequencies(height, width)
    # A hair more than the radius, or a frequency on an edge could fall to either side of it.
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


def test_spectra_have_gradients() -> None:
    image = images(1, 2, 5, 6).requires_grad_()
    assert torch.autograd.gradcheck(log_spectrum, image)
    assert torch.autograd.gradcheck(radial_spectrum, image)
    assert (
        torch.autograd.grad(log_spectrum(torch.zeros_like(image) * image).sum(), image)[0]
        .isfinite()
        .all()
    )


def test_spectra_refuse() -> None:
    with pytest.raises(ValueError, match=r"image must have shape \(B, C, H, W\), got \(4, 4\)"):
        log_spectrum(torch.rand(4, 4))
    with pytest.raises(TypeError, match=r"image must be a floating-point tensor, got torch\.uint8"):
        radial_spectrum(torch.zeros(1, 1, 4, 4, dtype=torch.uint8))
    with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
        radial_spectrum(torch.rand(1, 1, 4, 4), num_bins=0)


# Scale equivariance


@given(scale_factor=st.floats(0.3, 3), value=st.floats(0.1, 1))
def test_constant_images_have_no_scale(scale_factor: float, value: float) -> None:
    x = torch.full((1, 2, 9, 14), value).double()
    blur = nn.Conv2d(2, 2, 3, padding=1, padding_mode="replicate").double()
    error = scale_equivariance_error(blur, x, scale_factor=scale_factor)
    assert float(error.detach()) < 1e-12


@given(scale_factor=st.floats(0.3, 3))
def test_scaling_each_pixel_alone_is_equivariant(scale_factor: float) -> None:
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


def test_equivariance_refuses() -> None:
    x = images(1, 1, 4, 6)
    with pytest.raises(ValueError, match=r"scale_factor must be finite and above 0, got 0"):
        scale_equivariance_error(box_blur(), x, scale_factor=0)
    with pytest.raises(ValueError, match=r"scale_factor must be finite and above 0, got nan"):
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


def test_all_of_a_smooth_field_reaches_its_corners() -> None:
    radius = torch.hypot(*torch.meshgrid(*[torch.arange(-50.0, 51.0)] * 2, indexing="ij"))
    field = torch.exp(-radius / 2)  # in float32, whose running sum forgets what is small
    assert float(receptive_field_radius(field, share=1)) == pytest.approx(50 * 2**0.5)
