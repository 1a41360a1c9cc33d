"""LPIPS: its weights, its gradients and its region."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lamakit import _value_range
from lamakit.evaluation import evaluate
from lamakit.metrics import LPIPS, known_pixels, missing_pixels, restrict_to, whole_image
from lamakit.metrics.regions import Metric
from tests.helpers import seeded
from tests.metrics.inputs import box_masks, random_images


@pytest.fixture(scope="module")
def lpips() -> LPIPS:
    torch.manual_seed(0)
    return LPIPS()


def test_the_target_itself_is_best_and_more_noise_is_worse(lpips: LPIPS) -> None:
    target = random_images(0, 2, 3, 24, 32)
    noise = torch.randn(target.shape, generator=seeded(1))
    values = [lpips(target + scale * noise, target) for scale in (0, 0.02, 0.1)]
    assert values[0].tolist() == [0, 0]
    assert ((values[0] < values[1]) & (values[1] < values[2])).all()


def test_only_the_images_have_gradients(lpips: LPIPS) -> None:
    prediction = random_images(0, 1, 3, 16, 16).requires_grad_()
    lpips(prediction, random_images(1, 1, 3, 16, 16)).sum().backward()
    assert prediction.grad is not None
    assert prediction.grad.isfinite().all()
    assert prediction.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in lpips.parameters())


def test_it_reads_files_of_weights(lpips: LPIPS, tmp_path: Path) -> None:
    linear = {f"lin{i}.model.1.weight": w.detach() for i, w in enumerate(lpips.linear)}
    torch.save(lpips.backbone.body.state_dict(), tmp_path / "vgg16.pth")
    torch.save(linear, tmp_path / "vgg.pth")
    other = LPIPS(tmp_path / "vgg16.pth", str(tmp_path / "vgg.pth"))
    images = random_images(0, 1, 3, 16, 16), random_images(1, 1, 3, 16, 16)
    assert torch.equal(other(*images), lpips(*images))


def test_weights_of_any_dtype_and_images_in_half_precision() -> None:
    linear = {
        f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1, dtype=torch.float64)
        for i, c in enumerate((64, 128, 256, 512, 512))
    }
    lpips = LPIPS(linear_weights=linear)
    assert {p.dtype for p in lpips.parameters()} == {torch.float32}
    black, grey = torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), 0.5)
    assert lpips.half()(black.half(), grey.half()).isfinite().all()


def test_outside_the_region_nothing_counts(lpips: LPIPS) -> None:
    image, mask = random_images(0, 2, 3, 24, 32), box_masks(2)
    noisy = torch.where(mask > 0, image, torch.nan)
    assert restrict_to(missing_pixels, lpips)(noisy, image, mask).tolist() == [0, 0]
    assert (restrict_to(known_pixels, lpips)(noisy.nan_to_num(), image, mask) > 0).all()
    mask[0] = 0
    assert lpips(image, image, mask).isnan().tolist() == [True, False]


def test_of_a_filled_hole_it_is_the_distance_of_the_whole_image(lpips: LPIPS) -> None:
    images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
    metrics: dict[str, Metric] = {"hole": lpips, "all": restrict_to(whole_image, lpips)}
    found = evaluate(lambda image, mask: image + 0.5 * mask, images, masks, metrics=metrics)
    expected = lpips(torch.where(masks > 0, 0.5, images), images).double()
    torch.testing.assert_close(found.values["hole"], expected, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(found.values["all"], expected, rtol=1e-4, atol=1e-6)


def test_a_grey_image_is_one_with_three_equal_channels(lpips: LPIPS) -> None:
    x, y, mask = random_images(0, 2, 1, 24, 32), random_images(1, 2, 1, 24, 32), box_masks(2)
    expected = lpips(x.repeat(1, 3, 1, 1), y.repeat(1, 3, 1, 1), mask)
    torch.testing.assert_close(lpips(x, y, mask), expected)


def test_images_outside_of_the_unit_range_are_warned_about_once(
    lpips: LPIPS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_value_range, "warned", set())
    image = random_images(0, 1, 3, 16, 16)
    with pytest.warns(UserWarning, match=r"prediction should be .* \[0, 1\]"):
        lpips(2 * image - 1, image)
    lpips(2 * image - 1, image)


def test_bad_arguments(lpips: LPIPS) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file none\.pth; .* LPIPS publish"):
        LPIPS(lpips.backbone.body.state_dict(), "none.pth")
    with pytest.raises(ValueError, match=r"not those of LPIPS's linear layers .* 5 missing: lin0"):
        LPIPS(lpips.backbone.body.state_dict(), {})
    with pytest.raises(ValueError, match="sides of at least 16"):
        lpips(torch.rand(1, 3, 8, 16), torch.rand(1, 3, 8, 16))
    with pytest.raises(ValueError, match="must have one shape"):
        lpips(torch.rand(1, 3, 16, 16), torch.rand(2, 3, 16, 16))
