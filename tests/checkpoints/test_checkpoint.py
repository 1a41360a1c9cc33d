"""Files of weights read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lamakit.checkpoints import (
    load_discriminator,
    load_generator,
    read_checkpoint,
    to_published_state_dict,
)
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import (
    create_generator,
)
from tests.checkpoints.networks import (
    FAMILIES,
    assert_same,
    prefixed,
    small,
)
from tests.helpers import assert_same_tensors


def test_of_a_training_checkpoint(tmp_path: Path) -> None:
    model, average, critic = small(), small(), PatchDiscriminator(base_channels=4)
    state_dict = {
        **prefixed("generator.", to_published_state_dict(model)),
        **prefixed("generator_average.", to_published_state_dict(average)),
        **prefixed("discriminator.", to_published_state_dict(critic)),
        "loss_resnet_pl.impl.conv1.weight": torch.ones(1),
        "loss_pl.vgg.0.weight": torch.ones(2),
        "test_evaluator.x": torch.ones(3),
    }
    content: Any = {"state_dict": state_dict, "pytorch-lightning_version": "1.2.9"}
    path = tmp_path / "last.ckpt"
    torch.save(content, path)
    checkpoint = read_checkpoint(path)
    assert checkpoint.format == "lightning"
    assert list(checkpoint.losses) == ["loss_resnet_pl", "loss_pl"]
    assert list(checkpoint.losses["loss_pl"]) == ["vgg.0.weight"]
    assert list(checkpoint.others) == ["test_evaluator.x"]
    assert checkpoint.generator.keys() == checkpoint.average.keys()
    lines = repr(checkpoint).splitlines()
    assert len(lines) == 10
    assert max(map(len, lines)) < 200
    assert lines[2].startswith(f"    generator={len(checkpoint.generator)} tensors of ")
    assert (
        lines[5]
        == "    losses=loss_pl: 1 tensor of 2 values, loss_resnet_pl: 1 tensor of 1 values,"
    )
    for source in (path, content):
        assert_same(load_generator(source), model)
        assert_same(load_generator(source, average=True), average)
        assert_same(load_discriminator(source), critic)


def test_the_configuration_builds_the_network(tmp_path: Path) -> None:
    for name in FAMILIES:
        model = small(name, in_channels=5, num_downsamplings=2)
        torch.save(to_published_state_dict(model), tmp_path / "file")
        checkpoint = read_checkpoint(tmp_path / "file")
        built = create_generator(**checkpoint.configuration)
        assert str(built) == str(model.train())


def test_no_network_at_all(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.ones(1)}, tmp_path / "vgg.pth")
    with pytest.raises(
        ValueError, match=r"vgg.pth holds no part of an inpainting network, .*got features\.0"
    ):
        read_checkpoint(tmp_path / "vgg.pth")


@pytest.mark.parametrize("prefix", ["", "generator.", "generator_average."])
def test_own_names_become_published_ones(tmp_path: Path, prefix: str) -> None:
    model = small("lama_dilated")
    torch.save(prefixed(prefix, model.state_dict()), tmp_path / "file")
    checkpoint = read_checkpoint(tmp_path / "file")
    found = checkpoint.average if "average" in prefix else checkpoint.generator
    assert_same_tensors(found, to_published_state_dict(model))
    assert checkpoint.configuration["name"] == "lama_dilated"
    incomplete = prefixed(prefix, model.state_dict())
    del incomplete[f"{prefix}decoder.0.1.bias"]
    torch.save(incomplete, tmp_path / "file")
    with pytest.raises(ValueError, match=r"of a complete lama_dilated: 1 missing: decoder\.0"):
        read_checkpoint(tmp_path / "file")
