"""Masks come in as tensors, arrays and PIL images, alone or together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.masks import FixedMasks, MaskStack, thin
from lamakit.masks.missing_pixels import missing_pixels

EXPECTED = torch.tensor([[[True, False, True, True, True], [False, False, True, False, True]]])
GREY = np.array([[255, 0, 200, 255, 255], [10, 127, 128, 0, 255]], dtype=np.uint8)


@pytest.mark.parametrize(
    "mask",
    [
        EXPECTED,
        EXPECTED[0],
        EXPECTED[None],
        EXPECTED.float() * 0.01,
        EXPECTED.double().numpy(),
        EXPECTED[0].numpy()[::1],
        GREY,
        torch.from_numpy(GREY),
        Image.fromarray(GREY),
        Image.fromarray(GREY).point(lambda value: 255 * (value > 127), mode="1"),
    ],
)
def test_one_mask(mask: torch.Tensor) -> None:
    assert torch.equal(missing_pixels(mask), EXPECTED)
    assert torch.equal(missing_pixels([mask, mask]), EXPECTED.expand(2, 2, 5))
    assert MaskStack.of(mask) == MaskStack.of(EXPECTED)


def test_several_masks() -> None:
    masks = torch.rand(4, 1, 5, 7) > 0.5
    assert torch.equal(missing_pixels(masks), masks[:, 0])
    assert torch.equal(missing_pixels(list(masks[:, 0].numpy())), masks[:, 0])
    assert torch.equal(missing_pixels(mask for mask in masks), masks[:, 0])
    mixed: list[Any] = [
        masks[0],
        masks[1, 0].float(),
        masks[2, 0].numpy(),
        Image.fromarray(masks[3, 0].numpy()),
    ]
    assert torch.equal(missing_pixels(mixed), masks[:, 0])
    assert torch.equal(missing_pixels(MaskStack.of(masks)), masks[:, 0])
    fixed = FixedMasks(thin(16), count=3, size=16)
    assert torch.equal(missing_pixels(fixed).float(), torch.cat(list(fixed)))


def test_what_is_no_mask() -> None:
    with pytest.raises(ValueError, match=r"of one size, got 2 of sizes \[\(2, 2\), \(3, 2\)\]"):
        missing_pixels([torch.ones(2, 2), torch.ones(3, 2)])
    with pytest.raises(ValueError, match=r"masks must be at least one, .* got 0 of sizes \[\]"):
        missing_pixels([])
    with pytest.raises(TypeError, match=r"mask must be a torch.Tensor, .* got str"):
        missing_pixels("mask.png")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"mask must be a torch.Tensor, .* got dict"):
        missing_pixels([{"segmentation": GREY}])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="if that means missing, give mask != 0"):
        missing_pixels(GREY // 255)
    with pytest.raises(ValueError, match=r"looks like \(H, W, C\); give one channel of it"):
        missing_pixels(np.zeros((8, 8, 3)))
