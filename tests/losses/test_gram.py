"""Gram matrices by their definition, and what their distance does not depend on."""

from __future__ import annotations

import pytest
import torch

from lamakit.losses import gram_loss, gram_matrix
from tests.helpers import seeded
from tests.losses.inputs import rand


def test_matrix_by_definition() -> None:
    features = rand(2, 3, 4, 5)
    expected = torch.einsum("bihw,bjhw->bij", features, features) / 60
    torch.testing.assert_close(gram_matrix(features), expected)


def test_places_and_sizes_do_not_matter() -> None:
    texture = rand(1, 3, 6, 5)
    order = torch.randperm(30, generator=seeded())
    shuffled = texture.flatten(2)[..., order].view_as(texture)
    assert gram_loss([shuffled], [texture]) < 1e-20
    assert gram_loss([texture.repeat(1, 1, 3, 2)], [texture]) < 1e-20
    assert gram_loss([texture + 1], [texture]) > 0.1


def test_autocast_keeps_float32() -> None:
    features = rand(1, 3, 16, 16).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = gram_matrix(features)
    torch.testing.assert_close(found, gram_matrix(features), rtol=0, atol=0)


def test_maps_of_other_channels() -> None:
    message = r"prediction_features\[0\] and target_features\[0\] .* as many channels, got"
    with pytest.raises(ValueError, match=message):
        gram_loss([torch.zeros(1, 2, 4, 4)], [torch.zeros(1, 3, 4, 4)])
