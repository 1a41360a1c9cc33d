"""Published names of Fourier generators."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from lamakit.checkpoints import (
    to_published_state_dict,
)
from lamakit.generators import (
    ResNetGenerator,
)
from lamakit.layers import FFCResidualBlock, ResidualBlock
from tests.checkpoints.networks import (
    small,
)


@pytest.mark.parametrize("change", [{"dilation": 2}, {"padding_mode": "zeros"}, {"kernel_size": 5}])
def test_only_published_blocks_are_written(change: dict[str, Any]) -> None:
    block = partial(FFCResidualBlock, ratio=0.5, **change)
    with pytest.raises(ValueError, match="3x3, undilated and of one ratio, with reflected"):
        to_published_state_dict(ResNetGenerator(block=block, num_blocks=1, base_channels=4))


def test_blocks_of_two_ratios_are_not_written() -> None:
    model = small()
    model.bottleneck.append(FFCResidualBlock(32, ratio=0.5))
    with pytest.raises(ValueError, match="of one ratio"):
        to_published_state_dict(model)


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0])
def test_branches_are_apart(ratio: float) -> None:
    model = small(ratio=ratio)
    state_dict = to_published_state_dict(model)
    branches = {name.split("bn_")[1][0] for name in state_dict if "bn_" in name}
    assert branches == {0.0: {"l"}, 0.3: {"l", "g"}, 1.0: {"l", "g"}}[ratio]
    sizes = [t.numel() for name, t in state_dict.items() if not name.endswith("tracked")]
    ours = [t.numel() for name, t in model.state_dict().items() if not name.endswith("tracked")]
    assert sum(sizes) == sum(ours)


@pytest.mark.parametrize("padding_mode", ["reflect", "zeros"])
def test_borders_of_strided_convolutions_decide_who_may_be_written(padding_mode: Any) -> None:
    def write(block: Any) -> None:
        to_published_state_dict(
            ResNetGenerator(
                block=block,
                num_blocks=1,
                base_channels=4,
                encoder_bias=padding_mode == "zeros",
                downsampling_padding_mode=padding_mode,
            )
        )

    blocks: dict[str, Any] = {
        "reflect": partial(FFCResidualBlock, ratio=0.5),
        "zeros": ResidualBlock,
    }
    write(blocks.pop(padding_mode))
    (other,) = blocks.values()
    with pytest.raises(ValueError, match="has the published"):
        write(other)
