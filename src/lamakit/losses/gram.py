"""The Gram loss: the distance between the textures of two images, whatever their layout."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_feature_map
from lamakit._dtypes import at_least_float32
from lamakit.losses.extractor_loss import ExtractorLoss, extract_pair
from lamakit.losses.layer_weights import weights_in_order
from lamakit.losses.nested_tensors import NestedTensors
from lamakit.losses.reduction import Reduction, compare_layers


def gram_matrix(features: Tensor) -> Tensor:
    """Return the inner products of every two channels, divided by C * H * W.

    They say which features occur together, but not where. They are computed in at least float32,
    also under autocast.

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
    prediction_features: NestedTensors,
    target_features: NestedTensors,
    *,
    layer_reduction: Reduction = "sum",
    layer_weights: Sequence[float] | None = None,
) -> Tensor:
    """Return the squared distance between the Gram matrices of two lists of feature maps.

    The distance of a layer is the sum of squared differences over the matrix, averaged over the
    batch; the layers are added up.

    Args:
        prediction_features: feature maps of the generated image: a tensor, a list of them, or a
            list of lists.
        target_features: those of the exemplar, in the same order; no gradient reaches them.
        layer_reduction: whether the layers' distances are averaged or added up.
        layer_weights: a factor per layer, from 0 up; None for 1.

    Shape:
        - prediction_features: (B, C, h, w) each
        - target_features: (B, C, h', w') each, of the same channels and any size
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
    return compare_layers(
        _layer_distance, prediction_features, target_features, layer_reduction, layer_weights
    )


def _layer_distance(number: int, prediction: Tensor, target: Tensor) -> Tensor:
    check_feature_map(f"prediction_features[{number}]", prediction)
    check_feature_map(f"target_features[{number}]", target)
    if prediction.shape[:2] != target.shape[:2]:
        raise ValueError(
            f"prediction_features[{number}] and target_features[{number}] must have one batch size "
            f"and as many channels, got {tuple(prediction.shape)} and {tuple(target.shape)}"
        )
    difference = gram_matrix(prediction) - gram_matrix(target.detach())
    return difference.square().sum(dim=(1, 2)).mean()


class GramLoss(ExtractorLoss):
    """The distance between the texture of an image and that of an exemplar, in Gram matrices.

    Called with both images it returns :func:`gram_loss` of their feature maps.

    Args:
        extractor: any callable from an image to a list of feature maps, such as
            ``vgg19_features(weights, layers=("conv1_1", "pool1", "pool2", "pool3", "pool4"))``.
        layer_reduction: whether the layers' distances are averaged or added up.
        layer_weights: a factor per layer, from 0 up, or a dictionary of them, as
            :class:`PerceptualLoss` takes it; None for 1.

    Shape:
        - prediction: (B, 3, H, W)
        - target: (B, 3, H', W'), the exemplar, of any size
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

    @override
    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        pair = extract_pair(self.extractor, prediction, target)
        return gram_loss(
            pair.prediction,
            pair.target,
            layer_reduction=self.layer_reduction,
            layer_weights=weights_in_order(self.layer_weights, pair.layer_names),
        )
