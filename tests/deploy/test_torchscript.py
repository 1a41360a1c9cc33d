"""Exported generators compute the same, of any size, without this library."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from lamakit.checkpoints import load_generator
from lamakit.deploy import export_torchscript
from lamakit.generators import ResNetGenerator, create_generator, lama_fourier
from lamakit.inpainting import inpaint
from tests.helpers import assert_same_tensors


def load_script(path: Path) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
        script: torch.jit.ScriptModule = torch.jit.load(path)
    return script


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("lama_fourier", {}),
        ("lama_fourier", {"local_fourier_unit": True}),
        ("lama_fourier", {"norm_layer": None, "activation_layer": nn.GELU}),
        ("lama_fourier", {"in_channels": 2, "out_channels": 1}),
        ("lama_regular", {}),
        ("lama_dilated", {}),
    ],
)
def test_any_size_and_batch(name: str, overrides: dict[str, Any], tmp_path: Path) -> None:
    model = create_generator(name, base_channels=8, num_blocks=1, **overrides).eval()
    export_torchscript(model, tmp_path / "model.pt")
    script = load_script(tmp_path / "model.pt")
    for batch, height, width in [(1, 80, 96), (2, 72, 88)]:
        if height % model.size_multiple == 0:
            image = torch.rand(batch, model.out_channels, height, width)
            mask = (torch.rand(batch, 1, height, width) > 0.7).float()
            with torch.inference_mode():
                found = script(image, mask)
                expected = inpaint(model, image, mask)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
            known = (mask == 0).expand_as(image)
            assert torch.equal(found[known], image[known])


def test_what_stands_under_the_hole_is_left_out(tmp_path: Path) -> None:
    export_torchscript(lama_fourier(base_channels=8, num_blocks=1), tmp_path / "model.pt")
    script, mask = load_script(tmp_path / "model.pt"), torch.zeros(1, 1, 16, 16)
    mask[..., 4:9, 4:9] = 1
    image = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        spoilt = image.masked_fill(mask > 0, torch.nan)
        assert torch.equal(script(image, mask), script(spoilt, mask))


def test_the_generator_is_left_alone_and_comes_back(tmp_path: Path) -> None:
    model = lama_fourier(base_channels=8, num_blocks=1).double().train()
    export_torchscript(model, tmp_path / "model.pt")
    assert model.training
    assert {p.dtype for p in model.parameters()} == {torch.float64}
    again = load_generator(tmp_path / "model.pt")
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value.to(again.state_dict()[name].dtype))


def test_the_library_is_not_needed(tmp_path: Path) -> None:
    export_torchscript(lama_fourier(base_channels=8, num_blocks=1), tmp_path / "model.pt")
    program = (
        "import sys, warnings, torch\n"
        "warnings.simplefilter('ignore')\n"
        "script = torch.jit.load('model.pt')\n"
        "print(tuple(script(torch.rand(1, 3, 40, 64), torch.ones(1, 1, 40, 64)).shape),\n"
        "      'lamakit' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "(1, 3, 40, 64) False"


@pytest.mark.parametrize("wrapper", [nn.DataParallel, AveragedModel, torch.compile])
def test_wrappers_are_looked_through(wrapper: Any, tmp_path: Path) -> None:
    model = lama_fourier(base_channels=4, num_blocks=1)
    export_torchscript(wrapper(model), tmp_path / "model.pt")
    again = load_generator(tmp_path / "model.pt")
    assert_same_tensors(again.state_dict(), model.state_dict())


def test_other_modules(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="module must be a ResNetGenerator, got Linear; trace"):
        export_torchscript(nn.Linear(1, 1), tmp_path / "model.pt")


def test_other_generators(tmp_path: Path) -> None:
    model = lama_fourier(5, 3, base_channels=4, num_blocks=1)
    with pytest.raises(ValueError, match="but it maps 5 channels to 3"):
        export_torchscript(model, tmp_path / "model.pt")
    export_torchscript(
        ResNetGenerator(block=lambda _: nn.Identity(), base_channels=4), tmp_path / "model.pt"
    )
    assert load_script(tmp_path / "model.pt")(
        torch.rand(1, 3, 16, 24), torch.ones(1, 1, 16, 24)
    ).shape == (1, 3, 16, 24)
