"""Weights load whole or not at all, and errors say what is expected."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lamakit.backbones import (
    resnet50,
    vgg16_features,
    vgg19_features,
)
from tests.backbones.networks import (
    NETWORKS,
    assert_close,
    published,
)


class TestWeights:
    @pytest.mark.parametrize("name", NETWORKS)
    def test_published_files_load_whole(self, name: str) -> None:
        weights, before = published(name), torch.get_rng_state()
        extractor = NETWORKS[name](weights)
        assert torch.equal(torch.get_rng_state(), before)
        assert all(
            (value == 0.25).all()
            for k, value in extractor.body.state_dict().items()
            if not k.endswith("num_batches_tracked")
        )
        assert {p.dtype for p in extractor.parameters()} == {torch.float32}
        assert not any(module.training for module in extractor.modules())

    def test_files_from_before_the_batch_counters(self, image: Tensor) -> None:
        weights = published("resnet50")
        old = {k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")}
        assert len(old) == len(weights) - 53
        assert_close(resnet50(old)(image), resnet50(weights)(image))

    @pytest.mark.parametrize("zipped", [True, False])
    @pytest.mark.parametrize("wrapped", [True, False])
    def test_files(self, tmp_path: Path, image: Tensor, *, zipped: bool, wrapped: bool) -> None:
        extractor = vgg16_features(layers=("relu1_2",))
        state = extractor.body.state_dict() | {"classifier.0.bias": torch.zeros(3)}
        content: Any = {"state_dict": state, "epoch": 3} if wrapped else state
        path = tmp_path / "vgg16.pth"
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        for weights in (path, str(path), content):
            assert_close(vgg16_features(weights, layers=("relu1_2",))(image), extractor(image))

    @pytest.mark.parametrize(
        ("name", "prefix"),
        [("dilated_resnet50", "loss_resnet_pl.impl."), ("vgg19_features", "loss_pl.vgg.")],
    )
    def test_out_of_a_training_checkpoint(self, name: str, prefix: str) -> None:
        part, _, inside = prefix.partition(".")
        loss = {
            inside + key.removeprefix("features."): value
            for key, value in published(name).items()
            if not key.startswith("classifier.")
        }
        others = {"generator.model.1.ffc.convl2l.weight": torch.zeros(64, 4, 7, 7)}
        whole = {f"{part}.{key}": value for key, value in loss.items()} | others
        sources: list[Any] = [loss, {"state_dict": whole, "epoch": 3}]
        for source in sources:
            body = NETWORKS[name](source).body.state_dict()
            assert all((v == 0.25).all() for v in body.values() if v.is_floating_point())
        del loss[f"{inside}{'conv2' if 'resnet' in name else '5'}.weight"]
        with pytest.raises(ValueError, match=r"1 missing: [\w.]+; expected"):
            NETWORKS[name](loss)

    def test_the_weights_are_copied(self) -> None:
        state = {
            k: v.clone() for k, v in vgg16_features(layers=("relu1_1",)).body.state_dict().items()
        }
        expected = copy.deepcopy(state)
        for value in vgg16_features(state, layers=("relu1_1",)).state_dict().values():
            value.fill_(7)
        assert all(torch.equal(state[name], value) for name, value in expected.items())

    def test_half_precision_weights_become_float32(self, image: Tensor) -> None:
        extractor = vgg16_features(layers=("relu1_1",))
        half = {k: v.half() for k, v in extractor.body.state_dict().items()}
        again = vgg16_features(half, layers=("relu1_1",))
        assert {p.dtype for p in again.parameters()} == {torch.float32}
        assert_close(again(image), extractor(image), 1e-2)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("deep_stem_resnet50", "semantic-segmentation-pytorch, the file resnet50-imagenet.pth"),
            ("dilated_resnet50", "encoder_epoch_20.pth (ADE20K) or resnet50-imagenet.pth"),
            ("resnet50", "torchvision's published ResNet50_Weights.IMAGENET1K_V1"),
            ("vgg16_features", "torchvision's published VGG16_Weights.IMAGENET1K_V1"),
            ("vgg19_features", "torchvision's published VGG19_Weights.IMAGENET1K_V1"),
        ],
    )
    def test_a_missing_file_says_where_it_comes_from(
        self, tmp_path: Path, name: str, message: str
    ) -> None:
        deep = "conv1.weight (64, 3, 3, 3), bn1.weight (64,), bn1.bias (64,), ... "
        first = {
            "deep_stem_resnet50": f"{deep}(330 tensors), as in MIT",
            "dilated_resnet50": f"{deep}(330 tensors), as in MIT",
            "resnet50": "conv1.weight (64, 3, 7, 7), bn1.weight (64,), bn1.bias (64,), ... "
            "(318 tensors), as in torchvision",
        }.get(name, "features.0.weight (64, 3, 3, 3), features.0.bias (64,)")
        path = tmp_path / "weights.pth"
        start = f"there is no file {path}; {name} takes "
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(start)}") as caught:
            NETWORKS[name](path)
        assert message in str(caught.value)
        assert first in str(caught.value)

    def test_every_problem_is_in_one_error(self) -> None:
        weights = published("vgg19_features")
        del weights["features.5.bias"]
        weights["features.1.weight"] = weights["head.bias"] = torch.zeros(1)
        weights["features.0.weight"] = torch.zeros(64, 1, 3, 3)
        with pytest.raises(
            ValueError,
            match=r"^the weights are not those of vgg19_features: 1 missing: features\.5\.bias; "
            r"2 unexpected: features\.1\.weight, head\.bias; 1 misshapen: features\.0\.weight "
            r"\(64, 1, 3, 3\) instead of \(64, 3, 3, 3\); expected features\.0\.weight .*VGG19_Weights",
        ):
            vgg19_features(weights)

    def test_one_vgg_for_the_other(self) -> None:
        with pytest.raises(ValueError, match="not those of vgg16_features"):
            vgg16_features(published("vgg19_features"), layers=("relu1_1",))
        with pytest.raises(ValueError, match="not those of vgg19_features"):
            vgg19_features(published("vgg16_features"))

    def test_other_types(self) -> None:
        with pytest.raises(
            TypeError, match=r"a path or a state dict, got Linear; a module's state"
        ):
            resnet50(nn.Linear(1, 1))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="which these entries do not: epoch, model; if one"):
            resnet50({"model": {}, "epoch": 3})  # type: ignore[dict-item]
