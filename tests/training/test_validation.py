"""Evaluation during training: what it measures and shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lamakit.images import save_image
from lamakit.masks import CentreBox
from lamakit.metrics import l1
from lamakit.training import Validation
from tests.training.networks import begin, write_photos


class White(nn.Module):
    """A model that fills everything with white."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.ones_like(x[:, :3])


def test_images_and_masks_are_the_same_each_time(tmp_path: Path) -> None:
    write_photos(tmp_path, 5, (48, 40))
    validations = [
        Validation(str(tmp_path), CentreBox(area=0.25), size=32, count=3) for _ in range(2)
    ]
    for validation in validations:
        assert validation.images.shape == (3, 3, 32, 32)
        assert validation.masks.shape == (3, 1, 32, 32)
    assert torch.equal(validations[0].images, validations[1].images)


def test_the_metrics_are_those_of_the_filled_images(tmp_path: Path) -> None:
    write_photos(tmp_path, 3)
    validation = Validation(str(tmp_path), CentreBox(area=0.25), size=32)
    found = validation.evaluate(White())
    expected = l1(torch.ones_like(validation.images), validation.images, validation.masks)
    torch.testing.assert_close(found.values["L1"].float(), expected)
    assert set(found.values) == {"PSNR", "SSIM", "L1"}
    assert list(found.means_by_area("L1")) == ["20-30 %"]
    assert found.means_by_area("L1")["20-30 %"] == pytest.approx(found.mean("L1"))


def test_the_picture_shows_hole_filling_and_truth(tmp_path: Path) -> None:
    write_photos(tmp_path, 3)
    validation = Validation(str(tmp_path), CentreBox(area=0.25), size=32)
    picture = validation.draw(White(), columns=2)
    assert picture.shape == (3, 96, 64)
    filled = torch.where(validation.masks[1] > 0, 1.0, validation.images[1])
    assert torch.equal(picture[:, 32:64, 32:], filled)
    assert torch.equal(picture[:, 64:, :32], validation.images[0])


def test_the_mode_of_the_model_stays(tmp_path: Path) -> None:
    write_photos(tmp_path, 2)
    model = begin().model
    validation = Validation(str(tmp_path), CentreBox(area=0.25), size=32)
    validation.evaluate(model)
    validation.draw(model)
    assert all(module.training for module in model.modules())


def test_small_and_damaged_images_are_left_out(tmp_path: Path) -> None:
    write_photos(tmp_path, 1)
    save_image(torch.rand(1, 3, 31, 90), tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"no image")
    validation = Validation(str(tmp_path), CentreBox(area=0.25), size=32)
    assert len(validation.images) == 1
    assert "a.png: it is 31x90, smaller than 32x32" in validation.skipped[0]
    assert "b.jpg" in validation.skipped[1]


def test_a_folder_without_usable_images(tmp_path: Path) -> None:
    write_photos(tmp_path, 1, (20, 20))
    with pytest.raises(ValueError, match=r"no image in .* can be used: .*0\.png: it is 20x20"):
        Validation(str(tmp_path), CentreBox(area=0.25), size=32)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        Validation(str(tmp_path), CentreBox(area=0.25), size=16, count=0)
