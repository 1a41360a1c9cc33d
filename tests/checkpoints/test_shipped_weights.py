"""The weights that come with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
import torch

from lamakit.checkpoints import load_generator, load_pretrained
from lamakit.inpainting import inpaint
from tests.helpers import rectangle_mask


def test_lama_tiny_is_small_and_whole() -> None:
    model = load_pretrained("lama_tiny")
    assert not model.training
    assert sum(p.numel() for p in model.parameters()) <= 2_900_000
    assert {t.dtype for t in model.parameters()} == {torch.float32}
    assert all(t.isfinite().all() for t in model.state_dict().values())
    file = resources.files("lamakit.checkpoints") / "lama_tiny.pth"
    with resources.as_file(file) as path:
        assert path.stat().st_size <= 6_000_000
        state_dict = load_generator(path).state_dict()
    assert all(torch.equal(model.state_dict()[name], value) for name, value in state_dict.items())


def test_lama_tiny_continues_what_is_around_a_hole() -> None:
    # Left half dark red, right half light blue: the hole lies across the edge.
    image = torch.tensor([0.5, 0.1, 0.1]).view(1, 3, 1, 1).repeat(1, 1, 128, 128)
    image[..., 64:] = torch.tensor([0.6, 0.8, 1.0]).view(3, 1, 1)
    mask = rectangle_mask(128, 128, slice(48, 80), slice(40, 88))
    with torch.inference_mode():
        filled = inpaint(load_pretrained("lama_tiny"), image, mask)
    error = (filled - image).abs()[mask.expand_as(image) > 0].mean()
    grey = (image.mean(dim=(2, 3), keepdim=True) - image).abs()[mask.expand_as(image) > 0].mean()
    assert error < 0.5 * grey


def test_an_unknown_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no pretrained generator is called .*; known are lama_t"):
        load_pretrained(str(tmp_path))
