"""Published kinds of files against the picture that the published code made with them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lamakit.checkpoints import load_generator, read_checkpoint, save_generator
from lamakit.deploy import export_torchscript
from lamakit.inpainting import inpaint

FOLDER = Path(__file__).parent / "checkpoints"
PUBLISHED = ["lightning_1_2.ckpt", "torchscript.pt"]


@pytest.fixture(scope="module")
def expected() -> dict[str, Tensor]:
    with np.load(FOLDER / "expected.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in ("image", "mask", "composite")}


def assert_same_picture(path: Path, expected: dict[str, Tensor]) -> None:
    with torch.inference_mode():
        found = inpaint(load_generator(path), expected["image"], expected["mask"])
    torch.testing.assert_close(found, expected["composite"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files(name: str, expected: dict[str, Tensor]) -> None:
    assert_same_picture(FOLDER / name, expected)


@pytest.mark.parametrize("kind", ["plain", "legacy", "lightning", "safetensors", "torchscript"])
def test_the_same_weights_in_other_files(
    kind: str, tmp_path: Path, expected: dict[str, Tensor]
) -> None:
    weights = read_checkpoint(FOLDER / "lightning_1_2.ckpt").generator
    path = tmp_path / "file"
    if kind == "safetensors":
        save_generator(load_generator(weights), path)
    elif kind == "torchscript":
        export_torchscript(load_generator(weights), path)
    elif kind == "lightning":
        prefixed = {f"generator.{name}": value for name, value in weights.items()}
        torch.save({"state_dict": prefixed, "pytorch-lightning_version": "2.5"}, path)
    else:
        torch.save(weights, path, _use_new_zipfile_serialization=kind == "plain")
    assert_same_picture(path, expected)


def test_the_published_files_are_those_that_torch_refuses_or_runs(
    expected: dict[str, Tensor],
) -> None:
    with pytest.raises(Exception, match=r"ModelCheckpoint|weights_only|Unsupported"):
        torch.load(FOLDER / "lightning_1_2.ckpt", weights_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.load(FOLDER / "torchscript.pt")
    with torch.inference_mode():
        found = script(expected["image"], expected["mask"])
    torch.testing.assert_close(found, expected["composite"], rtol=0, atol=1e-5)


def test_the_parts_of_a_published_checkpoint() -> None:
    checkpoint = read_checkpoint(FOLDER / "lightning_1_2.ckpt")
    assert checkpoint.format == "lightning"
    assert (len(checkpoint.generator), len(checkpoint.discriminator)) == (157, 32)
    assert {name: len(part) for name, part in checkpoint.losses.items()} == {"loss_resnet_pl": 1}
    assert list(checkpoint.others) == ["val_evaluator.scores.lpips.x"]
    assert checkpoint.configuration == {
        "name": "lama_fourier",
        "in_channels": 4,
        "out_channels": 3,
        "num_blocks": 2,
        "base_channels": 8,
        "num_downsamplings": 3,
        "ratio": 0.75,
        "local_fourier_unit": False,
    }
    script = read_checkpoint(FOLDER / "torchscript.pt")
    assert script.format == "torchscript"
    assert script.generator.keys() == checkpoint.generator.keys()
    assert all(torch.equal(script.generator[k], v) for k, v in checkpoint.generator.items())
