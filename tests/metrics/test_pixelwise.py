"""L1 and PSNR are the formulas, over the pixels of the region."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit import _value_range
from lamakit.metrics import l1, psnr
from tests.metrics.inputs import box_masks, random_images, random_mask

sizes = st.tuples(st.integers(1, 20), st.integers(1, 20))


@given(st.integers(0, 1000), sizes)
def test_they_are_the_formulas(seed: int, size: tuple[int, int]) -> None:
    x, y = (random_images(seed + i, 2, 3, *size).double() for i in (0, 1))
    region = random_mask(seed, 2, 1, *size)
    for number in range(2):
        inside = (region[number] > 0).expand(3, *size)
        difference = x[number][inside] - y[number][inside]
        assert l1(x, y, region)[number] == pytest.approx(difference.abs().mean().item())
        expected = -10 * difference.square().mean().log10().item()
        assert psnr(x, y, region)[number] == pytest.approx(expected)


def test_opposite_images_are_farthest_apart() -> None:
    black, white, region = torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    assert l1(white, black, region) == 1
    assert psnr(white, black, region) == 0


@pytest.mark.parametrize("name", ["prediction", "target"])
def test_psnr_warns_once_about_images_outside_of_the_unit_range(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {"prediction", "target"} - {name}
    said = {(other, "divide values in 0..255 by 255") for other in others}
    monkeypatch.setattr(_value_range, "warned", said)
    image, mask = random_images(0, 2, 3, 24, 32), box_masks(2)
    psnr(torch.where(mask > 0, image, 255), image, mask)  # which no metric looks at
    with pytest.warns(UserWarning, match=rf"{name} should be .* divide values in 0\.\.255 by 255"):
        psnr(255 * image, 255 * image.flip(3), mask)
    psnr(255 * image, 255 * image.flip(3), mask)
