"""The residual block of plain and of dilated convolutions."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from lamakit.layers import MultiDilatedConv2d, ResidualBlock


def test_the_block_is_a_sum_and_ends_without_activation() -> None:
    block = ResidualBlock(4, norm_layer=None).eval()
    x = torch.randn(1, 4, 6, 5)
    torch.testing.assert_close(block(x), x + block.conv2(block.conv1(x).relu()))
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
    assert torch.equal(block(x), x)


def test_too_small_images_are_refused() -> None:
    with pytest.raises(ValueError, match="x is 8x20, but its padding needs sides of at least 9"):
        ResidualBlock(4, conv_layer=MultiDilatedConv2d)(torch.rand(1, 4, 8, 20))
    with pytest.raises(ValueError, match="x is 1x4, but its padding needs sides of at least 2"):
        ResidualBlock(4)(torch.rand(1, 4, 1, 4))


def test_its_text_shows_what_it_is() -> None:
    assert repr(ResidualBlock(4)).startswith("ResidualBlock(\n  4\n")


def test_what_builds_nothing() -> None:
    with pytest.raises(TypeError, match=r"conv_layer must build a convolution .* a Conv2d; give"):
        ResidualBlock(4, conv_layer=nn.Conv2d(4, 4, 3))
    with pytest.raises(ValueError, match="does not fit the 4 channels of a residual block"):
        ResidualBlock(4, norm_layer=partial(nn.GroupNorm, 3))
