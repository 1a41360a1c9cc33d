"""Generators of plain and of dilated convolutions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from lamakit.generators import (
    ResNetGenerator,
    lama_dilated,
    lama_fourier,
    lama_regular,
    lama_regular_deep,
)
from lamakit.generators.resnet_generator import GeneratorOptions
from lamakit.layers import MultiDilatedConv2d
from tests.generators.variants import check_options, check_refusals
from tests.helpers import assert_same_tensors


@pytest.mark.parametrize(
    ("factory", "parameters"),
    [(lama_regular, 45_617_731), (lama_regular_deep, 73_947_715), (lama_dilated, 45_645_379)],
)
def test_parameters_are_as_published(
    factory: Callable[[], ResNetGenerator], parameters: int
) -> None:
    with torch.device("meta"):
        model = factory()
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_the_encoder_of_the_regular_family() -> None:
    fourier, regular = lama_fourier(base_channels=4), lama_regular(base_channels=4)
    for model, bias, padding_mode in ((fourier, False, "reflect"), (regular, True, "zeros")):
        convs = [part for part in model.encoder.modules() if isinstance(part, nn.Conv2d)]
        assert [conv.padding_mode for conv in convs] == ["reflect", *[padding_mode] * 3]
        assert [conv.bias is not None for conv in convs] == [bias] * 4


def test_dilations_are_the_callers() -> None:
    model = lama_dilated(base_channels=8, num_blocks=2, dilations=(1, 3))
    convs = [part for part in model.modules() if isinstance(part, MultiDilatedConv2d)]
    assert len(convs) == 2 * 2
    for conv in convs:
        found = [part.dilation for part in conv.modules() if isinstance(part, nn.Conv2d)]
        assert found == [(1, 1), (3, 3)]


def test_the_variant_takes_the_options_of_the_full_factory() -> None:
    check_options(lama_regular_deep, lama_regular, GeneratorOptions)
    check_refusals(lama_regular_deep)


def test_the_variant_has_fifteen_blocks() -> None:
    options: GeneratorOptions = {"base_channels": 4, "num_downsamplings": 1}
    torch.manual_seed(0)
    found = lama_regular_deep(3, 2, **options)
    torch.manual_seed(0)
    expected = lama_regular(3, 2, num_blocks=15, **options)
    assert_same_tensors(found.state_dict(), expected.state_dict())
