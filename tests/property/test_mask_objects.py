"""Object-shaped masks keep their rules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamakit.masks import MaskStack, ObjectShaped

HEIGHT, WIDTH = 60, 90


def disc(y: int, x: int, radius: int) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_variants_keep_the_rules() -> None:
    small, other = disc(30, 20, 10), disc(30, 65, 12)
    sampler = ObjectShaped(instances=MaskStack.of(torch.stack((small, other))))
    masks = sampler.batch(150, (HEIGHT, WIDTH), generator=seeded())[:, 0] > 0
    areas = masks.double().mean((1, 2))
    assert areas.min() >= 0.02
    assert areas.max() <= 1.3 * 1.25**2 * 452 / (HEIGHT * WIDTH)
    rows = masks.any(2).double()
    middles = (rows * torch.arange(HEIGHT)).sum(1) / rows.sum(1)
    assert ((middles - 30).abs() <= 0.1 * HEIGHT + 1).all()
    for shape in (small, other):
        # Neither is hidden by more than half, whosever variant it is.
        assert ((masks & shape).sum((1, 2)) / shape.sum()).max() <= 0.5 * 1.3**2
    assert len({tuple(mask.any(0).nonzero()[:, 0].tolist()) for mask in masks}) > 20


def test_only_objects_of_fitting_size_are_moved() -> None:
    tiny, large, fitting = disc(10, 10, 3), disc(30, 45, 29), torch.zeros(HEIGHT, WIDTH).bool()
    fitting[20:40, 70:76] = True
    sampler = ObjectShaped(
        instances=MaskStack.of(torch.stack((tiny, large, fitting))), max_scale=0, max_shift=0
    )
    masks = sampler.batch(40, (HEIGHT, WIDTH), generator=seeded())[:, 0]
    assert (masks.amax(2).sum(1) == 20).all()
    assert (masks.amax(1).sum(1) <= 6).all()


def test_an_object_is_mirrored() -> None:
    wedge = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    for row in range(20):
        wedge[20 + row, 30 : 31 + row] = True
    sampler = ObjectShaped(instances=MaskStack.of(wedge[None]), max_scale=0, max_outside=0)
    masks = sampler.batch(60, (HEIGHT, WIDTH), generator=seeded())[:, 0]
    heights = masks.sum(1)
    leans = {bool(one[one > 0][0] > one[one > 0][-1]) for one in heights}
    assert leans == {True, False}


def test_masks_of_another_size_are_resized() -> None:
    sampler = ObjectShaped(instances=MaskStack.of(disc(30, 20, 10)[None]))
    small = sampler.batch(20, (HEIGHT, WIDTH), generator=seeded())
    large = sampler.batch(20, (2 * HEIGHT, 2 * WIDTH), generator=seeded())
    assert torch.equal(large[..., ::2, ::2], small)


def test_what_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match=r"no object covers 0.02 to 0.3 of the image: .* 0.005"):
        ObjectShaped(instances=MaskStack.of(disc(30, 20, 3)[None]))
    everywhere = MaskStack.of(torch.stack([disc(30, x, 13) for x in range(0, WIDTH, 5)]))
    crowded = ObjectShaped(instances=everywhere, max_overlap=0, max_tries=3)
    with pytest.raises(ValueError, match=r"no variant .* in 3 tries; raise max_overlap"):
        crowded((HEIGHT, WIDTH))
    with pytest.raises(ValueError, match="variants must be at least 1, got 0"):
        ObjectShaped(instances=MaskStack.of(disc(30, 20, 10)[None]), variants=0)
    with pytest.raises(ValueError, match="max_outside must lie between 0 and 1, got 2"):
        ObjectShaped(instances=MaskStack.of(disc(30, 20, 10)[None]), max_outside=2)


def test_resizing_loses_no_object() -> None:
    instances = MaskStack.of(disc(30, 70, 12)[None])
    masks = ObjectShaped(instances=instances).batch(60, (HEIGHT, HEIGHT), generator=seeded())
    assert masks.mean((1, 2, 3)).min() > 0.015
