"""Generators of fast Fourier convolutions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from lamakit.generators import ResNetGenerator, big_lama, lama_fourier, lama_fourier_shallow
from lamakit.generators.fourier_generators import FourierOptions
from lamakit.layers import FFCResidualBlock
from tests.generators.variants import check_options, check_refusals
from tests.helpers import assert_same_tensors


@pytest.mark.parametrize(
    ("factory", "parameters"),
    [(lama_fourier, 27_048_835), (lama_fourier_shallow, 19_073_155), (big_lama, 50_975_875)],
)
def test_parameters_are_as_published(
    factory: Callable[[], ResNetGenerator], parameters: int
) -> None:
    with torch.device("meta"):
        model = factory()
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_blocks_without_global_channels() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1, ratio=0)
    assert isinstance(model.bottleneck[0], FFCResidualBlock)
    assert model.bottleneck[0].conv1.ffc.global_to_global is None


@pytest.mark.parametrize("variant", [lama_fourier_shallow, big_lama])
def test_variants_take_the_options_of_the_full_factory(
    variant: Callable[..., ResNetGenerator],
) -> None:
    check_options(variant, lama_fourier, FourierOptions)
    check_refusals(variant)


@pytest.mark.parametrize(("variant", "num_blocks"), [(lama_fourier_shallow, 6), (big_lama, 18)])
def test_variants_differ_in_the_number_of_blocks(
    variant: Callable[..., ResNetGenerator], num_blocks: int
) -> None:
    options: FourierOptions = {"base_channels": 4, "ratio": 0.5, "num_downsamplings": 1}
    torch.manual_seed(0)
    found = variant(3, 2, **options)
    torch.manual_seed(0)
    expected = lama_fourier(3, 2, num_blocks=num_blocks, **options)
    assert_same_tensors(found.state_dict(), expected.state_dict())
