"""GLaMa's families and their mixtures."""

from __future__ import annotations

import pytest

from lamakit.masks import (
    OneOf,
    glama_families,
    glama_general,
    lama_plus,
)
from tests.helpers import seeded

FAMILIES = [  # in the order of GLaMa's tables
    "completion",
    "expand",
    "nearest_neighbour",
    "thin_strokes",
    "every_n_lines",
    "medium_strokes",
    "thick_strokes",
]


@pytest.mark.parametrize("size", [(128, 128), (256, 300), (384, 512)])
def test_glama_strokes_leave_half_of_the_image(size: tuple[int, int]) -> None:
    for name, sampler in glama_families().items():
        areas = sampler.batch(25, size, generator=seeded()).mean((1, 2, 3))
        assert not name.endswith("strokes") or areas.max() <= 0.5


def test_glama_draws_seven_families_and_lama_plus_five_of_them() -> None:
    families = glama_families()
    assert list(families) == FAMILIES
    assert glama_general() == OneOf(tuple(families.values()))
    assert lama_plus() == OneOf(tuple(families[name] for name in FAMILIES[2:]))


def test_expand_leaves_a_ninth_of_the_image_or_so() -> None:
    """GLaMa's family is never reversed: a mean area of .86."""
    masks = glama_families()["expand"].batch(600, (64, 64), generator=seeded())
    assert float(masks.mean()) == pytest.approx(0.86, abs=0.01)
