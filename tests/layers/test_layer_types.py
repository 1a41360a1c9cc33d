"""What the norm and padding arguments build."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lamakit.layers.layer_types import (
    PADDING_MODES,
    PaddingMode,
    make_activation,
    make_norm,
    make_padding,
)


def test_a_normalisation_is_built_from_its_channels() -> None:
    norm = make_norm(nn.BatchNorm2d, 5)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.num_features == 5
    assert isinstance(make_norm(None, 5), nn.Identity)


def test_a_normalisation_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="fit the 6 channels of the stem: num_channels"):
        make_norm(partial(nn.GroupNorm, 4), 6, "of the stem")
    with pytest.raises(ValueError, match="norm_layer does not fit the 6 channels: num_channels"):
        make_norm(partial(nn.GroupNorm, 4), 6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("group", "as nn.BatchNorm2d or functools.partial.* got 'group'"),
        (nn.BatchNorm2d(6), "built already, a BatchNorm2d; give the class BatchNorm2d"),
    ],
)
def test_what_builds_no_normalisation(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"norm_layer must build a normalisation .*{message}"):
        make_norm(given, 6)


def test_activations() -> None:
    assert isinstance(make_activation(nn.Tanh), nn.Tanh)
    with pytest.raises(TypeError, match=r"activation_layer must build an activation.*got 'relu'"):
        make_activation("relu")  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match=r"output_activation must .* give the class Tanh, or a func"
    ):
        make_activation(nn.Tanh(), "output_activation")


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
