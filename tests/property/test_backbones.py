"""Backbones compute what the published ones do, never change, and say which weights they want."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit._weights import check_state_dict, list_names, read_state_dict
from lamakit.backbones import (
    FeatureExtractor,
    FrozenExtractor,
    deep_stem_resnet50,
    dilated_resnet50,
    resnet50,
    vgg16_features,
    vgg19_features,
)
from lamakit.backbones.extractor import IMAGENET_MEAN, IMAGENET_STD

NETWORKS: dict[str, Callable[..., FrozenExtractor]] = {
    "deep_stem_resnet50": deep_stem_resnet50,
    "dilated_resnet50": dilated_resnet50,
    "resnet50": resnet50,
    "vgg16_features": vgg16_features,
    "vgg19_features": vgg19_features,
}
DEEPEST = {
    "vgg16_features": {"layers": ("pool5",)},
    "vgg19_features": {"layers": ("pool5",)},
}
State = Mapping[str, Tensor]


class Small(nn.Module):
    """A network with a normalisation, and two feature maps."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.coarse = nn.Conv2d(4, 8, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> list[Tensor]:
        fine = self.fine(x)
        return [fine, self.coarse(fine)]


class Returning(nn.Module):
    """A network that returns whatever a function makes of its input."""

    def __init__(self, function: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> object:
        return self.function(x)


@pytest.fixture(scope="module")
def networks() -> dict[str, FrozenExtractor]:
    """Each network with random weights; never changed."""
    torch.manual_seed(0)
    return {name: network() for name, network in NETWORKS.items()}


@pytest.fixture(params=NETWORKS)
def network(
    request: pytest.FixtureRequest, networks: dict[str, FrozenExtractor]
) -> FrozenExtractor:
    return networks[request.param]


@pytest.fixture
def small() -> FrozenExtractor:
    torch.manual_seed(0)
    return FrozenExtractor(Small())


@pytest.fixture
def image() -> Tensor:
    return torch.rand(2, 3, 40, 56, generator=torch.Generator().manual_seed(1))


def normalised(image: Tensor) -> Tensor:
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    return (image - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def assert_same(computed: list[Tensor], expected: list[Tensor], tolerance: float = 0) -> None:
    for one, other in zip(computed, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


class TestFrozenExtractor:
    def test_normalises_inside(self, small: FrozenExtractor, image: Tensor) -> None:
        assert_same(small(image), small.body(normalised(image)), 1e-5)
        plain = FrozenExtractor(small.body, mean=(0, 0, 0), std=(1, 1, 1))
        assert_same(plain(image), small.body(image))

    def test_never_leaves_eval_mode(self, small: FrozenExtractor, image: Tensor) -> None:
        before, expected = copy.deepcopy(small.state_dict()), small(image)
        parent = nn.Sequential(small).train()
        assert small.train(mode=True) is small
        assert parent.training
        assert not any(module.training for module in small.modules())
        assert_same(parent(image), expected)
        for name, value in small.state_dict().items():
            assert torch.equal(value, before[name]), name

    def test_gradients_reach_the_image_and_nothing_else(
        self, small: FrozenExtractor, image: Tensor
    ) -> None:
        image.requires_grad_()
        sum(features.square().mean() for features in small(image)).backward()
        assert image.grad is not None
        assert image.grad.abs().min() > 0
        assert all(not p.requires_grad and p.grad is None for p in small.parameters())

    def test_gradients_in_float64(self, small: FrozenExtractor) -> None:
        x = torch.rand(1, 3, 6, 5, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda y: tuple(small.double()(y)), x)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
    def test_computes_in_the_dtype_of_its_weights(
        self, small: FrozenExtractor, image: Tensor, dtype: torch.dtype
    ) -> None:
        expected = small(image)
        for features, same in zip(small(image.to(dtype)), expected, strict=True):
            assert features.dtype == torch.float32
            torch.testing.assert_close(features, same, rtol=0.02, atol=0.05)
        for other in (copy.deepcopy(small).to(dtype), FrozenExtractor(Small().to(dtype))):
            for x in (image, image.to(dtype)):
                assert all(features.dtype == dtype for features in other(x))
        assert_same([f.float() for f in small.to(dtype)(image)], expected, 0.05)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    def test_autocast(self, small: FrozenExtractor, image: Tensor, dtype: torch.dtype) -> None:
        image = image.to(dtype).requires_grad_()
        with torch.autocast("cpu", dtype=dtype):
            features = small(image)
        assert features[1].dtype == dtype
        assert_same([f.float() for f in features], small(image), 0.05)
        features[1].float().square().mean().backward()
        assert image.grad is not None
        assert image.grad.isfinite().all()

    def test_takes_lists_tuples_and_mappings(self, image: Tensor) -> None:
        returned: list[Callable[[Tensor], object]] = [
            lambda x: [x, x[..., ::2]],
            lambda x: (x, x[..., ::2]),
            lambda x: {"a": x, "b": x[..., ::2]},
        ]
        for function in returned:
            features = FrozenExtractor(Returning(function))(image)
            assert isinstance(features, list)
            x = normalised(image)
            assert_same(features, [x, x[..., ::2]], 1e-6)

    def test_takes_a_single_map(self, image: Tensor) -> None:
        assert_same(FrozenExtractor(nn.Identity())(image), [normalised(image)], 1e-6)

    @pytest.mark.parametrize(
        ("features", "message"),
        [
            (None, "body must return feature maps as a sequence, a mapping or a tensor, got None"),
            ("relu", "body must return feature maps as a sequence, .* got str"),
            ([torch.ones(1), 3], "body's feature map 1 must be a torch.Tensor, got int"),
        ],
    )
    def test_refuses_what_is_no_map(self, image: Tensor, features: object, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            FrozenExtractor(Returning(lambda _: features))(image)

    @pytest.mark.parametrize("features", [[], {}])
    def test_refuses_no_map(self, image: Tensor, features: object) -> None:
        with pytest.raises(ValueError, match="body must return at least one feature map, got none"):
            FrozenExtractor(Returning(lambda _: features))(image)

    def test_refuses_a_function(self) -> None:
        with pytest.raises(TypeError, match=r"must be an nn\.Module, got function; a function"):
            FrozenExtractor(lambda x: [x])  # type: ignore[arg-type]

    def test_refuses_other_than_three_statistics(self) -> None:
        with pytest.raises(ValueError, match=r"mean must hold 3 numbers, one a colour; got \(0.5,"):
            FrozenExtractor(Small(), mean=(0.5,))
        with pytest.raises(ValueError, match="std must hold 3 numbers"):
            FrozenExtractor(Small(), std=(1, 1, 1, 1))

    @pytest.mark.parametrize("shape", [(1, 1, 8, 8), (3, 8, 8), (1, 4, 8, 8), (1, 3, 0, 8)])
    def test_refuses_other_shapes(self, small: FrozenExtractor, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="image must"):
            small(torch.zeros(shape))

    def test_refuses_other_types(self, small: FrozenExtractor) -> None:
        with pytest.raises(TypeError, match=r"image must be a floating-point .* torch\.uint8"):
            small(torch.zeros(1, 3, 8, 8, dtype=torch.uint8))

    def test_is_an_extractor_like_any_callable(self, small: FrozenExtractor, image: Tensor) -> None:
        def flipped(image: Tensor) -> list[Tensor]:
            return [image, image.flip(-1)]

        extractors: list[FeatureExtractor] = [small, flipped]  # mypy checks the types
        assert [len(extractor(image)) for extractor in extractors] == [2, 2]


class TestNetworks:
    def test_copies_pickles_and_loads(self, image: Tensor) -> None:
        extractor = vgg16_features(layers=("relu1_2", "pool2"))
        other = vgg16_features(layers=("relu1_2", "pool2"))
        other.load_state_dict(extractor.state_dict())
        copies = copy.deepcopy(extractor), pickle.loads(pickle.dumps(extractor)), other
        for same in copies:
            assert_same(same(image), extractor(image))
            assert not same.train().training

    def test_compiles_without_graph_breaks(self, network: FrozenExtractor, image: Tensor) -> None:
        torch.compiler.reset()
        compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
        assert_same(compiled(image), network(image))

    def test_exports(self, network: FrozenExtractor, image: Tensor) -> None:
        program = torch.export.export(network, (image,))
        assert_same(program.module()(image), network(image))

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    def test_half_precision(
        self, network: FrozenExtractor, image: Tensor, dtype: torch.dtype
    ) -> None:
        low = copy.deepcopy(network).to(dtype)(image[:1])
        for features, expected in zip(low, network(image[:1]), strict=True):
            assert features.dtype == dtype
            error = (features.float() - expected).norm() / expected.norm()
            assert error < (0.01 if dtype == torch.float16 else 0.1)

    def test_non_contiguous_images(self, network: FrozenExtractor, image: Tensor) -> None:
        strided = image.to(memory_format=torch.channels_last)
        for features, expected in zip(network(strided), network(image), strict=True):
            assert (features - expected).norm() < 1e-5 * expected.norm()

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_on_a_gpu(self, network: FrozenExtractor, image: Tensor) -> None:
        on_gpu = copy.deepcopy(network).cuda()
        for features, expected in zip(on_gpu(image.cuda()), network(image), strict=True):
            assert (features.cpu() - expected).norm() < 1e-2 * expected.norm()
        assert all(features.isfinite().all() for features in on_gpu.half()(image.cuda().half()))


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


class TestResNets:
    def test_resnet50_is_the_published_network(
        self, networks: dict[str, FrozenExtractor], image: Tensor
    ) -> None:
        state = randomised(networks["resnet50"])
        expected = plain_resnet50(state, normalised(image))
        assert_same(resnet50(state)(image), expected, 1e-4)

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
        assert_same(deep_stem_resnet50(state)(image), expected, 1e-4)
        # Up to the first dilation, both are one network.
        assert_same(deep_stem_resnet50(state)(image)[:2], dilated_resnet50(state)(image)[:2], 1e-4)

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


class TestVGG:
    def test_vgg16_is_the_published_network(
        self, networks: dict[str, FrozenExtractor], image: Tensor
    ) -> None:
        extractor = networks["vgg16_features"]
        state, pools = extractor.body.state_dict(), {4, 9, 16, 23, 30}
        outputs = plain_vgg(state, normalised(image), 30, pools, F.max_pool2d)
        assert_same(extractor(image), [outputs[i] for i in (3, 8, 15, 22, 29)], 1e-5)

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
        assert_same(extractor(image), [outputs[i] for i in relus], 1e-5)
        if pooling == "average":
            assert_same(networks["vgg19_features"](image), extractor(image))

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
        assert_same(extractor(image), [outputs[i] for i in (4, 0, 1, 2)], 1e-5)
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


def randomised(extractor: FrozenExtractor) -> dict[str, Tensor]:
    """The network's weights, its normalisations with statistics of their own."""
    generator = torch.Generator().manual_seed(2)
    state = extractor.body.state_dict()
    for name, value in state.items():
        if value.ndim == 1:
            state[name] = torch.rand(value.shape, generator=generator) + 0.5
    return state


def published(name: str) -> dict[str, Tensor]:
    """A state dict as the published file has it; all of one kind share their memory."""
    with torch.device("meta"):
        state = NETWORKS[name](**DEEPEST.get(name, {})).body.state_dict()
    weights = {k: torch.full((), 0.25).expand(v.shape) for k, v in state.items()}
    head = ("fc",) if "resnet" in name else ("classifier.0", "classifier.6")
    return weights | {
        f"{part}.{leaf}": torch.ones(2) for part in head for leaf in ("weight", "bias")
    }


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
        assert_same(resnet50(old)(image), resnet50(weights)(image))

    @pytest.mark.parametrize("zipped", [True, False])
    @pytest.mark.parametrize("wrapped", [True, False])
    def test_files(self, tmp_path: Path, image: Tensor, *, zipped: bool, wrapped: bool) -> None:
        extractor = vgg16_features(layers=("relu1_2",))
        state = extractor.body.state_dict() | {"classifier.0.bias": torch.zeros(3)}
        content: Any = {"state_dict": state, "epoch": 3} if wrapped else state
        path = tmp_path / "vgg16.pth"
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        for weights in (path, str(path), content):
            assert_same(vgg16_features(weights, layers=("relu1_2",))(image), extractor(image))

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
        assert_same(again(image), extractor(image), 1e-2)

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


class TestReadStateDict:
    def test_unreadable_files(self, tmp_path: Path) -> None:
        path = tmp_path / "weights.pth"
        with pytest.raises(FileNotFoundError, match=r"weights\.pth"):
            read_state_dict(path)
        with pytest.raises(FileNotFoundError, match=r"no file .*weights\.pth; ask the author$"):
            read_state_dict(path, missing="ask the author")
        with pytest.raises(OSError, match="irectory"):
            read_state_dict(tmp_path, missing="ask the author")
        path.write_bytes(b"no weights at all")
        with pytest.raises(
            ValueError, match=r"weights\.pth cannot be read as weights: .*; expected"
        ):
            read_state_dict(path)
        torch.save([1, 2], path)
        with pytest.raises(ValueError, match=r"weights\.pth holds a list; expected"):
            read_state_dict(path)
        torch.save(nn.Linear(1, 1), path)  # a pickled module would run code when read
        with pytest.raises(
            ValueError, match=r"an object of class 'torch\.nn\.modules\.linear\.Linear'"
        ):
            read_state_dict(path)

    def test_names_are_counted(self) -> None:
        assert list_names({"b", "a"}) == "a, b"
        assert list_names(["c", "a", "b"], most=2) == "a, b, and 1 more"
        assert list_names(["\x1b[2J", "x" * 300]) == f"'\\x1b[2J', {'x' * 200}"
        shapes = {f"w{i}": torch.Size((i,)) for i in range(10)}
        check_state_dict({k: torch.empty(v) for k, v in shapes.items()}, shapes, "anything")
        with pytest.raises(ValueError, match=r"those of a net: 10 missing: w0, .*w7, and 2 more$"):
            check_state_dict({}, shapes, "a net")
