"""Learned perceptual image patch similarity (LPIPS)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._dtypes import at_least_float32
from lamakit._value_range import warn_outside_unit_range
from lamakit._weights import Weights, check_state_dict, read_state_dict
from lamakit.backbones import vgg16_features
from lamakit.metrics.region_means import check_metric_inputs

_CHANNELS = (64, 128, 256, 512, 512)
_EPSILON = 1e-10


class LPIPS(nn.Module):
    """Learned perceptual distance of images (LPIPS), version 0.1, on features of a VGG-16.

    0 is best; larger is worse. At each of five layers, the features of each pixel are scaled to
    unit length over the channels. The squared differences of the two images' features are weighted
    by channel, summed over the channels and averaged over the image; the distance is the sum over
    the layers.

    A feature depends on pixels far beyond any region, so the distance is always one of whole
    images. Given a region, the prediction is compared inside the region, and outside it the target
    takes the prediction's place. For a filled image that keeps its known pixels, and the hole as
    the region, that is the distance of the whole image.

    Nothing is downloaded. With random weights the values mean nothing; they serve tests. The
    parameters are frozen; gradients flow to the images. A grey image is compared as a colour image
    with three equal channels. On a CPU, values clearly outside of [0, 1] are warned about, once in
    a process.

    Args:
        backbone_weights: a file or a state dict of torchvision's VGG-16; None for random weights.
        linear_weights: a file or a state dict of the published weights of the channels,
            ``lin0.model.1.weight`` to ``lin4.model.1.weight``; None for random weights in [0, 1].

    Shape:
        - prediction, target: (B, 3, H, W), or (B, 1, H, W) for grey images, values in [0, 1],
          height and width at least 16
        - region: (B, 1, H, W), 1 where a pixel counts; None for the whole image
        - Output: (B,); NaN for an image whose region is empty

    Raises:
        FileNotFoundError: if there is no such file; the message names the file to look for.
        ValueError: if weights are incomplete or belong to another network; if the images' shapes or
            devices do not fit.
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
        weights = _channel_weights(linear_weights)
        self.linear = nn.ParameterList(weights).requires_grad_(requires_grad=False)

    @override
    def forward(self, prediction: Tensor, target: Tensor, region: Tensor | None = None) -> Tensor:
        check_metric_inputs(prediction, target, region)
        if region is not None:
            prediction = torch.where(region > 0, prediction, target)
        warn_outside_unit_range("prediction", prediction)
        warn_outside_unit_range("target", target)
        if target.shape[1] == 1:  # grey
            prediction, target = (image.expand(-1, 3, -1, -1) for image in (prediction, target))
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
    """Return the features scaled to unit length over the channels."""
    features = at_least_float32(features)
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + _EPSILON)


def _channel_weights(weights: Weights | None) -> list[Tensor]:
    """Return the weights of the channels at each layer: (1, C, 1, 1) each."""
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
