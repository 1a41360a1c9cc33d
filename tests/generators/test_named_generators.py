"""Generators by name."""

from __future__ import annotations

import pytest

from lamakit import generators
from lamakit.generators import create_generator, list_generators


def test_factories_are_the_functions_of_their_names() -> None:
    assert [getattr(generators, name).__name__ for name in list_generators()] == list_generators()
    assert len(list_generators()) == 6


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(ValueError, match="'lama'; known are big_lama, lama_dilated, lama_fourier,"):
        create_generator("lama")
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        create_generator("big_lama", depth=3)


def test_overrides_reach_the_factory() -> None:
    model = create_generator("lama_dilated", base_channels=8, num_blocks=2, dilations=(1, 2))
    assert (len(model.bottleneck), model.min_size) == (2, 24)
