"""Concatenation that keeps the global channels last."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from typing_extensions import override

from lamakit.layers import FFC, split_channels
from lamakit.layers.concatenation import concat_channels


@given(first=st.integers(1, 6), second=st.integers(1, 6), quarters=st.integers(0, 4))
def test_local_channels_come_first_and_global_ones_last(
    first: int, second: int, quarters: int
) -> None:
    ratio = quarters / 4
    x, y = torch.rand(2, 4 * first, 3, 5), torch.rand(2, 4 * second, 3, 5)
    joined = concat_channels(x, y, ratio)
    split = [list(z.split(split_channels(z.shape[1], ratio), dim=1)) for z in (x, y, joined)]
    for branch in (0, 1):
        expected = torch.cat([split[0][branch], split[1][branch]], dim=1)
        assert torch.equal(split[2][branch], expected)


def test_a_skip_connection_keeps_its_global_path() -> None:
    """A pixel in a global channel of either input changes all output pixels."""
    torch.manual_seed(0)
    layer = FFC(16, 8, 3, ratio=0.5, norm_layer=None).double()
    for which in (0, 1):
        inputs = [torch.rand(1, 8, 16, 16, dtype=torch.float64) for _ in range(2)]
        before: Tensor = layer(concat_channels(inputs[0], inputs[1], ratio=0.5))
        inputs[which][0, -1, 0, 0] += 1
        after = layer(concat_channels(inputs[0], inputs[1], ratio=0.5))
        assert ((after - before).abs().amax(dim=1) > 1e-9).all()


def test_what_does_not_fit() -> None:
    x = torch.rand(1, 8, 4, 6)
    with pytest.raises(ValueError, match=r"got \(4, 6\) and \(4, 5\); crop or resize one of them"):
        concat_channels(x, x[..., :5], 0.5)
    with pytest.raises(ValueError, match="one batch size, got 1 and 2"):
        concat_channels(x, x.repeat(2, 1, 1, 1), 0.5)
    with pytest.raises(
        ValueError, match=r"3 and 3 channels have 1 and 1 .* 6 channels would have 3"
    ):
        concat_channels(x[:, :3], x[:, :3], 0.5)
    with pytest.raises(ValueError, match="ratio must lie between 0 and 1, got 2"):
        concat_channels(x, x, 2)
    with pytest.raises(TypeError, match=r"second must be a torch\.Tensor, got list"):
        concat_channels(x, [x], 0.5)  # type: ignore[arg-type]


def test_a_traced_network_joins_channels_at_any_size() -> None:
    class Skipping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = FFC(8, 8, 3, ratio=0.5)
            self.last = FFC(16, 4, 3, ratio_gin=0.5, ratio_gout=0)

        @override
        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.last(concat_channels(x, self.layer(x), ratio=0.5))
            return out

    network = Skipping().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, that checks are not recorded
        traced = torch.jit.trace(network, torch.rand(1, 8, 16, 24))
    x = torch.rand(2, 8, 21, 13)
    torch.testing.assert_close(traced(x), network(x))
