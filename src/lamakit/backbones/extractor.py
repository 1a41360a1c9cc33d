"""The type of a feature extractor, and the frozen extractor around any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from typing_extensions import Self, override

from lamakit._checks import check_feature_map
from lamakit._models import first_parameter

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class FeatureExtractor(Protocol):
    """A callable that turns an image into feature maps: a sequence or mapping of them, or one.

    The image has values in [0, 1]; the extractor normalises it as its network needs. The maps come
    in the same order at every call, usually the finest first.

    Shape:
        - Input: (B, 3, H, W)
        - Output: feature maps (B, C, h, w), each of its own size
    """

    def __call__(self, image: Tensor, /) -> Sequence[Tensor] | Mapping[str, Tensor] | Tensor:
        """Return the feature maps of an image."""
        ...


def feature_list(features: object, name: str = "extractor") -> list[Tensor]:
    """Return the feature maps that an extractor returned, as a list.

    Args:
        features: a sequence of tensors, a mapping, of which only the values count, or a tensor,
            which is one map and not a sequence of them.
        name: the extractor's name in messages.

    Raises:
        TypeError: if it is something else, or one of the maps is no tensor.
        ValueError: if it holds no map.
    """
    if isinstance(features, Tensor):
        return [features]
    if isinstance(features, Mapping):
        features = list(features.values())
    if not isinstance(features, Sequence) or isinstance(features, str):
        raise TypeError(
            f"{name} must return feature maps as a sequence, a mapping or a tensor, "
            f"got {type(features).__name__}"
        )
    if not features:
        raise ValueError(f"{name} must return at least one feature map, got none")
    for number, feature in enumerate(features):
        if not isinstance(feature, Tensor):
            raise TypeError(
                f"{name}'s feature map {number} must be a torch.Tensor, "
                f"got {type(feature).__name__}"
            )
    return list(features)


class FrozenExtractor(nn.Module):
    """A network that returns its feature maps of an image as a list, and never changes.

    Its parameters require no gradient, so an optimiser leaves them alone, but gradients flow
    through them to the image. It is in eval mode, and stays there when a parent is put into train
    mode. The image is cast to the dtype of its parameters, so a float16 image and a float32 network
    give float32 features; autocast works as in any module.

    Args:
        body: maps a normalised image to feature maps: a list or a mapping of them, of which only
            the values count, or a single one. It is frozen and put into eval mode in place.
        mean: the means of red, green and blue, which are subtracted; ImageNet's by default.
        std: their standard deviations, above 0, by which the differences are divided; ImageNet's by
            default.
        layer_names: the names of the maps, in their order, with which a loss can weight them; None
            if they have none.

    Shape:
        - Input: (B, 3, H, W), values in [0, 1]
        - Output: a list of the feature maps that ``body`` returns

    Raises:
        TypeError: if ``body`` is no module, or returns no feature maps; if the image is not a
            floating-point tensor.
        ValueError: if the image is not (B, 3, H, W); if ``mean`` or ``std`` does not hold three
            numbers.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> class Edges(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.conv = nn.Conv2d(3, 8, 3, padding=1)
        ...
        ...     def forward(self, x):
        ...         return {"fine": self.conv(x), "coarse": self.conv(x[..., ::2, ::2])}
        >>> extractor = FrozenExtractor(Edges())
        >>> [tuple(features.shape) for features in extractor(torch.rand(2, 3, 32, 48))]
        [(2, 8, 32, 48), (2, 8, 16, 24)]
        >>> nn.Sequential(extractor).train()[0].training
        False

    Source:
        LaMa, sec. 2.2.1: the perceptual loss compares features of a fixed pretrained network.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: nn.Module,
        *,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        layer_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(body, nn.Module):
            raise TypeError(
                f"body must be an nn.Module, got {type(body).__name__}; a function from an image "
                "to a list of feature maps is a feature extractor as it is"
            )
        self.layer_names = None if layer_names is None else tuple(layer_names)
        self.body = body.requires_grad_(requires_grad=False)
        first = first_parameter(body)
        like = torch.empty(0) if first is None else first  # the image gets the buffers' dtype
        self.register_buffer("mean", _per_colour("mean", mean, like), persistent=False)
        self.register_buffer("std", _per_colour("std", std, like), persistent=False)
        self.eval()

    @override
    def train(self, mode: bool = True) -> Self:
        """Stay in eval mode, whatever ``mode`` says, and return the extractor."""
        return super().train(mode=False)

    @override
    def forward(self, image: Tensor) -> list[Tensor]:
        check_feature_map("image", image, 3)
        return feature_list(self.body((image.to(self.mean.dtype) - self.mean) / self.std), "body")


def _per_colour(name: str, values: Sequence[float], like: Tensor) -> Tensor:
    if len(values) != 3:
        raise ValueError(f"{name} must hold 3 numbers, one a colour; got {values!r}")
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, 3, 1, 1)
