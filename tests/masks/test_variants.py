"""Accepted variants keep the rules, against full-size arrays."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lamakit.masks import (
    MaskStack,
    ObjectShaped,
)
from lamakit.masks.random_numbers import Random
from lamakit.masks.runs import Region
from lamakit.masks.variants import VariantSearch
from tests.helpers import seeded

HEIGHT, WIDTH = 60, 90


def disc(y: int, x: int, radius: int) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


@given(seed=st.integers(0, 2**32 - 1))
def test_accepted_variants_are_apart(seed: int) -> None:
    """Nor is any on the foreground, against full-size arrays."""
    generator = seeded(seed)
    places = torch.randint(5, 40, (3, 2), generator=generator).tolist()
    objects = torch.stack([disc(y, 2 * x, 10) for y, x in places]).numpy()
    rules = ObjectShaped(instances=MaskStack.of(torch.from_numpy(objects)), min_area=0.01)
    search = VariantSearch(rules, objects, np.logical_or.reduce(objects), Random(generator))
    accepted: list[Region] = []
    for mask, middle in search.objects * 4:
        accepted += search._place(*search._transform(mask, middle), accepted)  # noqa: SLF001
    whole = np.zeros((len(accepted), HEIGHT, WIDTH), dtype=bool)
    for image, found in zip(whole, accepted, strict=True):
        height, width = found.mask.shape
        image[found.top : found.top + height, found.left : found.left + width] = found.mask
    for number, variant in enumerate(whole):
        assert variant.mean() >= 0.01
        assert (variant & objects.any(0)).sum() <= 0.5 * variant.sum()
        assert all((variant & other).sum() <= 0.5 * variant.sum() for other in whole[:number])
