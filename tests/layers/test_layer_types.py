"""What the norm and padding arguments build."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lamakit.layers.layer_types import PADDING_MODES, PaddingMode, make_norm, make_padding


def test_a_normalisation_is_built_from_its_channels() -> None:
    norm = make_norm(nn.BatchNorm2d, 5)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.num_features == 5
    assert isinstance(make_norm(None, 5), nn.Identity)


@pytest.mark.parametrize("padding_mode", get_args(PaddingMode))
def test_padding_is_that_of_torch(padding_mode: PaddingMode) -> None:
    assert padding_mode in PADDING_MODES
    x = torch.rand(2, 3, 5, 7)
    mode = "constant" if padding_mode == "zeros" else padding_mode
    assert torch.equal(make_padding(padding_mode, 2)(x), F.pad(x, (2, 2, 2, 2), mode=mode))
    assert isinstance(make_padding(padding_mode, 0), nn.Identity)


def test_unknown_padding() -> None:
    with pytest.raises(ValueError, match=r"padding_mode must be one of zeros, reflect, .*'mirror'"):
        make_padding("mirror", 1)  # type: ignore[arg-type]
