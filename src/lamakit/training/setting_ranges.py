"""Checks of settings against their ranges, the names that exist, and each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamakit._checks import (
    check_at_least,
    check_fraction,
    check_non_negative,
    check_one_of,
    check_positive,
)
from lamakit.discriminators import list_discriminators
from lamakit.generators import list_generators
from lamakit.masks import list_mask_samplers

_EXTRACTOR_FILES = {
    "deep_stem_resnet50": "MIT CSAIL's resnet50-imagenet.pth",
    "dilated_resnet50": (
        "MIT CSAIL's ade20k-resnet50dilated-ppm_deepsup/encoder_epoch_20.pth (ADE20K, as in LaMa) "
        "or resnet50-imagenet.pth"
    ),
    "resnet50": "torchvision's ResNet50_Weights.IMAGENET1K_V1 or IMAGENET1K_V2",
    "vgg16_features": "torchvision's VGG16_Weights.IMAGENET1K_V1",
    "vgg19_features": "torchvision's VGG19_Weights.IMAGENET1K_V1",
}
_AT_LEAST_1 = (
    *("norm_groups", "coarse_side", "crop_size", "batch_size", "accumulate", "steps", "nodes"),
    *("validation_count", "evaluate_every", "log_every"),
)
_AT_LEAST_0 = ("workers", "devices", "seed")
_POSITIVE = ("min_scale", "max_scale", "generator_learning_rate", "discriminator_learning_rate")
_NON_NEGATIVE = (
    "consistency_weight",
    "spectral_weight",
    "ssim_weight",
    "clip_norm",
    "save_minutes",
)


def check_ranges(values: Mapping[str, Any]) -> None:
    """Raise unless settings are in their ranges, their names exist and they fit together.

    Args:
        values: the fields of :class:`TrainingSettings` by name, each of the right type.

    Raises:
        ValueError: if one does not fit; the message names it.
    """
    for name in _AT_LEAST_0:
        check_at_least(name, values[name], 0)
    for name in _AT_LEAST_1:
        check_at_least(name, values[name], 1)
    for name in _POSITIVE:
        check_positive(name, values[name])
    for name in _NON_NEGATIVE:
        check_non_negative(name, values[name])
    _check_upper_bounds(values)
    check_one_of("generator", values["generator"], tuple(list_generators()))
    check_one_of("discriminator", values["discriminator"], ("none", *list_discriminators()))
    check_one_of("masks", values["masks"], tuple(list_mask_samplers()))
    _check_data(values["images"], values["shards"], values["output"])
    if values["shards"] and values["synthetic_share"]:
        raise ValueError(
            "synthetic_share must be 0 with shards: synthetic images are mixed with a folder of "
            f"images only; got {values['synthetic_share']}"
        )
    _check_extractor(values["extractor"], values["extractor_weights"])


def _check_upper_bounds(values: Mapping[str, Any]) -> None:
    if values["max_scale"] < values["min_scale"]:
        raise ValueError(
            f"max_scale must be at least min_scale={values['min_scale']}, got {values['max_scale']}"
        )
    if values["seed"] >= 2**32:
        raise ValueError(f"seed must be below 2 ** 32, got {values['seed']}")
    check_fraction("synthetic_share", values["synthetic_share"])
    check_fraction("average_decay", values["average_decay"])
    if values["average_decay"] == 1:
        raise ValueError("average_decay must be below 1, got 1: the average would never change")
    scales = values["consistency_scales"]
    if not all(0 < scale < 1 for scale in scales):
        raise ValueError(f"consistency_scales must each be above 0 and below 1, got {scales}")


def _check_data(images: str, shards: str, output: str) -> None:
    if bool(images) == bool(shards):
        given = "both" if images else "neither"
        raise ValueError(f"give either images, a folder, or shards, tar files; got {given}")
    if not output:
        raise ValueError("output must name a folder, got ''")


def _check_extractor(extractor: str, weights: str) -> None:
    check_one_of("extractor", extractor, ("none", *_EXTRACTOR_FILES))
    if extractor != "none" and not weights:
        raise ValueError(
            f"extractor {extractor!r} needs extractor_weights, the path of "
            f"{_EXTRACTOR_FILES[extractor]}; extractor 'none' trains without"
        )
