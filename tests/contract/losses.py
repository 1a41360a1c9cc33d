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
    LogSpectralLoss,
    MaskedL1Loss,
    MultiScaleConsistencyLoss,
    NonSaturatingLoss,
    PerceptualLoss,
    SlicedWassersteinLoss,
    SpectrumLoss,
    SSIMLoss,
    TotalVariationLoss,
)
from tests.helpers import seeded

Call = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Signature:
    """A way to call a loss with prediction, target and mask, and which of them it checks."""

    call: Call
    checks_prediction: bool = True  # refuses one without a batch dimension
    checks_target: bool = True  # refuses one of another batch size and other channels
    checks_mask: bool = True  # refuses one of another size and two channels
    checks_dtype: bool = True  # refuses integers
    flat_if_identical: bool = False  # inputs are only identical to it if they have one value


@dataclass(frozen=True)
class LossCase:
    """A loss to build and how to call it."""

    name: str
    build: Callable[[], nn.Module]
    signature: Signature
    from_0_up: bool = True  # never below 0
    distance: bool = True  # identical inputs give 0 with zero gradient
    of_hole: bool = False  # an empty mask gives 0 with zero gradient
    detached_weight: bool = False  # the gradient is not the slope, on purpose
    draws_numbers: bool = False  # by a torch.Generator, which breaks a compiled graph

    def __str__(self) -> str:
        return self.name

    def __call__(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Return the loss of a module that is the same at every call."""
        return self.call(self.module(), prediction, target, mask)

    def call(self, module: nn.Module, *inputs: Tensor) -> Tensor:
        """Return the loss of that module."""
        return self.signature.call(module, *inputs)

    def module(self) -> nn.Module:
        """Return the module, with the same weights at every call if it has any."""
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
    """An extractor in the precision of its image, so that one case serves two precisions."""

    @override
    def forward(self, image: Tensor) -> list[Tensor]:
        if image.dtype == torch.float64:
            self.double()
        return super().forward(image)


def extractor() -> FrozenExtractor:
    """Return a frozen extractor of two small feature maps."""
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
    del mask
    points, others = (image.transpose(0, 1).flatten(1).T for image in (prediction, target))
    loss: Tensor = module(points, others, seeded())
    return loss


def _scales(module: nn.Module, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    loss: Tensor = module(prediction, F.avg_pool2d(target, 2), mask)
    return loss


PAIR = Signature(_pair, checks_mask=False)
MASKED_PAIR = Signature(_masked_pair)
IMAGE = Signature(_image, checks_target=False, checks_mask=False, flat_if_identical=True)
IMAGE_AND_MASK = Signature(_image_and_mask, checks_target=False, flat_if_identical=True)
FEATURES = Signature(_features)
GENERATOR = Signature(
    _generator,
    checks_prediction=False,
    checks_target=False,
    checks_mask=False,
    checks_dtype=False,
)
DISCRIMINATOR = Signature(_discriminator, checks_target=False, checks_dtype=False)
COLOURS = Signature(_colours, checks_mask=False, checks_dtype=False)
SCALES = Signature(_scales, checks_dtype=False, flat_if_identical=True)

LOSSES = [
    LossCase("MaskedL1Loss", MaskedL1Loss, MASKED_PAIR),
    LossCase(
        "MaskedL1Loss-hole",
        lambda: MaskedL1Loss(weight_known=0, weight_missing=2, per_region=True),
        MASKED_PAIR,
        of_hole=True,
    ),
    LossCase("NonSaturatingLoss-generator", NonSaturatingLoss, GENERATOR, distance=False),
    LossCase("NonSaturatingLoss-discriminator", NonSaturatingLoss, DISCRIMINATOR, distance=False),
    LossCase(
        "NonSaturatingLoss-max",
        lambda: NonSaturatingLoss(mask_resize="max"),
        DISCRIMINATOR,
        distance=False,
    ),
    LossCase("HingeLoss-generator", HingeLoss, GENERATOR, from_0_up=False, distance=False),
    LossCase("HingeLoss-discriminator", HingeLoss, DISCRIMINATOR, distance=False),
    LossCase("LeastSquaresLoss-generator", LeastSquaresLoss, GENERATOR, distance=False),
    LossCase("LeastSquaresLoss-discriminator", LeastSquaresLoss, DISCRIMINATOR, distance=False),
    LossCase("FeatureMatchingLoss", FeatureMatchingLoss, FEATURES),
    LossCase("FeatureMatchingLoss-l1", lambda: FeatureMatchingLoss(distance="l1"), FEATURES),
    LossCase(
        "FeatureMatchingLoss-sum",
        lambda: FeatureMatchingLoss(layer_reduction="sum", layer_weights=(1, 0.5)),
        FEATURES,
    ),
    LossCase("PerceptualLoss", lambda: PerceptualLoss(extractor()), PAIR),
    LossCase(
        "PerceptualLoss-masked",
        lambda: PerceptualLoss(extractor(), layer_reduction="sum", layer_weights=(1, 0.5)),
        MASKED_PAIR,
    ),
    LossCase("FocalFrequencyLoss", FocalFrequencyLoss, PAIR, detached_weight=True),
    LossCase("FocalFrequencyLoss-flat", lambda: FocalFrequencyLoss(alpha=0), PAIR),
    LossCase(
        "FocalFrequencyLoss-all",
        lambda: FocalFrequencyLoss(
            patch_factor=2, average_spectrum=True, log_weight=True, batch_weight=True
        ),
        PAIR,
        detached_weight=True,
    ),
    LossCase("TotalVariationLoss", TotalVariationLoss, IMAGE),
    LossCase("TotalVariationLoss-1", lambda: TotalVariationLoss(beta=1), IMAGE),
    LossCase("TotalVariationLoss-sum", lambda: TotalVariationLoss(reduction="sum"), IMAGE),
    LossCase("BoundaryGradientLoss", BoundaryGradientLoss, IMAGE_AND_MASK, of_hole=True),
    LossCase(
        "BoundaryGradientLoss-mean",
        lambda: BoundaryGradientLoss(reduction="mean"),
        IMAGE_AND_MASK,
        of_hole=True,
    ),
    LossCase("GramLoss", lambda: GramLoss(extractor()), PAIR),
    LossCase("LogSpectralLoss", LogSpectralLoss, MASKED_PAIR, of_hole=True),
    LossCase("SpectrumLoss", SpectrumLoss, PAIR),
    LossCase("SSIMLoss", SSIMLoss, MASKED_PAIR, of_hole=True),
    LossCase("SlicedWassersteinLoss", SlicedWassersteinLoss, COLOURS, draws_numbers=True),
    LossCase("MultiScaleConsistencyLoss", MultiScaleConsistencyLoss, SCALES, of_hole=True),
]
