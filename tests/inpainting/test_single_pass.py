"""One pass: any size comes back, known pixels exactly, and the model as it was."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit.images import composite, stack_inputs
from lamakit.inpainting import inpaint
from tests.images.samples import random_pair
from tests.inpainting.samples import MODEL

sides = st.integers(1, 40)


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


def test_a_method_and_a_partial_of_a_module_work_in_eval_mode() -> None:
    image, mask = random_pair(24, 40)
    model = copy.deepcopy(MODEL).train()
    for called in (model.forward, partial(model)):
        assert torch.equal(inpaint(called, image, mask), inpaint(MODEL, image, mask))
    assert model.training


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


def test_a_model_that_mixes_up_the_batch() -> None:
    image, mask = random_pair(8, 8)
    with pytest.raises(ValueError, match="output and its input must have one batch size, got 1"):
        inpaint(lambda x: x[:1, :3], image, mask)
    with pytest.raises(ValueError, match="output and its input must be on one device, got meta"):
        inpaint(lambda x: x[:, :3].to("meta"), image, mask)


def test_any_mask_value_above_0_is_missing() -> None:
    image, mask = random_pair(6, 6)
    assert torch.equal(inpaint(MODEL, image, mask * 1e-8), inpaint(MODEL, image, mask))
