"""Networks without values."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from lamakit.checkpoints import (
    load_generator,
    to_published_state_dict,
)
from lamakit.checkpoints.building import build_without_values
from lamakit.generators import (
    lama_fourier,
)
from tests.checkpoints.networks import (
    small,
)


def test_sizes_that_no_network_has() -> None:
    state_dict = to_published_state_dict(small("lama_regular"))
    for name in ("model.1.weight", "model.1.bias"):
        state_dict[name] = torch.empty(2**62, 0)
    with pytest.raises(ValueError, match="the weights have sizes that no network has"):
        load_generator(state_dict)


def test_no_memory_is_used() -> None:
    model = build_without_values(partial(lama_fourier, base_channels=2**16, num_blocks=40))
    assert {tensor.device.type for tensor in model.state_dict().values()} == {"meta"}
