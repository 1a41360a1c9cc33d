"""The same images are evaluated at several resolutions, made smaller in proportion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lamakit.evaluation import evaluate_resolutions
from lamakit.metrics import l1
from tests.evaluation.inputs import black, grey
from tests.metrics.inputs import box_masks, random_images


def test_images_are_made_smaller_in_proportion(tmp_path: Path) -> None:
    images = [torch.full((3, 32, 48), 0.75), torch.full((3, 40, 32), 0.75)]
    masks = [torch.zeros(1, 32, 48), torch.zeros(1, 40, 32)]
    masks[0][:, 8:16, 8:24] = masks[1][:, 8:16, 8:24] = 1
    seen: list[tuple[int, ...]] = []

    def method(image: Tensor, mask: Tensor) -> Tensor:
        seen.append(tuple(image.shape[2:]))
        return grey(image, mask)

    curve = evaluate_resolutions(method, images, masks, resolutions=(8, 16, 32), metrics={"L1": l1})
    assert seen == [(8, 12), (10, 8), (16, 24), (20, 16), (32, 48), (40, 32)]
    for evaluation in curve.evaluations.values():
        torch.testing.assert_close(evaluation.values["L1"], torch.full((2,), 0.25).double())
        expected = torch.stack([mask.double().mean() for mask in masks])
        torch.testing.assert_close(evaluation.areas, expected)
    heading, *_, summary = str(curve).splitlines()
    assert heading.split() == ["resolution", "L1", "difference", "seconds"]
    assert summary.endswith("paired one from 8.")
    (line,) = curve.plot("L1", label="grey").lines
    assert line.get_label() == "grey"
    assert np.asarray(line.get_xdata()).tolist() == [8, 16, 32]
    assert curve.means("L1") == pytest.approx({8: 0.25, 16: 0.25, 32: 0.25})
    rows = curve.rows()
    assert [(row["resolution"], row["image"]) for row in rows[:3]] == [(8, 0), (8, 1), (16, 0)]
    curve.to_csv(tmp_path / "found.csv")
    assert len((tmp_path / "found.csv").read_text().splitlines()) == 1 + len(rows) == 7


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_the_dtype_stays_and_masks_stay_binary(dtype: torch.dtype) -> None:
    images, masks = random_images(0, 1, 3, 24, 32).to(dtype), box_masks(1).to(dtype)

    def method(image: Tensor, mask: Tensor) -> Tensor:
        assert image.dtype == mask.dtype == dtype
        assert mask.unique().tolist() == [0, 1]
        return black(image, mask)

    evaluate_resolutions(method, images, masks, resolutions=(9, 24), metrics={"L1": l1})


def test_bad_arguments() -> None:
    images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
    metrics = {"L1": l1}
    with pytest.raises(ValueError, match="24x32 is too small for the resolution 48: leave out"):
        evaluate_resolutions(grey, images, masks, resolutions=(12, 48), metrics=metrics)
    with pytest.raises(TypeError, match="masks are gone through several times: give a list"):
        evaluate_resolutions(grey, images, iter(masks), resolutions=(12,), metrics=metrics)
    with pytest.raises(ValueError, match="at least one resolution, got none"):
        evaluate_resolutions(grey, images, masks, resolutions=(), metrics=metrics)
    with pytest.raises(ValueError, match="resolutions must be at least 1, got 0"):
        evaluate_resolutions(grey, images, masks, resolutions=(0,), metrics=metrics)
