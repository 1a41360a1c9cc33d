"""Every public loss, and a way to call it with a prediction, a target and a mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit.backbones import FrozenExtractor
from lamakit.losses import (
    BoundaryGradientLoss,
    FeatureMatchingLoss,
    FocalFrequencyLoss,
    GramLoss,
    HingeLoss,
    LeastSquaresLoss,
    MaskedL1Loss,
    MultiScaleConsistencyLoss,
    NonSaturatingLoss,
    PerceptualLoss,
    SlicedWassersteinLoss,
    SpectrumLoss,
    TotalVariationLoss,
)

Call = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class LossCase:
    """A loss to build and how to call it."""

    name: str
    build: Callable[[], nn.Module]
    call: Call
    distance: bool = True  # identical inputs give 0 with zero gradient
    of_hole: bool = False  # an empty mask gives 0 with zero gradient
    detached_weight: bool = False  # the gradient is not the slope, on purpose

    def __str__(self) -> str:
        return self.name

    def __call__(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """The loss of a module that is the same at every call."""
        return self.call(self.module(), prediction, target, mask)

    def module(self) -> nn.Module:
        """The loss, with the same weights at every call if it has any."""
        torch.manual_seed(0)
        return self.build()


class SmallExtractor(nn.Module):
    """Two feature maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 6, 3, stride=2, padding=1)

    @override
    def forward(self, x: Tensor) -> list[Tensor]:
        first = torch.tanh(self.first(x.to(self.first.weight.dtype)))
        return [first, self.second(first)]


class Extractor64(FrozenExtractor):
    """Takes on the image's precision, so that one case serves float32 and float64."""

    @override
    def forward(self, image: Tensor) -> list[Tensor]:
        if image.dtype == torch.float64:
            self.double()
        return super().forward(image)


def extractor() -> FrozenExtractor:
    """A frozen extractor of two small feature maps."""
    return Extractor64(SmallExtractor())


def _pair(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    del mask
    loss: Tensor = module(prediction, target)
    return loss


def _masked_pair(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    loss: Tensor = module(prediction, target, mask)
    return loss


def _image(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    del target, mask
    loss: Tensor = module(prediction)
    return loss


def _image_and_mask(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    del target
    loss: Tensor = module(prediction, mask)
    return loss


def _features(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    pairs = [[image, image[..., ::2, ::2]] for image in (prediction, target)]
    loss: Tensor = module(*pairs, mask)
    return loss


def _generator(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    del target
    loss: Tensor = module.generator_loss(prediction, mask)  # type: ignore[operator]
    return loss


def _discriminator(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    small = [4 * image[..., ::2, ::2] for image in (target, prediction)]
    loss: Tensor = module.discriminator_loss(*small, mask)  # type: ignore[operator]
    return loss


def _colours(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Of every pixel against every other one of the target, without looking at the mask."""
    del mask
    points, others = (image.transpose(0, 1).flatten(1).T for image in (prediction, target))
    loss: Tensor = module(points, others, torch.Generator().manual_seed(0))
    return loss


def _scales(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    loss: Tensor = module(prediction, F.avg_pool2d(target, 2), mask)
    return loss


LOSSES = [
    LossCase("MaskedL1Loss", MaskedL1Loss, _masked_pair),
    LossCase(
        "MaskedL1Loss-hole",
        lambda: MaskedL1Loss(weight_known=0, weight_missing=2, per_region=True),
        _masked_pair,
        of_hole=True,
    ),
    LossCase("NonSaturatingLoss-generator", NonSaturatingLoss, _generator, distance=False),
    LossCase("NonSaturatingLoss-discriminator", NonSaturatingLoss, _discriminator, distance=False),
    LossCase(
        "NonSaturatingLoss-max",
        lambda: NonSaturatingLoss(mask_resize="max"),
        _discriminator,
        distance=False,
    ),
    LossCase("HingeLoss-generator", HingeLoss, _generator, distance=False),
    LossCase("HingeLoss-discriminator", HingeLoss, _discriminator, distance=False),
    LossCase("LeastSquaresLoss-generator", LeastSquaresLoss, _generator, distance=False),
    LossCase("LeastSquaresLoss-discriminator", LeastSquaresLoss, _discriminator, distance=False),
    LossCase("FeatureMatchingLoss", FeatureMatchingLoss, _features),
    LossCase("FeatureMatchingLoss-l1", lambda: FeatureMatchingLoss(distance="l1"), _features),
    LossCase("PerceptualLoss", lambda: PerceptualLoss(extractor()), _pair),
    LossCase(
        "PerceptualLoss-masked",
        lambda: PerceptualLoss(extractor(), layer_reduction="sum", layer_weights=(1, 0.5)),
        _masked_pair,
    ),
    LossCase("FocalFrequencyLoss", FocalFrequencyLoss, _pair, detached_weight=True),
    LossCase("FocalFrequencyLoss-flat", lambda: FocalFrequencyLoss(alpha=0), _pair),
    LossCase(
        "FocalFrequencyLoss-all",
        lambda: FocalFrequencyLoss(
            patch_factor=2, average_spectrum=True, log_weight=True, batch_weight=True
        ),
        _pair,
        detached_weight=True,
    ),
    LossCase("TotalVariationLoss", TotalVariationLoss, _image),
    LossCase("TotalVariationLoss-1", lambda: TotalVariationLoss(beta=1), _image),
    LossCase("TotalVariationLoss-sum", lambda: TotalVariationLoss(reduction="sum"), _image),
    LossCase("BoundaryGradientLoss", BoundaryGradientLoss, _image_and_mask, of_hole=True),
    LossCase(
        "BoundaryGradientLoss-mean",
        lambda: BoundaryGradientLoss(reduction="mean"),
        _image_and_mask,
        of_hole=True,
    ),
    LossCase("GramLoss", lambda: GramLoss(extractor()), _pair),
    LossCase("SpectrumLoss", SpectrumLoss, _pair),
    LossCase("SlicedWassersteinLoss", SlicedWassersteinLoss, _colours),
    LossCase("MultiScaleConsistencyLoss", MultiScaleConsistencyLoss, _scales, of_hole=True),
]
