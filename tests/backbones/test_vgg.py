"""VGG computes what the published one does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.backbones import (
    FrozenExtractor,
    vgg16_features,
    vgg19_features,
)
from tests.backbones.networks import (
    NETWORKS,
    State,
    assert_close,
    normalised,
)


def plain_vgg(
    state: State, x: Tensor, length: int, pools: set[int], pool: Callable[..., Tensor]
) -> list[Tensor]:
    """The output of each layer of torchvision's ``features``, by its index."""
    outputs: list[Tensor] = []
    for i in range(length):
        weight = state.get(f"features.{i}.weight")
        if weight is not None:
            x = F.conv2d(x, weight, state[f"features.{i}.bias"], padding=1)
        else:
            x = pool(x, 2) if i in pools else x.relu()
        outputs.append(x)
    return outputs


class TestVGG:
    def test_vgg16_is_the_published_network(
        self, networks: dict[str, FrozenExtractor], image: Tensor
    ) -> None:
        extractor = networks["vgg16_features"]
        state, pools = extractor.body.state_dict(), {4, 9, 16, 23, 30}
        outputs = plain_vgg(state, normalised(image), 30, pools, F.max_pool2d)
        assert_close(extractor(image), [outputs[i] for i in (3, 8, 15, 22, 29)], 1e-5)

    @pytest.mark.parametrize("pooling", ["average", "max"])
    def test_vgg19_is_the_published_network(
        self, networks: dict[str, FrozenExtractor], image: Tensor, pooling: str
    ) -> None:
        pools_by_name: dict[str, Callable[..., Tensor]] = {
            "average": F.avg_pool2d,
            "max": F.max_pool2d,
        }
        state, pools = networks["vgg19_features"].body.state_dict(), {4, 9, 18, 27, 36}
        extractor = NETWORKS["vgg19_features"](state, pooling=pooling)
        outputs = plain_vgg(state, normalised(image), 30, pools, pools_by_name[pooling])
        relus = (1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26, 29)
        assert_close(extractor(image), [outputs[i] for i in relus], 1e-5)
        if pooling == "average":
            assert_close(networks["vgg19_features"](image), extractor(image))

    @pytest.mark.parametrize(
        ("name", "count", "last"),
        [("vgg16_features", 14_714_688, "28"), ("vgg19_features", 20_024_384, "34")],
    )
    def test_counts(self, name: str, count: int, last: str) -> None:
        with torch.device("meta"):
            extractor = NETWORKS[name](layers=("pool5",))
        assert sum(p.numel() for p in extractor.parameters()) == count
        assert list(extractor.body.state_dict())[-1] == f"features.{last}.bias"

    def test_layers_come_in_the_order_asked_for(self, image: Tensor) -> None:
        layers = ("pool1", "conv1_1", "relu1_1", "conv1_2")
        extractor = vgg19_features(layers=layers, pooling="max")
        state = extractor.body.state_dict()
        assert set(state) == {f"features.{i}.{leaf}" for i in (0, 2) for leaf in ("weight", "bias")}
        outputs = plain_vgg(state, normalised(image), 5, {4}, F.max_pool2d)
        assert_close(extractor(image), [outputs[i] for i in (4, 0, 1, 2)], 1e-5)
        assert outputs[0].min() < 0  # the ReLU left the convolution's output alone

    def test_unknown_layers(self) -> None:
        with pytest.raises(ValueError, match=r"layers must be one of conv1_1, .*; got 'relu3_4'"):
            vgg16_features(layers=("relu1_1", "relu3_4"))
        with pytest.raises(ValueError, match="layers must name at least one of conv1_1, relu1_1"):
            vgg19_features(layers=())

    def test_unknown_pooling(self) -> None:
        with pytest.raises(ValueError, match="pooling must be one of average, max; got 'mean'"):
            vgg19_features(pooling="mean")  # type: ignore[arg-type]

    def test_images_that_are_too_small(self, networks: dict[str, FrozenExtractor]) -> None:
        for name, layer in (("vgg16_features", "relu5_3"), ("vgg19_features", "relu5_1")):
            networks[name](torch.rand(1, 3, 16, 16))
            with pytest.raises(
                ValueError, match=f"image is 40x15, but {layer} needs sides of at least 16"
            ):
                networks[name](torch.rand(1, 3, 40, 15))
