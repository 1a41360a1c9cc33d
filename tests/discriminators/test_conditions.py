"""Discriminators that get a condition beside the image."""

from __future__ import annotations

import pytest
import torch

from lamakit.discriminators import MultiScaleDiscriminator, PatchDiscriminator

IMAGE, MASK = torch.rand(2, 3, 24, 20), torch.ones(2, 1, 24, 20)


@pytest.mark.parametrize("build", [PatchDiscriminator, MultiScaleDiscriminator])
class TestConditions:
    def test_it_is_stacked_behind_the_image(
        self, build: type[PatchDiscriminator | MultiScaleDiscriminator]
    ) -> None:
        model = build(4, base_channels=4, num_layers=2).eval()
        expected = model(torch.cat([IMAGE, MASK], dim=1)).logits
        assert torch.equal(model(IMAGE, MASK).logits, expected)
        assert torch.equal(model(IMAGE, MASK.half()).logits, expected)

    def test_one_that_does_not_fit(
        self, build: type[PatchDiscriminator | MultiScaleDiscriminator]
    ) -> None:
        model = build(4, base_channels=4, num_layers=2)
        with pytest.raises(
            ValueError, match=r"x must have shape \(B, 4, H, W\), got \(2, 3,.* condition"
        ):
            model(IMAGE)
        message = r"one height and width, and 4 channels together \(in_channels=4\), got \(2, 3, "
        with pytest.raises(ValueError, match=message):
            model(IMAGE, IMAGE)
        with pytest.raises(ValueError, match=message):
            model(IMAGE, MASK[..., :10])
        with pytest.raises(ValueError, match="condition and x must have one batch size, got 1 and"):
            model(IMAGE, MASK[:1])
        with pytest.raises(TypeError, match="condition must be a floating-point tensor, got torch"):
            model(IMAGE, MASK > 0)
