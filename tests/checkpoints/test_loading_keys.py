"""Networks found in the files of other trainings: behind wrappers, in entries, under prefixes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from lamakit.checkpoints import (
    load_discriminator,
    load_generator,
    read_checkpoint,
    to_published_state_dict,
)
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator
from tests.checkpoints.networks import assert_same, prefixed, published_discriminator, small


@pytest.fixture(scope="module")
def model() -> ResNetGenerator:
    return small()


@pytest.fixture(scope="module")
def other() -> ResNetGenerator:
    return small()


@pytest.mark.parametrize("wrap", [AveragedModel, nn.DataParallel])
def test_wrappers(model: ResNetGenerator, wrap: Any, tmp_path: Path) -> None:
    torch.save(wrap(model).state_dict(), tmp_path / "file")
    assert_same(load_generator(tmp_path / "file"), model)
    assert read_checkpoint(tmp_path / "file").configuration["num_blocks"] == 1


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "prefix",
    ["_orig_mod.", "module._orig_mod.", "generator._orig_mod.", "module.generator.module."],
)
def test_prefixes_of_wrappers(model: ResNetGenerator, prefix: str, *, own: bool) -> None:
    state_dict = dict(model.state_dict() if own else to_published_state_dict(model))
    assert_same(load_generator(prefixed(prefix, state_dict)), model)


@pytest.mark.parametrize("key", ["model", "net_g", "params_ema", "generator"])
def test_the_only_state_dict_is_taken(model: ResNetGenerator, key: str, tmp_path: Path) -> None:
    optimizer = torch.optim.Adam(model.parameters()).state_dict()
    torch.save({key: model.state_dict(), "opt": optimizer, "step": 3}, tmp_path / "file")
    assert_same(load_generator(tmp_path / "file"), model)


def test_a_key_chooses(model: ResNetGenerator, other: ResNetGenerator, tmp_path: Path) -> None:
    discriminator = PatchDiscriminator(base_channels=4).eval()
    state_dicts = {
        "g": model.state_dict(),
        "g_ema": AveragedModel(other).state_dict(),
        "d": published_discriminator() | to_published_state_dict(discriminator),
    }
    path = tmp_path / "file"
    torch.save({**state_dicts, "latent": [1]}, path)
    for content in (path, state_dicts, {"state_dict": state_dicts}):
        source: Any = content
        assert_same(load_generator(source, key="g"), model)
        assert_same(load_generator(source, key="g_ema"), other)
        assert_same(load_discriminator(source), discriminator)
        with pytest.raises(ValueError, match="under the keys g, g_ema: give one of them as key="):
            load_generator(source)
        with pytest.raises(ValueError, match="no tensors under the key 'ema'; its keys are d, g, "):
            load_generator(source, key="ema")
    with pytest.raises(ValueError, match=r"give one of the keys d, g, g_ema as key=$"):
        read_checkpoint(path)
    assert read_checkpoint(path, key="g_ema").configuration["base_channels"] == 4


def test_names_behind_a_key(model: ResNetGenerator, other: ResNetGenerator) -> None:
    net = prefixed("lit.net.", to_published_state_dict(model))
    ema = prefixed("ema.module.", dict(other.state_dict()))
    assert_same(load_generator(net), model)
    assert_same(load_generator(net, key="lit"), model)
    for key in ("ema", "ema.module"):
        assert_same(load_generator({**net, **ema}, key=key), other)
    with pytest.raises(ValueError, match=r"under the keys ema, lit\.net: give one"):
        load_generator({**net, **ema})
    with pytest.raises(TypeError, match="key must be a string, got 1"):
        load_generator(net, key=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"hold no moving average, .* that holds it as key="):
        load_generator(net, average=True)


def test_own_names_of_a_discriminator(tmp_path: Path) -> None:
    discriminator = PatchDiscriminator(2, base_channels=4, num_layers=2).eval()
    state_dict = discriminator.state_dict()
    torch.save({"discriminator": state_dict, "generator": small().state_dict()}, tmp_path / "file")
    sources: list[Any] = [state_dict, tmp_path / "file", prefixed("module.", dict(state_dict))]
    for source in sources:
        assert_same(load_discriminator(source), discriminator)
    del state_dict["head.bias"]
    with pytest.raises(ValueError, match=r"complete PatchDiscriminator: 1 missing: head\.bias$"):
        load_discriminator(state_dict)


def test_the_device() -> None:
    state_dict = to_published_state_dict(small())
    assert next(load_generator(state_dict, device="meta").parameters()).is_meta
    meta = torch.device("meta")
    assert next(load_discriminator(published_discriminator(), device=meta).parameters()).is_meta


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (nn.Tanh(), "a module that is built already, a Tanh; give the class Tanh"),
        ("tanh", "output_activation must build an activation, .* got 'tanh'"),
        (dict, r"output_activation must build a module, as nn.Tanh does, not {}$"),
    ],
)
def test_a_wrong_activation_is_no_wrong_file(activation: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        load_generator(to_published_state_dict(small()), output_activation=activation)


def test_errors_of_an_activation_are_passed_on() -> None:
    def fails() -> nn.Module:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match=r"^mine$"):
        load_generator(to_published_state_dict(small()), output_activation=fails)


def test_tensors_that_repeat_their_elements_do_not_hinder_others(
    model: ResNetGenerator, tmp_path: Path
) -> None:
    repeated = {"weight": torch.zeros(1).expand(4, 9)}
    torch.save({"model": model.state_dict(), "classifier": repeated}, tmp_path / "file")
    assert_same(load_generator(tmp_path / "file", key="model"), model)
    state_dict = dict(model.state_dict())
    name = next(name for name, tensor in state_dict.items() if tensor.ndim == 1)
    state_dict[name] = torch.zeros(1).expand(state_dict[name].shape)
    torch.save(state_dict, tmp_path / "file")
    with pytest.raises(ValueError, match=r"repeats the elements of a smaller one: .* torch\.load"):
        load_generator(tmp_path / "file")
