"""Learned perceptual similarity."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit._weights import Weights, check_state_dict, read_state_dict
from lamakit.backbones import vgg16_features
from lamakit.metrics.region_means import check_measured

__all__ = ["LPIPS"]

_CHANNELS = (64, 128, 256, 512, 512)
_EPSILON = 1e-10


class LPIPS(nn.Module):
    """The learned perceptual distance of each image, version 0.1, on features of a VGG-16.

    0 where both agree; larger is worse. At each of five layers the features are scaled to unit
    length over the channels; their squared differences are weighted by channel, averaged over the
    image, and summed over the layers.

    A feature sees far beyond any region's rim, so the distance is always one of whole images. Given
    a region, as :func:`evaluate` gives the hole, the prediction is compared where the region is and
    the target stands in for it elsewhere: of a filled image that kept its known pixels, that is the
    distance of the whole.

    Nothing is fetched. With random weights the values mean nothing, and serve tests. Parameters are
    frozen and gradients flow to the images.

    Args:
        backbone_weights: a file of torchvision's VGG-16 or its state dict; None for random ones.
        linear_weights: a file of the published weights of the channels, ``lin0.model.1.weight`` to
            ``lin4.model.1.weight``, or their state dict; None for random ones, not negative.

    Shape:
        - prediction, target: (B, 3, H, W), values in [0, 1], sides of at least 16
        - region: (B, 1, H, W), 1 where a pixel counts; None for everywhere
        - Output: (B,); NaN for an image whose region is empty

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if weights are not complete, or those of another network; if the images' shapes
            or devices do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> lpips = LPIPS()  # random weights
        >>> image = torch.rand(2, 3, 32, 48)
        >>> lpips(image, image)
        tensor([0., 0.])
        >>> bool((lpips(image.flip(3), image) > 0).all())
        True

    Source:
        Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric"
        (CVPR 2018), sec. 3, eq. 1. As in its released code, version 0.1, the weights multiply the
        squared differences, and the scaling of images in [-1, 1] is ImageNet's normalisation of
        images in [0, 1], which the extractor does. The region is lamakit's.
    """

    def __init__(
        self, backbone_weights: Weights | None = None, linear_weights: Weights | None = None
    ) -> None:
        super().__init__()
        self.backbone = vgg16_features(backbone_weights)
        self.linear = nn.ParameterList(_linear(linear_weights)).requires_grad_(requires_grad=False)

    @override
    def forward(self, prediction: Tensor, target: Tensor, region: Tensor | None = None) -> Tensor:
        check_measured(prediction, target, region)
        if region is not None:
            prediction = torch.where(region > 0, prediction, target)
        distances = [
            ((_unit(x) - _unit(y)).square() * weight).sum(dim=1).mean(dim=(1, 2))
            for x, y, weight in zip(
                self.backbone(prediction), self.backbone(target), self.linear, strict=True
            )
        ]
        distance = torch.stack(distances).sum(dim=0)
        if region is None:
            return distance
        return distance.masked_fill(~(region > 0).flatten(1).any(dim=1), torch.nan)


def _unit(features: Tensor) -> Tensor:
    """The features scaled to unit length over the channels."""
    features = at_least_float32(features)
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + _EPSILON)


def _linear(weights: Weights | None) -> list[Tensor]:
    """The weight of each channel at each layer, (1, C, 1, 1)."""
    if weights is None:
        return [torch.rand(1, channels, 1, 1) for channels in _CHANNELS]
    names = [f"lin{layer}.model.1.weight" for layer in range(len(_CHANNELS))]
    expected = {
        name: torch.Size((1, channels, 1, 1))
        for name, channels in zip(names, _CHANNELS, strict=True)
    }
    advice = "they are in the file weights/v0.1/vgg.pth that the authors of LPIPS publish"
    found = read_state_dict(weights, missing=advice)
    check_state_dict(found, expected, f"LPIPS's linear layers for VGG-16; {advice}")
    return [found[name].float().cpu().clone() for name in names]
