"""Losses: means over the known pixels and over the eroded hole."""

from __future__ import annotations

import torch

from lamakit.images import stack_inputs
from lamakit.refinement.pyramid import Level, halve
from lamakit.refinement.scale_losses import ScaleLosses, inner_hole
from tests.helpers import seeded


def test_erosion_by_a_disc() -> None:
    mask = torch.ones(1, 1, 90, 90)
    mask[..., 40:42, 50:52] = 0  # one known pixel at half the size, at (20, 25)
    near = 1 - inner_hole(mask, 15)
    widths = [2 * round((49 - dy**2) ** 0.5) + 1 for dy in range(-7, 8)]
    assert near[0, 0, 12:29].sum(dim=1).tolist() == [0, *widths, 0]
    assert near.sum() == sum(widths)
    assert (1 - inner_hole(mask, 1)).nonzero().tolist() == [[0, 0, 20, 25]]
    assert (inner_hole(torch.ones(1, 1, 40, 40), 15) == 1).all()  # not along the border


def losses_by_formula(
    prediction: torch.Tensor, image: torch.Tensor, mask: torch.Tensor, smaller: torch.Tensor
) -> torch.Tensor:
    """Return the losses, one image at a time."""
    inner = inner_hole(mask, 5).expand_as(smaller) > 0
    known = mask.expand_as(image) == 0
    return torch.stack(
        [
            (prediction - image)[n][known[n]].abs().mean()
            + (halve(prediction) - smaller)[n][inner[n]].abs().mean()
            for n in range(len(image))
        ]
    )


def test_the_losses_are_means_of_each_image() -> None:
    image, prediction = torch.rand(2, 2, 3, 40, 44, generator=seeded(), dtype=torch.float64)
    mask = torch.zeros(2, 1, 40, 44, dtype=torch.float64)
    mask[0, :, 5:30, 5:40] = 1
    mask[1, :, 10:24, 0:20] = 1
    smaller = torch.rand(2, 3, 20, 22, generator=seeded(1), dtype=torch.float64)
    level = Level(image * (1 - mask), mask)
    losses_of = ScaleLosses(level, stack_inputs(image, mask), smaller, 5)
    expected = losses_by_formula(prediction, image, mask, smaller)
    torch.testing.assert_close(losses_of(prediction), expected)
    largest = torch.maximum(losses_of.known.amax((1, 2, 3)), losses_of.inner.amax((1, 2, 3)))
    scaled = losses_of.gradient_scale * largest
    assert ((scaled > 128) & (scaled <= 256)).all()
    assert (losses_of.gradient_scale.log2() % 1 == 0).all()


def test_empty_regions_add_nothing() -> None:
    image = torch.rand(1, 3, 20, 20, generator=seeded())
    for mask in (torch.zeros(1, 1, 20, 20), torch.ones(1, 1, 20, 20)):
        level = Level(image * (1 - mask), mask)
        losses_of = ScaleLosses(level, stack_inputs(image, mask), halve(level.image), 5)
        assert losses_of(level.image).item() == 0
        assert losses_of(level.image + 0.5).item() > 0.4
