"""Networks and an image that several test files share."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamakit.backbones import (
    FrozenExtractor,
)
from tests.backbones.networks import (
    NETWORKS,
)


@pytest.fixture(scope="module")
def networks() -> dict[str, FrozenExtractor]:
    """Each network with random weights; never changed."""
    torch.manual_seed(0)
    return {name: network() for name, network in NETWORKS.items()}


@pytest.fixture(params=NETWORKS)
def network(
    request: pytest.FixtureRequest, networks: dict[str, FrozenExtractor]
) -> FrozenExtractor:
    return networks[request.param]


@pytest.fixture
def image() -> Tensor:
    return torch.rand(2, 3, 40, 56, generator=torch.Generator().manual_seed(1))
