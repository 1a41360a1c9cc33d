"""Dead leaves: shapes of all sizes that hide what is behind them."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit.training.dead_leaves import Scenery, scatter_leaves
from tests.helpers import seeded

GREY = torch.full((3, 64, 64), 0.5)
TEXTURES = torch.rand(2, 64, 64, generator=seeded())


def scatter(count: int, seed: int = 0, shadow: float = 0.0, **sizes: float) -> Tensor:
    white = Scenery(torch.ones(1, 3), TEXTURES, light=-1.0, shadow=shadow)
    return scatter_leaves(GREY, count, white, seeded(seed), **sizes)


def test_what_lies_behind_is_left_alone() -> None:
    behind = GREY.clone()
    scatter(20, shadow=0.5)
    assert torch.equal(GREY, behind)
    assert torch.equal(scatter(0), GREY)


def test_more_shapes_cover_more() -> None:
    covered = [
        float((scatter(count, smallest=0.08) != 0.5).float().mean()) for count in (1, 10, 60)
    ]
    assert covered[0] < covered[1] < covered[2]
    assert covered[2] > 0.5


def test_sizes_are_bounded() -> None:
    for seed in range(30):
        covered = float((scatter(1, seed, smallest=0.05, largest=0.1) != 0.5).sum())
        assert covered <= 3.15 * (0.1 * 64 + 5) ** 2  # out of focus by at most four pixels


def test_most_shapes_are_small() -> None:
    areas = torch.tensor(
        [float((scatter(1, seed, smallest=0.03) != 0.5).float().mean()) for seed in range(150)]
    )
    assert areas.median() < 0.02
    assert areas.max() > 0.05


def test_edges_are_antialiased() -> None:
    image = scatter(1, 3, smallest=0.3)
    between = (image > 0.5) & (image < image.max() * 0.7)
    assert between.any()


def test_shadows_darken_what_lies_behind() -> None:
    lit = [scatter(12, seed) for seed in range(10)]
    shaded = [scatter(12, seed, shadow=0.6) for seed in range(10)]
    pairs = list(zip(shaded, lit, strict=True))
    assert all((dark <= bright + 1e-6).all() for dark, bright in pairs)
    darker = torch.stack([dark < bright - 0.05 for dark, bright in pairs])
    assert 0.01 < darker.float().mean() < 0.5
