"""Generators saved with their configuration."""

from __future__ import annotations

import copy
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from lamakit.checkpoints import (
    load_generator,
    read_checkpoint,
    save_generator,
    to_published_state_dict,
)
from lamakit.generators import (
    ResNetGenerator,
    TwoStageGenerator,
    lama_fourier,
)
from lamakit.layers import FFCResidualBlock
from tests.checkpoints.networks import (
    assert_same,
    small,
)


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("lama_fourier", {}),
        ("lama_fourier", {"ratio": 0.5, "local_fourier_unit": True, "in_channels": 2}),
        ("lama_fourier", {"output_activation": nn.Identity, "activation_layer": nn.ReLU}),
        ("lama_regular", {"output_activation": nn.Tanh, "num_downsamplings": 2}),
        ("lama_dilated", {"dilations": (1, 2)}),
    ],
)
def test_round_trip(name: str, overrides: dict[str, Any], tmp_path: Path) -> None:
    model = small(name, **overrides)
    path = tmp_path / "mine.safetensors"
    save_generator(model, path)
    again = load_generator(path)
    assert_same(again, model)
    x = torch.rand(1, model.in_channels, model.min_size, model.min_size)
    assert torch.equal(again(x), model(x))
    checkpoint = read_checkpoint(path)
    assert checkpoint.format == "safetensors"
    assert checkpoint.output_activation in {"sigmoid", "tanh", "identity"}
    assert isinstance(load_generator(path, output_activation=nn.Tanh).decoder[-1][-1], nn.Tanh)  # type: ignore[index]


def test_channels_last_and_half_precision(tmp_path: Path) -> None:
    model = small().to(memory_format=torch.channels_last).half()  # type: ignore[call-overload]
    save_generator(model, tmp_path / "file")
    assert read_checkpoint(tmp_path / "file").generator["model.1.bn_l.bias"].dtype.itemsize == 2
    assert_same(load_generator(tmp_path / "file"), model.float())


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"output_activation": nn.Hardsigmoid}, "the output activation is a Hardsigmoid, whi"),
        ({"activation_layer": nn.GELU}, r"is GELU\(.*\), but a file would rebuild it as ReLU"),
        (
            {"norm_layer": partial(nn.BatchNorm2d, eps=0.1)},
            r"BatchNorm2d\(\d+, eps=0.1, .*1e-0",
        ),
        ({"norm_layer": None}, "which has batch normalisation everywhere"),
    ],
)
def test_what_cannot_be_rebuilt(overrides: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        save_generator(small(**overrides), tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_further_modules(tmp_path: Path) -> None:
    model = small()
    model.decoder[0].append(nn.Dropout())  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"decoder\.0\.3 is Dropout\(p=0\.5, .*as nothing; save"):
        save_generator(model, tmp_path / "file")


def test_other_blocks(tmp_path: Path) -> None:
    block = partial(FFCResidualBlock, ratio=0.5, dilation=2)
    with pytest.raises(ValueError, match="only a generator whose blocks are 3x3, undilated"):
        save_generator(ResNetGenerator(block=block, base_channels=4), tmp_path / "file")


def test_blocks_in_a_plain_sequential(tmp_path: Path) -> None:
    model, path = small("lama_fourier"), tmp_path / "mine.safetensors"
    model.bottleneck = nn.Sequential(*model.bottleneck)
    save_generator(model, path)
    assert_same(load_generator(path), model.eval())


def test_a_file_with_an_unknown_activation(tmp_path: Path) -> None:
    from safetensors.torch import save_file  # noqa: PLC0415 (an extra)

    path = tmp_path / "file"
    save_file(to_published_state_dict(small()), path, {"output_activation": "eval"})
    with pytest.raises(ValueError, match="no output activation is called 'eval'; known are ide"):
        load_generator(path)


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(ImportError, match=r"pip install 'lamakit\[hub\]'"):
        save_generator(small(), tmp_path / "file")


@pytest.mark.parametrize("ratio", [0, 0.3, 1])
def test_any_ratio_is_saved(tmp_path: Path, ratio: float) -> None:
    model = lama_fourier(base_channels=8, num_blocks=1, ratio=ratio).eval()
    save_generator(model, tmp_path / "mine.safetensors")
    x = torch.rand(1, 4, 16, 16)
    again = load_generator(tmp_path / "mine.safetensors")
    torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


def test_other_networks_have_no_published_names(tmp_path: Path) -> None:
    one = lama_fourier(base_channels=8, num_blocks=1)
    with pytest.raises(TypeError, match="published names, got TwoStageGenerator; save its state"):
        save_generator(TwoStageGenerator(one, one), tmp_path / "x")


@pytest.mark.parametrize("wrapper", [nn.DataParallel, AveragedModel, torch.compile])
def test_wrappers_are_looked_through(wrapper: Any, tmp_path: Path) -> None:
    model = small(output_activation=nn.Tanh)
    save_generator(wrapper(model), tmp_path / "file")
    again = load_generator(tmp_path / "file")
    assert_same(again, model)
    assert isinstance(again.decoder[-1][-1], nn.Tanh)  # type: ignore[index]


def test_synchronised_normalisation_is_saved_as_the_usual_one(tmp_path: Path) -> None:
    model = small()
    converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(model))
    save_generator(converted, tmp_path / "model.safetensors")
    assert_same(load_generator(tmp_path / "model.safetensors"), model)
