"""Refinement of any network in two parts, its rear on any devices."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lamakit._models import Features
from lamakit.generators import lama_fourier
from lamakit.refinement import refine
from lamakit.refinement.split_network import place_pieces
from tests.helpers import assert_same_tensors, state_of
from tests.refinement.samples import MODEL, SmallUNet, Trace, image_and_hole


@pytest.mark.parametrize("pack", [tuple, list])
@pytest.mark.parametrize("checkpoint", [False, True])
def test_a_network_that_is_not_ours(pack: Callable[[Any], Features], checkpoint: bool) -> None:
    torch.manual_seed(0)
    model = SmallUNet(pack).train()
    image, mask = image_and_hole(61, 90)
    trace = Trace()
    before = state_of(model)
    result = refine(
        model,
        image,
        mask,
        split=(model.encode, model.decode),
        min_side=20,
        iterations=4,
        checkpoint=checkpoint,
        on_step=trace,
    )
    assert_same_tensors(model.state_dict(), before)
    assert model.training
    assert result.shape == image.shape
    for scale in (1, 2):
        assert (trace.of(scale).diff(dim=0) < 0).all()


def test_both_features_are_optimised() -> None:
    model = SmallUNet().eval()
    seen: list[Features] = []

    def decode(features: Features) -> Tensor:
        seen.append(tuple(tensor.detach().clone() for tensor in features))
        return model.decode(features)

    refine(
        model, *image_and_hole(32, 32), split=(model.encode, [decode]), min_side=16, iterations=3
    )
    first, second, third = seen
    for steps in zip(first, second, third, strict=True):
        assert not torch.equal(steps[0], steps[1])
        assert not torch.equal(steps[1], steps[2])


def test_a_feature_that_nothing_depends_on() -> None:
    def front(x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :3].contiguous(), x[:, 3:]

    def rear(features: tuple[Tensor, Tensor]) -> Tensor:
        return features[0].sigmoid()

    image, mask = image_and_hole(32, 32)
    result = refine(lambda x: rear(front(x)), image, mask, split=(front, rear), min_side=16)
    assert result.isfinite().all()


def test_rears_on_two_devices() -> None:
    image, mask = image_and_hole(64, 64)
    result = refine(MODEL, image, mask, min_side=32, iterations=3, devices=["cpu", "cpu"])
    assert torch.equal(result, refine(MODEL, image, mask, min_side=32, iterations=3))


def test_pieces_are_spread_evenly_and_copied_where_they_move() -> None:
    model = lama_fourier(base_channels=4, num_blocks=3)
    assert place_pieces(model.rear, None) == [(piece, None) for piece in model.rear]
    placed = place_pieces(model.rear, ["cpu", torch.device("meta")])
    assert [str(device) for _, device in placed] == ["cpu"] * 4 + ["meta"] * 3
    for (piece, device), own in zip(placed, model.rear, strict=True):
        assert isinstance(piece, nn.Module)
        assert (piece is own) == (str(device) == "cpu")
        assert {str(p.device) for p in piece.parameters()} == {str(device)}
        assert {p.device.type for p in own.parameters()} == {"cpu"}


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_rears_on_two_gpus() -> None:
    model = copy.deepcopy(MODEL).cuda()
    image, mask = (tensor.cuda() for tensor in image_and_hole(64, 64))
    devices = ["cuda:0", "cuda:1"]
    result = refine(model, image, mask, min_side=32, iterations=3, devices=devices)
    assert result.device == image.device
    expected = refine(model, image, mask, min_side=32, iterations=3)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "split",
    [
        (None, nn.Identity()),
        (nn.Identity(), None),
        (nn.Identity(), [None]),
        "ab",
        nn.Identity(),
        (),
    ],
    ids=str,
)
def test_what_is_no_split(split: Any) -> None:
    with pytest.raises(TypeError, match=r"split must be a pair \(front, rear\)"):
        refine(nn.Identity(), *image_and_hole(32, 32), split=split)


def test_models_without_front_and_rear() -> None:
    with pytest.raises(ValueError, match="SmallUNet has no front and rear of its own: give split"):
        refine(SmallUNet(), *image_and_hole(32, 32))


def test_half_precision_survives_a_tiny_inner_hole() -> None:
    image, mask = torch.rand(1, 3, 256, 256), torch.zeros(1, 1, 256, 256)
    mask[..., 100:130, 100:130] = 1  # what erosion leaves of it at half the size is a pixel
    result = refine(
        lambda x: x[:, :3],
        image,
        mask,
        split=(lambda x: x[:, :3].half(), lambda z: (4 * z).sigmoid()),
        min_side=128,
        iterations=4,
    )
    assert result.isfinite().all()


def test_methods_of_a_module_work_in_eval_mode() -> None:
    class Parts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(4)

        def encode(self, x: Tensor) -> Tensor:
            features: Tensor = self.norm(x)
            return features

        def decode(self, z: Tensor) -> Tensor:
            return z[:, :3].sigmoid()

    parts = Parts()
    image, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    refine(lambda x: x[:, :3], image, mask, split=(parts.encode, parts.decode), min_side=32)
    assert parts.norm.num_batches_tracked == 0
    assert parts.norm.training
