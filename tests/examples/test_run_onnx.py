"""The example that runs an exported graph needs neither PyTorch nor lamakit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lamakit.deploy.onnx_export import export_onnx
from lamakit.generators import lama_regular
from lamakit.images import read_image, save_image
from lamakit.inpainting import inpaint
from tests.examples.scripts import EXAMPLES
from tests.helpers import rectangle_mask, seeded

# Any import of these fails: None in place of a module means that there is none.
WITHOUT_TORCH = (
    "import runpy, sys\n"
    "sys.modules['torch'] = sys.modules['lamakit'] = None\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
)


def run(*arguments: Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in (EXAMPLES / "run_onnx.py", *arguments)]
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    image = torch.rand(1, 3, 45, 70, generator=seeded())
    save_image(image, tmp_path / "photo.png")
    save_image(rectangle_mask(45, 70, slice(10, 30), slice(20, 50)), tmp_path / "mask.png")
    return [tmp_path / name for name in ("lama.onnx", "photo.png", "mask.png", "filled.png")]


def test_it_fills_a_photograph(files: list[Path]) -> None:
    torch.manual_seed(0)
    model = lama_regular(base_channels=4, num_blocks=1).eval()
    export_onnx(model, files[0])
    done = run(*files)
    assert done.returncode == 0, done.stderr
    image, mask = read_image(files[1]), rectangle_mask(45, 70, slice(10, 30), slice(20, 50))
    with torch.inference_mode():
        expected = inpaint(model, image, mask)
    torch.testing.assert_close(read_image(files[3]), expected, rtol=0, atol=1.01 / 255)
    known = (mask == 0).expand_as(image)
    assert torch.equal(read_image(files[3])[known], image[known])


def test_image_and_mask_of_different_sizes(files: list[Path]) -> None:
    save_image(torch.ones(1, 1, 45, 71), files[2])
    done = run(*files)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "the image has 70x45 pixels, the mask 71x45: give two of one size"
    )
