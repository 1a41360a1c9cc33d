"""What inpaint, its crops, copies and tiles have in common."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lamakit import _value_range
from lamakit._checks import check_image_and_mask
from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled
from tests.helpers import assert_same_tensors, state_of
from tests.images.samples import counted_calls, image_with_boxes, random_pair
from tests.inpainting.samples import MODEL, Recorder, UNet

Way = Callable[..., Tensor]
OTHERS: dict[str, Way] = {
    "crop": partial(inpaint_crop, margin=5, max_side=24),
    "multiscale": partial(inpaint_multiscale, max_side=20),
    "tiled": partial(inpaint_tiled, tile=16, overlap=5),
}
WAYS: dict[str, Way] = {"inpaint": inpaint, **OTHERS}


@pytest.mark.parametrize("name", WAYS)
@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    seed=st.integers(0, 99),
    share=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
)
def test_any_size_dtype_and_mask(
    name: str, *, height: int, width: int, seed: int, share: float, dtype: torch.dtype
) -> None:
    image, mask = random_pair(height, width, share=share, seed=seed, dtype=dtype)
    poisoned = torch.where(mask > 0, torch.nan, image)  # their values are not used
    with torch.inference_mode():
        result = WAYS[name](MODEL, poisoned, mask)
    assert result.shape == image.shape
    assert result.dtype == dtype
    assert result.isfinite().all()
    known = (mask == 0).expand_as(image)
    assert torch.equal(result[known], image[known])


@pytest.mark.parametrize("name", WAYS)
def test_every_missing_pixel_is_filled(name: str) -> None:
    image, mask = random_pair(61, 45, share=0.02)
    result = WAYS[name](Recorder(7.0), image, mask)
    missing = (mask > 0).expand_as(image)
    assert ((result[missing] - 7).abs() < 1e-5).all()


@pytest.mark.parametrize("name", WAYS)
def test_small_images_get_one_plain_pass(name: str) -> None:
    image, mask = random_pair(14, 13, share=0.3)
    result = WAYS[name](MODEL, image, mask)
    torch.testing.assert_close(result, inpaint(MODEL, image, mask), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", WAYS)
def test_gradients_flow(name: str) -> None:
    model = lama_fourier(base_channels=4, num_blocks=1).eval()
    WAYS[name](model, *random_pair(40, 40, share=0.02)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("name", WAYS)
def test_the_model_is_never_changed(name: str) -> None:
    """In training mode it fills as in eval mode, and no statistics move."""
    image, mask = random_pair(24, 40)
    image.requires_grad_()
    model = lama_fourier(base_channels=4, num_blocks=1)
    model.bottleneck.eval()  # modes may be mixed
    modes = [part.training for part in model.modules()]
    before = state_of(model)
    result = WAYS[name](model, image, mask)
    assert [part.training for part in model.modules()] == modes
    assert_same_tensors(model.state_dict(), before)
    assert torch.equal(result, WAYS[name](copy.deepcopy(model).eval(), image, mask))
    result.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("name", WAYS)
def test_image_and_mask_are_checked(name: str) -> None:
    image, mask = random_pair(8, 8)
    with pytest.raises(ValueError, match=r"image must have shape \(B, C, H, W\), got \(3, 8, 8\)"):
        WAYS[name](MODEL, image[0], mask)
    with pytest.raises(TypeError, match=r"got torch\.bool; as_mask turns"):
        WAYS[name](MODEL, image, mask > 0)


@pytest.mark.parametrize("name", WAYS)
def test_image_and_mask_are_checked_once(name: str) -> None:
    with counted_calls(check_image_and_mask) as calls:
        WAYS[name](MODEL, *random_pair(40, 40))
    assert len(calls) == 1


@pytest.mark.parametrize("name", WAYS)
def test_a_model_that_does_not_say_its_sizes(name: str) -> None:
    image, mask = random_pair(31, 45)
    image, mask = image[:1], mask[:1]
    odd_sides = {"crop": {"max_side": 45}, "tiled": {"tile": 15}}
    with pytest.raises(ValueError, match="give that number as size_multiple"):
        WAYS[name](UNet(), image, mask, **odd_sides.get(name, {}))
    for size_multiple in (2, 6):
        assert WAYS[name](UNet(), image, mask, size_multiple=size_multiple).shape == image.shape
    model = Recorder()
    WAYS[name](model, image, mask, size_multiple=5)  # in place of the model's own
    assert all(side % 5 == 0 for shape in model.shapes for side in shape[2:])


@pytest.mark.parametrize("name", WAYS)
def test_bad_multiples(name: str) -> None:
    with pytest.raises(ValueError, match="size_multiple must be at least 1, got 0"):
        WAYS[name](MODEL, *random_pair(8, 8), size_multiple=0)


@pytest.mark.parametrize("name", WAYS)
def test_known_pixels_outside_of_the_range_are_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_value_range, "warned", set())
    image, mask = random_pair(20, 20)
    WAYS[name](MODEL, image.masked_fill(mask > 0, 255), mask)  # anything may be under the hole
    with pytest.warns(UserWarning, match=r"image should be an image with values in \[0, 1\]"):
        WAYS[name](MODEL, image * 255, mask)


@pytest.mark.parametrize("name", ["crop", "tiled"])
def test_a_bar_shows_the_progress(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, mask = image_with_boxes((16, 60), (2, 2, 4, 4), (8, 40, 10, 42))
    expected = OTHERS[name](MODEL, image, mask)
    assert capsys.readouterr().err == ""
    assert torch.equal(OTHERS[name](MODEL, image, mask, progress=True), expected)
    assert "2/2" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"progress=True needs tqdm"):
        OTHERS[name](MODEL, image, mask, progress=True)
