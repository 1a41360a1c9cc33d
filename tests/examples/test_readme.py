"""The first program of README, as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import torch

from lamakit.images import read_image, save_image
from tests.helpers import rectangle_mask, seeded

README = Path(__file__).parents[2] / "README.md"


def test_the_first_program_fills_a_photograph(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    program = found[1]
    assert len([line for line in program.splitlines() if line]) == 5
    image = torch.rand(1, 3, 96, 120, generator=seeded())
    mask = rectangle_mask(96, 120, slice(30, 60), slice(40, 80))
    save_image(image, tmp_path / "photo.png")
    save_image(mask, tmp_path / "mask.png")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120)
    filled = read_image(tmp_path / "filled.png")
    known = (mask == 0).expand_as(image)
    assert torch.equal(filled[known], read_image(tmp_path / "photo.png")[known])
    assert not torch.equal(filled[~known], read_image(tmp_path / "photo.png")[~known])
