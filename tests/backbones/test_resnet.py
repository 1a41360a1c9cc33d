"""ResNet-50 computes what the published one does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.backbones import (
    FrozenExtractor,
    deep_stem_resnet50,
    dilated_resnet50,
    resnet50,
)
from tests.backbones.networks import (
    State,
    assert_close,
    normalised,
    randomised,
)


def batch_norm(x: Tensor, state: State, name: str) -> Tensor:
    mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    return F.batch_norm(x, mean, var, state[f"{name}.weight"], state[f"{name}.bias"])


def plain_resnet50(state: State, x: Tensor) -> list[Tensor]:
    """A ResNet-50 written out with the published names, as torchvision lays it out."""
    x = F.conv2d(x, state["conv1.weight"], stride=2, padding=3)
    return plain_stages(state, batch_norm(x, state, "bn1").relu())


def plain_deep_stem_resnet50(state: State, x: Tensor) -> list[Tensor]:
    """The same with CSAIL's stem of three convolutions."""
    for number, stride in ((1, 2), (2, 1), (3, 1)):
        x = F.conv2d(x, state[f"conv{number}.weight"], stride=stride, padding=1)
        x = batch_norm(x, state, f"bn{number}").relu()
    return plain_stages(state, x)


def plain_stages(state: State, x: Tensor) -> list[Tensor]:
    """What follows the stem."""
    x = F.max_pool2d(x, 3, 2, 1)
    features = []
    for layer, blocks in enumerate((3, 4, 6, 3), 1):
        for i in range(blocks):
            name = f"layer{layer}.{i}"
            stride = 2 if layer > 1 and i == 0 else 1
            y = F.conv2d(x, state[f"{name}.conv1.weight"])
            y = batch_norm(y, state, f"{name}.bn1").relu()
            y = F.conv2d(y, state[f"{name}.conv2.weight"], stride=stride, padding=1)
            y = batch_norm(y, state, f"{name}.bn2").relu()
            y = batch_norm(F.conv2d(y, state[f"{name}.conv3.weight"]), state, f"{name}.bn3")
            if i == 0:
                x = F.conv2d(x, state[f"{name}.downsample.0.weight"], stride=stride)
                x = batch_norm(x, state, f"{name}.downsample.1")
            x = (x + y).relu()
        features.append(x)
    return features


class TestResNets:
    def test_resnet50_is_the_published_network(
        self, networks: dict[str, FrozenExtractor], image: Tensor
    ) -> None:
        state = randomised(networks["resnet50"])
        expected = plain_resnet50(state, normalised(image))
        assert_close(resnet50(state)(image), expected, 1e-4)

    def test_names_and_counts(self, networks: dict[str, FrozenExtractor]) -> None:
        plain, dilated = networks["resnet50"], networks["dilated_resnet50"]
        assert sum(p.numel() for p in plain.parameters()) == 25_557_032 - 2_049_000  # less fc
        names = plain.body.state_dict().keys()
        assert len(names) == 318
        stem = {
            f"{kind}.{leaf}" for kind in ("bn2", "bn3") for leaf in nn.BatchNorm2d(1).state_dict()
        }
        stem |= {"conv2.weight", "conv3.weight"}
        assert dilated.body.state_dict().keys() == names | stem

    @pytest.mark.parametrize("size", [(64, 64), (33, 47), (7, 1)])
    def test_strides(self, networks: dict[str, FrozenExtractor], size: tuple[int, int]) -> None:
        for name, strides in (
            ("resnet50", (4, 8, 16, 32)),
            ("deep_stem_resnet50", (4, 8, 16, 32)),
            ("dilated_resnet50", (4, 8, 8, 8)),
        ):
            features = networks[name](torch.rand(1, 3, *size))
            assert [tuple(f.shape) for f in features] == [
                (1, channels, -(-size[0] // stride), -(-size[1] // stride))
                for channels, stride in zip((256, 512, 1024, 2048), strides, strict=True)
            ]

    def test_the_deep_stem_without_dilation(
        self, networks: dict[str, FrozenExtractor], image: Tensor
    ) -> None:
        """The dilated network's names, and the plain one's blocks once layer1 is reached."""
        deep, dilated = networks["deep_stem_resnet50"], networks["dilated_resnet50"]
        state = randomised(deep)
        assert state.keys() == dilated.body.state_dict().keys()
        expected = plain_deep_stem_resnet50(state, normalised(image))
        assert_close(deep_stem_resnet50(state)(image), expected, 1e-4)
        # Up to the first dilation, both are one network.
        assert_close(deep_stem_resnet50(state)(image)[:2], dilated_resnet50(state)(image)[:2], 1e-4)

    def test_one_for_the_other(self, networks: dict[str, FrozenExtractor]) -> None:
        plain = networks["resnet50"].body.state_dict()
        dilated = networks["dilated_resnet50"].body.state_dict()
        with pytest.raises(
            ValueError,
            match=r"not those of resnet50: 12 unexpected: bn2\.bias, .*, and 4 more; "
            r"3 misshapen: conv1\.weight \(64, 3, 3, 3\) instead of \(64, 3, 7, 7\), .*; expected "
            r"conv1\.weight \(64, 3, 7, 7\), .* as in torchvision.*; a conv1\.weight of "
            r"\(64, 3, 3, 3\) belongs to dilated_resnet50 or deep_stem_resnet50$",
        ):
            resnet50(dilated)
        with pytest.raises(
            ValueError,
            match=r"not those of dilated_resnet50: 10 missing: .*; expected conv1\.weight "
            r"\(64, 3, 3, 3\), .* as in MIT CSAIL.*encoder_epoch_20\.pth.*; a conv1\.weight of "
            r"\(64, 3, 7, 7\) belongs to resnet50$",
        ):
            dilated_resnet50(plain)
