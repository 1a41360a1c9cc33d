"""Inpainting works for any size and never touches a known pixel."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit.generators import lama_fourier
from lamakit.images import as_mask, composite, crop_to_size, pad_to_multiple, stack_inputs
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled

sides = st.integers(1, 40)
MODEL = lama_fourier(base_channels=4, num_blocks=1).eval()


def random_pair(
    height: int, width: int, *, batch: int = 2, seed: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, 3, height, width, generator=generator).to(dtype)
    mask = (torch.rand(batch, 1, height, width, generator=generator) < 0.3).to(dtype)
    return image, mask


@given(
    height=sides,
    width=sides,
    seed=st.integers(0, 99),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
)
def test_inpaint_keeps_size_dtype_and_known_pixels(
    height: int, width: int, seed: int, dtype: torch.dtype
) -> None:
    image, mask = random_pair(height, width, seed=seed, dtype=dtype)
    with torch.inference_mode():
        result = inpaint(MODEL, image, mask)
    assert result.shape == image.shape
    assert result.dtype == dtype
    known = (mask == 0).expand_as(image)
    assert torch.equal(result[known], image[known])
    assert result.isfinite().all()
    assert (result >= 0).all()
    assert (result <= 1).all()


def test_an_empty_mask_returns_the_image() -> None:
    image, mask = random_pair(33, 50)
    assert torch.equal(inpaint(MODEL, image, torch.zeros_like(mask)), image)


def test_what_lies_under_the_hole_does_not_matter() -> None:
    image, mask = random_pair(24, 30)
    poisoned = torch.where(mask > 0, torch.nan, image)
    assert torch.equal(inpaint(MODEL, poisoned, mask), inpaint(MODEL, image, mask))


def test_batch_equals_single_images() -> None:
    image, mask = random_pair(20, 27, batch=3)
    singles = [inpaint(MODEL, image[i : i + 1], mask[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(
        inpaint(MODEL, image, mask), torch.cat(singles), rtol=1e-4, atol=1e-5
    )


def test_inpaint_matches_the_model_where_the_size_fits() -> None:
    image, mask = random_pair(24, 32)
    expected = composite(MODEL(stack_inputs(image, mask)), image, mask)
    assert torch.equal(inpaint(MODEL, image, mask), expected)


def test_inpaint_takes_any_callable_and_lets_gradients_flow() -> None:
    image, mask = random_pair(5, 7)
    image.requires_grad_()
    result = inpaint(lambda x: 1 - x[:, :3], image, mask)
    assert torch.equal(result.detach()[mask.expand_as(image) == 1], torch.ones(int(mask.sum()) * 3))
    result.sum().backward()
    assert image.grad is not None
    assert torch.equal(image.grad, (1 - mask).expand_as(image))


@pytest.mark.parametrize(
    "fill",
    [
        inpaint,
        partial(inpaint_tiled, tile=16),
        partial(inpaint_multiscale, max_side=16),
        partial(inpaint_crop, margin=4, max_side=16),
    ],
    ids=["inpaint", "tiled", "multiscale", "crop"],
)
def test_the_model_is_never_changed(fill: Callable[..., Tensor]) -> None:
    """In training mode it fills as in eval mode, and no statistics move."""
    image, mask = random_pair(24, 40)
    image.requires_grad_()
    model = lama_fourier(base_channels=4, num_blocks=1)
    model.bottleneck.eval()  # modes may be mixed
    modes = [part.training for part in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    result = fill(model, image, mask)
    for called in (model.forward, partial(model)):
        assert torch.equal(inpaint(called, image, mask), inpaint(model, image, mask))
    assert [part.training for part in model.modules()] == modes
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    assert torch.equal(result, fill(copy.deepcopy(model).eval(), image, mask))
    result.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_modes_return_after_an_error() -> None:
    class Failing(nn.Module):
        @override
        def forward(self, x: Tensor) -> Tensor:
            assert not self.training
            raise RuntimeError("no filling")

    model = Failing()
    with pytest.raises(RuntimeError, match="no filling"):
        inpaint(model, *random_pair(8, 8))
    assert model.training


def test_a_model_in_eval_mode_is_not_touched() -> None:
    class Untouchable(nn.Module):
        @override
        def __setattr__(self, name: str, value: Any) -> None:
            if "ready" in self.__dict__:
                raise AttributeError(name)
            super().__setattr__(name, value)

        @override
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :3]

    model = Untouchable().eval()
    model.ready = True
    assert inpaint(model, *random_pair(8, 8)).shape == (2, 3, 8, 8)


@given(height=sides, width=sides, multiple=st.integers(1, 16), min_size=st.integers(1, 40))
def test_padding_fits_and_inverts(height: int, width: int, multiple: int, min_size: int) -> None:
    image, _ = random_pair(height, width)
    padded = pad_to_multiple(image, multiple, min_size=min_size)
    for side, old in zip(padded.shape[2:], (height, width), strict=True):
        assert side % multiple == 0
        assert max(old, min_size) <= side < max(old, min_size) + multiple
    assert torch.equal(crop_to_size(padded, (height, width)), image)


def test_padding_reflects_and_else_repeats() -> None:
    row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert pad_to_multiple(row, 5)[0, 0, 0].tolist() == [1, 2, 3, 2, 1]
    assert pad_to_multiple(row, 6)[0, 0, 0].tolist() == [1, 2, 3, 3, 3, 3]
    assert pad_to_multiple(row, 5)[0, 0].shape == (5, 5)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (torch.tensor([[True, False]]), [1, 0]),
        (torch.tensor([[255, 0]], dtype=torch.uint8), [1, 0]),
        (torch.tensor([[127, 128]], dtype=torch.uint8), [0, 1]),
        (torch.tensor([[0.5, 0.51]]), [0, 1]),
        (torch.tensor([[0.2, 0.9]], dtype=torch.float64), [0, 1]),
        (np.array([[0, 255]], dtype=np.uint8), [0, 1]),
        (np.array([[True, False]])[:, ::-1], [0, 1]),
    ],
)
def test_as_mask_takes_every_common_form(mask: Tensor, expected: list[int]) -> None:
    result = as_mask(mask)
    assert result.dtype == torch.float32
    assert result.shape == (1, 1, 1, 2)
    assert result.flatten().tolist() == expected
    assert as_mask(mask, invert=True).flatten().tolist() == [1 - value for value in expected]


def test_as_mask_shapes() -> None:
    for shape in [(4, 5), (1, 4, 5), (1, 1, 4, 5)]:
        assert as_mask(torch.zeros(shape)).shape == (1, 1, 4, 5)
    assert as_mask(torch.zeros(3, 4, 5)).shape == (3, 1, 4, 5)


@given(radius=st.integers(0, 6), y=st.integers(0, 9), x=st.integers(0, 11))
def test_as_mask_dilates_by_pixels(radius: int, y: int, x: int) -> None:
    mask = torch.zeros(10, 12, dtype=torch.bool)
    mask[y, x] = True
    grown = as_mask(mask, dilate=radius)[0, 0]
    rows, columns = torch.arange(10)[:, None], torch.arange(12)
    assert torch.equal(grown > 0, ((rows - y).abs() <= radius) & ((columns - x).abs() <= radius))


@pytest.mark.parametrize(
    ("mask", "settings", "error", "message"),
    [
        ([[0, 1]], {}, TypeError, "a torch.Tensor or a numpy array, got list"),
        (
            torch.zeros(2, 2, dtype=torch.int64),
            {},
            TypeError,
            "bool, uint8 or floating-point, got torch.int64",
        ),
        (
            torch.ones(2, 2, dtype=torch.uint8),
            {},
            ValueError,
            "counts from 0 to 255, got at most 1",
        ),
        (torch.full((2, 2), 255.0), {}, ValueError, r"values in \[0, 1\]; scale it first"),
        (torch.full((2, 2), torch.nan), {}, ValueError, r"values in \[0, 1\]"),
        (torch.zeros(1, 3, 2, 2), {}, ValueError, r"or \(B, 1, H, W\), got \(1, 3, 2, 2\)"),
        (
            torch.zeros(2, 2),
            {"threshold": 2},
            ValueError,
            "threshold must lie between 0 and 1, got 2",
        ),
        (torch.zeros(2, 2), {"threshold": 1}, ValueError, "threshold must be below 1"),
        (torch.zeros(2, 2), {"dilate": -1}, ValueError, "dilate must be at least 0, got -1"),
    ],
)
def test_as_mask_refuses(
    mask: Tensor, settings: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        as_mask(mask, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "mask", "error", "message"),
    [
        (
            torch.zeros(3, 8, 8),
            torch.zeros(1, 1, 8, 8),
            ValueError,
            r"image must have shape \(B, C, H, W\)",
        ),
        (
            torch.zeros(1, 3, 8, 8).byte(),
            torch.zeros(1, 1, 8, 8),
            TypeError,
            "image must be a floating-point",
        ),
        (
            torch.zeros(1, 3, 8, 8),
            torch.zeros(1, 1, 8, 9),
            ValueError,
            r"mask must have shape \(1, 1, 8, 8\)",
        ),
        (
            torch.zeros(1, 3, 8, 8),
            torch.zeros(1, 1, 8, 8).bool(),
            TypeError,
            "got torch.bool; as_mask turns",
        ),
        (
            torch.zeros(1, 3, 8, 8),
            None,
            TypeError,
            "mask must be a torch.Tensor, got NoneType; as_mask",
        ),
        (
            torch.zeros(1, 3, 8, 8),
            torch.zeros(1, 1, 8, 8, device="meta"),
            ValueError,
            "got cpu and meta",
        ),
    ],
)
def test_bad_pairs(image: Tensor, mask: Tensor, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        inpaint(MODEL, image, mask)


def test_model_on_another_device() -> None:
    with pytest.raises(ValueError, match="one device, got cpu and meta; move one with"):
        inpaint(copy.deepcopy(MODEL).to("meta"), *random_pair(8, 8))


def test_models_that_return_something_else() -> None:
    pair = random_pair(8, 8)
    with pytest.raises(TypeError, match=r"the model's output must be a torch\.Tensor, got tuple"):
        inpaint(lambda x: (x,), *pair)  # type: ignore[arg-type, return-value]
    with pytest.raises(ValueError, match=r"height and width, \(8, 8\), got \(16, 16\)"):
        inpaint(lambda x: F.interpolate(x[:, :3], scale_factor=2), *pair)


def test_soft_masks_are_missing_wherever_they_are_not_zero() -> None:
    image, mask = random_pair(6, 6)
    soft = mask * 1e-8
    assert torch.equal(stack_inputs(image.half(), soft), stack_inputs(image.half(), mask))
    assert torch.equal(inpaint(MODEL, image, soft), inpaint(MODEL, image, mask))


def test_the_stack_is_the_masked_image_and_the_mask() -> None:
    image, mask = random_pair(6, 7)
    assert torch.equal(stack_inputs(image, mask), torch.cat([image * (1 - mask), mask], dim=1))


def test_read_only_arrays_and_pictures() -> None:
    array = np.zeros((2, 5), dtype=bool)
    array.flags.writeable = False
    assert as_mask(array).sum() == 0
    with pytest.raises(ValueError, match=r"looks like \(H, W, C\); give one channel of it"):
        as_mask(np.zeros((4, 5, 3), dtype=np.uint8))


def test_bad_predictions_and_crops() -> None:
    image, mask = random_pair(8, 8)
    with pytest.raises(
        ValueError, match="prediction and image must be on one device, got meta and"
    ):
        composite(image.to("meta"), image, mask)
    with pytest.raises(
        TypeError, match=r"prediction must be a floating-point tensor, got torch\.int"
    ):
        composite(image.int(), image, mask)
    with pytest.raises(
        ValueError, match=r"prediction must have the image's shape \(2, 3, 8, 8\), got"
    ):
        composite(image[:, :1], image, mask)
    with pytest.raises(ValueError, match="image must be at least 9x8 to be cropped to it, got 8x8"):
        crop_to_size(image, (9, 8))
    with pytest.raises(ValueError, match="multiple must be at least 1, got 0"):
        pad_to_multiple(image, 0)
