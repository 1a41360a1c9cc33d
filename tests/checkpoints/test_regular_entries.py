"""Published names of regular and dilated generators."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from torch import nn

from lamakit.checkpoints import (
    to_published_state_dict,
)
from lamakit.generators import (
    lama_regular,
)
from lamakit.layers import MultiDilatedConv2d, ResidualBlock
from tests.checkpoints.networks import (
    small,
)


@pytest.mark.parametrize(
    "conv_layer",
    [
        partial(nn.Conv2d, kernel_size=3, padding=1),
        partial(nn.Conv2d, kernel_size=5, padding=2, padding_mode="reflect"),
        partial(MultiDilatedConv2d, dilations=(1, 3)),
        partial(MultiDilatedConv2d, padding_mode="zeros"),
    ],
)
def test_only_published_convolutions_are_written(conv_layer: Any) -> None:
    model = lama_regular(base_channels=4, num_blocks=1)
    model.bottleneck[0] = ResidualBlock(32, conv_layer=conv_layer)
    with pytest.raises(ValueError, match=r"dilations 1, 2, 4, \.\.\., with reflected"):
        to_published_state_dict(model)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lama_regular", {"model.13.conv_block.1", "model.13.conv_block.5"}),
        (
            "lama_dilated",
            {f"model.13.conv_block.{part}.convs.{group}" for part in (0, 3) for group in range(4)},
        ),
    ],
)
def test_names_of_a_block(name: str, expected: set[str]) -> None:
    names = to_published_state_dict(small(name))
    convolutions = {n.removesuffix(".weight") for n, t in names.items() if t.ndim == 4}
    assert {n for n in convolutions if "conv_block" in n} == expected
