"""The effective receptive field, against models whose field is known."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lamakit.analysis import effective_receptive_field, receptive_field_radius
from lamakit.generators import lama_fourier
from lamakit.layers import FFC, MultiDilatedConv2d
from tests.analysis.inputs import DTYPES, box_blur, computed_dtype, images


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
    """Convolutions multiply their polynomials: on each axis, (1 + z + z^2) ** depth."""
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
    x = images(4, 16, *size)  # for a single image, a ReLU stops some pixels
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
    """The position counts pixels of the output, which here is four times as large."""
    model = nn.Upsample(scale_factor=4)
    field = effective_receptive_field(model, images(1, 1, 5, 6), position=(11, 23))
    assert field.nonzero().tolist() == [[2, 5]]
    assert effective_receptive_field(model, images(1, 1, 5, 6)).nonzero().tolist() == [[2, 3]]


def test_field_averages_a_batch() -> None:
    """A ReLU passes positive values, so the field depends on the image."""
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


def test_field_of_a_constant_output_is_nan() -> None:
    field = effective_receptive_field(lambda x: 0 * x, images(1, 1, 4, 4))
    assert field.isnan().all()
    assert receptive_field_radius(field).isnan()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_precision(dtype: torch.dtype) -> None:
    x, model = images(1, 2, 8, 8).to(dtype), box_blur(2).to(dtype)
    field = effective_receptive_field(model, x)
    assert field.dtype == computed_dtype(dtype)
    assert field[3:6, 3:6].sum() == pytest.approx(1, abs=1e-6)


def test_bad_arguments() -> None:
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
