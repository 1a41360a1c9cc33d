"""A sum of dilated convolutions over groups of channels."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lamakit.layers import MultiDilatedConv2d


@given(
    dilations=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    kernel_size=st.sampled_from([1, 3, 5]),
    bias=st.booleans(),
)
def test_it_is_the_sum_over_its_groups(dilations: list[int], kernel_size: int, bias: bool) -> None:
    layer = MultiDilatedConv2d(
        3 * len(dilations), 2, kernel_size, dilations=dilations, bias=bias, padding_mode="zeros"
    ).double()
    x = torch.randn(1, 3 * len(dilations), 6, 7, dtype=torch.float64)
    expected = torch.zeros(1, 2, 6, 7, dtype=torch.float64)
    parameters = dict(layer.named_parameters())
    for number, dilation in enumerate(dilations):
        expected += F.conv2d(
            x[:, 3 * number : 3 * number + 3],
            parameters[f"convs.{number}.weight"],
            parameters.get(f"convs.{number}.bias"),
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
        )
    torch.testing.assert_close(layer(x), expected)


def test_it_has_as_many_weights_as_a_plain_convolution() -> None:
    plain = nn.Conv2d(16, 8, 3, bias=False)
    dilated = MultiDilatedConv2d(16, 8, bias=False)
    assert sum(p.numel() for p in dilated.parameters()) == plain.weight.numel()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_channels": 6}, "in_channels must be a multiple of the number of dilations, 4, got 6"),
        ({"kernel_size": 4}, "kernel_size must be odd to keep the size, got 4"),
        ({"dilations": ()}, "the number of dilations must be at least 1, got 0"),
        ({"dilations": (1, 0)}, "each of dilations must be at least 1, got 0"),
        ({"padding_mode": "none"}, "padding_mode must be one of zeros, reflect"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MultiDilatedConv2d(**{"in_channels": 8, "out_channels": 8, **arguments})


def test_its_text_shows_what_it_is() -> None:
    text = repr(MultiDilatedConv2d(4, 6, 5, dilations=[1, 3]))
    assert "\n  4, 6, kernel_size=5, dilations=(1, 3)\n" in text
