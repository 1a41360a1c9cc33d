"""The parts of a checkpoint."""

from __future__ import annotations

import pytest
import torch

from lamakit._weights import StoredTensor
from lamakit.checkpoints import (
    load_generator,
    to_published_state_dict,
)
from lamakit.checkpoints.parts import split_parts
from tests.checkpoints.networks import (
    prefixed,
    small,
)


def test_one_name_twice() -> None:
    state_dict = to_published_state_dict(small())
    both = {**state_dict, **prefixed("generator.", state_dict)}
    with pytest.raises(ValueError, match="two tensors of the generator are called model"):
        load_generator(both)


@pytest.mark.parametrize(
    ("name", "part", "key"),
    [
        ("generator.model.1.weight", "generator", "model.1.weight"),
        ("model.generator.model.1.weight", "generator", "model.1.weight"),
        ("model.model.1.weight", "generator", "model.1.weight"),
        ("model.1.weight", "generator", "model.1.weight"),
        ("model.encoder.0.0.weight", "generator", "encoder.0.0.weight"),
        ("bottleneck.0.conv1.weight", "generator", "bottleneck.0.conv1.weight"),
        ("generator_average.model.1.weight", "average", "model.1.weight"),
        ("discriminator.model0.0.weight", "discriminator", "model0.0.weight"),
        ("model0.0.weight", "discriminator", "model0.0.weight"),
        ("loss_resnet_pl.impl.conv1.weight", "loss_resnet_pl", "impl.conv1.weight"),
        ("loss_", "others", "loss_"),
        ("generator", "others", "generator"),
        ("generator.a\nb", "others", "generator.a\nb"),
        ("", "others", ""),
    ],
)
def test_names(name: str, part: str, key: str) -> None:
    tensor = StoredTensor.in_memory(torch.ones(1))
    parts = split_parts({name: tensor})
    assert {part: tensors for part, tensors in parts.items() if tensors} == {part: {key: tensor}}


def test_every_part_is_there() -> None:
    empty: dict[str, StoredTensor] = {}
    expected = {"generator": empty, "average": empty, "discriminator": empty, "others": empty}
    assert split_parts({}) == expected
