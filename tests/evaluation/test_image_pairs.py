"""Images and masks come apart, as pairs or from a loader, and are evaluated all the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from lamakit.evaluation import evaluate
from lamakit.evaluation.image_pairs import count_images, image_batches
from lamakit.metrics import l1
from lamakit.training import Batch
from tests.evaluation.inputs import grey
from tests.metrics.inputs import box_masks, random_images

IMAGES, MASKS = random_images(0, 5, 3, 24, 32), box_masks(5)


def sizes(images: Any, masks: Any = None, batch_size: int = 1) -> list[int]:
    batches = list(image_batches(images, masks, batch_size))
    assert torch.equal(torch.cat([image for image, _ in batches]), IMAGES)
    assert torch.equal(torch.cat([mask for _, mask in batches]), MASKS)
    return [len(image) for image, _ in batches]


def test_single_images_are_put_together() -> None:
    assert sizes(IMAGES, MASKS, 2) == [2, 2, 1]
    assert sizes(TensorDataset(IMAGES, MASKS), batch_size=3) == [3, 2]
    assert sizes(zip(IMAGES, MASKS, strict=True)) == 5 * [1]


def test_batches_stay_as_they_are() -> None:
    assert sizes(DataLoader(TensorDataset(IMAGES, MASKS), batch_size=4)) == [4, 1]
    assert sizes(DataLoader(list(IMAGES), 2), DataLoader(list(MASKS), 2)) == [2, 2, 1]  # type: ignore[arg-type]
    mixed = [
        (IMAGES[0], MASKS[0]),
        (IMAGES[1:3], MASKS[1:3]),
        *zip(IMAGES[3:], MASKS[3:], strict=True),
    ]
    assert sizes(mixed, batch_size=4) == [1, 2, 2]


def test_what_follows_the_mask_is_left_alone() -> None:
    names = [f"{number}.jpg" for number in range(5)]
    assert sizes(list(zip(IMAGES, MASKS, names, strict=True))) == 5 * [1]
    assert sizes([Batch(IMAGES, MASKS, names, [], shard=0)]) == [5]


def test_a_loader_gives_the_values_of_its_images() -> None:
    loader = DataLoader(TensorDataset(IMAGES, MASKS), batch_size=2)
    found, expected = evaluate(grey, loader), evaluate(grey, IMAGES, MASKS)
    assert found.values.keys() == {"psnr", "ssim", "l1"}
    for name, values in expected.values.items():
        torch.testing.assert_close(found.values[name], values)
    torch.testing.assert_close(found.areas, expected.areas)


def test_a_network_gets_images_on_its_device() -> None:
    class Moves(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            assert x.device == self.weight.device
            return torch.zeros_like(x[:, :3])

    model = Moves(4, 3, 1).to("meta")
    with pytest.raises(NotImplementedError, match="meta"):  # which has no values for a metric
        evaluate(model, IMAGES, MASKS, metrics=l1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_network_on_a_gpu_and_a_loader_on_the_cpu() -> None:
    model = nn.Conv2d(4, 3, 1).cuda()
    found = evaluate(model, DataLoader(TensorDataset(IMAGES, MASKS)))
    expected = evaluate(model.cpu(), IMAGES, MASKS)
    torch.testing.assert_close(found.values["l1"], expected.values["l1"], rtol=1e-3, atol=1e-4)


def test_images_are_counted_if_their_number_is_known() -> None:
    data = TensorDataset(IMAGES, MASKS)
    assert count_images(DataLoader(data, batch_size=2)) == count_images(IMAGES) == 5
    assert count_images(iter(data)) is None


@pytest.mark.parametrize(
    ("images", "kind"),
    [
        (IMAGES, "Tensor"),
        (list(IMAGES), "Tensor"),
        ([{"image": IMAGES, "mask": MASKS}], "dict"),
        ([(IMAGES[0], "mask.png")], "tuple"),
        ([(IMAGES[0],)], "tuple"),
        (["image.png"], "str"),
    ],
)
def test_masks_that_are_missing(images: Iterable[Any], kind: str) -> None:
    with pytest.raises(
        TypeError,
        match=rf"an image came without its mask, as {kind}: give evaluate\(method, images, masks\)",
    ):
        evaluate(grey, images)


def test_bad_arguments() -> None:
    with pytest.raises(TypeError, match="must be tensors, got str and Tensor; give evaluate"):
        evaluate(grey, ["image.png"], MASKS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mask must have shape"):
        evaluate(grey, [(IMAGES, MASKS[:1])])
    with pytest.raises(TypeError, match="image must be a floating-point tensor"):
        evaluate(grey, (255 * IMAGES).byte(), MASKS)
