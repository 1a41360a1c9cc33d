"""Frozen extractors never change, and normalise inside."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from lamakit.backbones import (
    FeatureExtractor,
    FrozenExtractor,
)
from tests.backbones.networks import (
    assert_close,
    normalised,
)


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


@pytest.fixture
def small() -> FrozenExtractor:
    torch.manual_seed(0)
    return FrozenExtractor(Small())


class TestFrozenExtractor:
    def test_normalises_inside(self, small: FrozenExtractor, image: Tensor) -> None:
        assert_close(small(image), small.body(normalised(image)), 1e-5)
        plain = FrozenExtractor(small.body, mean=(0, 0, 0), std=(1, 1, 1))
        assert_close(plain(image), small.body(image))

    def test_never_leaves_eval_mode(self, small: FrozenExtractor, image: Tensor) -> None:
        before, expected = copy.deepcopy(small.state_dict()), small(image)
        parent = nn.Sequential(small).train()
        assert small.train(mode=True) is small
        assert parent.training
        assert not any(module.training for module in small.modules())
        assert_close(parent(image), expected)
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
        assert_close([f.float() for f in small.to(dtype)(image)], expected, 0.05)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    def test_autocast(self, small: FrozenExtractor, image: Tensor, dtype: torch.dtype) -> None:
        image = image.to(dtype).requires_grad_()
        with torch.autocast("cpu", dtype=dtype):
            features = small(image)
        assert features[1].dtype == dtype
        assert_close([f.float() for f in features], small(image), 0.05)
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
            assert_close(features, [x, x[..., ::2]], 1e-6)

    def test_takes_a_single_map(self, image: Tensor) -> None:
        assert_close(FrozenExtractor(nn.Identity())(image), [normalised(image)], 1e-6)

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
