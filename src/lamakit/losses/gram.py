"""Textures: which features of a network occur together, wherever they do."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_feature_map
from lamakit._dtypes import at_least_float32
from lamakit.backbones import FeatureExtractor
from lamakit.backbones.extractor import feature_list
from lamakit.losses.perceptual import check_extractor
from lamakit.losses.reduction import Reduction, check_layer_weights, reduce_layers

__all__ = ["GramLoss", "gram_loss", "gram_matrix"]


def gram_matrix(features: Tensor) -> Tensor:
    """The inner products of every two channels, divided by C * H * W.

    Computed in float32 at least, whatever autocast says.

    Args:
        features: a feature map.

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, C, C)

    Raises:
        ValueError: if the map has other than four dimensions.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> gram_matrix(torch.ones(1, 2, 8, 8))
        tensor([[[0.5000, 0.5000],
                 [0.5000, 0.5000]]])

    Source:
        Gatys et al., "Texture Synthesis Using Convolutional Neural Networks" (NeurIPS 2015), eq. 1.
        Difference: theirs is not divided by anything.
    """
    check_feature_map("features", features)
    flat = at_least_float32(features).flatten(2)
    with torch.autocast(flat.device.type, enabled=False):
        return flat @ flat.mT / (flat.shape[1] * flat.shape[2])


def gram_loss(
    fake_features: Sequence[Tensor],
    real_features: Sequence[Tensor],
    *,
    layer_reduction: Reduction = "sum",
    layer_weights: Sequence[float] | None = None,
) -> Tensor:
    """The squared distance of the Gram matrices of two lists of feature maps, added up.

    A layer's distance is the sum over its matrix, averaged over the batch.

    Args:
        fake_features: feature maps of the generated image.
        real_features: those of the exemplar, in the same order; no gradient reaches them.
        layer_reduction: whether the layers' distances are averaged or added up.
        layer_weights: a factor a layer, from 0 up; None for 1.

    Shape:
        - fake_features: (B, C, h, w) each
        - real_features: (B, C, h', w') each, of the same channels and any size
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the lists, their shapes or the weights do not fit.
        TypeError: if a map is not a floating-point tensor.

    Example:
        >>> import torch
        >>> texture = torch.rand(1, 4, 8, 8)
        >>> gram_loss([texture.repeat(1, 1, 2, 3)], [texture]).item() < 1e-10
        True

    Source:
        Gatys et al. (NeurIPS 2015), eq. 2-3. Difference: their factor of 1/4 a layer is left out.
    """
    if len(fake_features) != len(real_features):
        raise ValueError(
            f"fake_features and real_features must be as many, got {len(fake_features)} and "
            f"{len(real_features)}"
        )
    distances = []
    for number, (fake, real) in enumerate(zip(fake_features, real_features, strict=True)):
        if fake.shape[:2] != real.shape[:2]:
            raise ValueError(
                f"fake_features[{number}] and real_features[{number}] must have one batch size "
                f"and as many channels, got {tuple(fake.shape)} and {tuple(real.shape)}"
            )
        difference = gram_matrix(fake) - gram_matrix(real.detach())
        distances.append(difference.square().sum(dim=(1, 2)).mean())
    return reduce_layers(distances, layer_reduction, layer_weights)


class GramLoss(nn.Module):
    """How far the texture of an image is from an exemplar's, which may have another size.

    Args:
        extractor: any callable from an image to a list of feature maps, such as
            ``vgg19_features(weights, layers=("conv1_1", "pool1", "pool2", "pool3", "pool4"))``.
        layer_reduction: whether the layers' distances are averaged or added up.
        layer_weights: a factor a layer, from 0 up; None for 1.

    Shape:
        - prediction: (B, 3, H, W)
        - target: (B, 3, H', W'), the exemplar
        - Output: a scalar from 0 up

    Raises:
        ValueError: if an argument is out of range, or the shapes do not fit.
        TypeError: if the extractor is not callable, or an image not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.backbones import vgg19_features
        >>> loss = GramLoss(vgg19_features(layers=("conv1_1", "pool1")))
        >>> loss(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 48, 16)).shape
        torch.Size([])

    Source:
        Gatys et al., "Texture Synthesis Using Convolutional Neural Networks" (NeurIPS 2015); the
        report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions" (Srir
        et al., 2023), sec. 3.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        layer_reduction: Reduction = "sum",
        layer_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        check_extractor(extractor)
        self.extractor = extractor
        self.layer_weights = check_layer_weights(layer_reduction, layer_weights)
        self.layer_reduction: Reduction = layer_reduction

    @override
    def extra_repr(self) -> str:
        return f"layer_reduction={self.layer_reduction!r}, layer_weights={self.layer_weights}"

    @override
    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        with torch.no_grad():
            real_features = feature_list(self.extractor(target))
        return gram_loss(
            feature_list(self.extractor(prediction)),
            real_features,
            layer_reduction=self.layer_reduction,
            layer_weights=self.layer_weights,
        )
