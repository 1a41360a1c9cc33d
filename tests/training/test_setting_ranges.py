"""Settings that are out of range, unknown or contradict each other are refused by name."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lamakit import backbones
from lamakit.training.setting_ranges import check_ranges
from lamakit.training.settings import TrainingSettings

VALUES = TrainingSettings(images="photos").to_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"accumulate": 0}, "accumulate must be at least 1, got 0"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"crop_size": 0}, "crop_size must be at least 1, got 0"),
        ({"norm_groups": 0}, "norm_groups must be at least 1, got 0"),
        ({"coarse_side": 0}, "coarse_side must be at least 1, got 0"),
        ({"nodes": 0}, "nodes must be at least 1, got 0"),
        ({"validation_count": 0}, "validation_count must be at least 1, got 0"),
        ({"evaluate_every": 0}, "evaluate_every must be at least 1, got 0"),
        ({"log_every": 0}, "log_every must be at least 1, got 0"),
        ({"workers": -1}, "workers must be at least 0, got -1"),
        ({"devices": -1}, "devices must be at least 0, got -1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"seed": 2**32}, r"seed must be below 2 \*\* 32, got 4294967296"),
        ({"generator_learning_rate": 0.0}, "generator_learning_rate must be above 0"),
        ({"discriminator_learning_rate": math.nan}, "discriminator_learning_rate must be above 0"),
        ({"min_scale": 0}, "min_scale must be above 0 and finite, got 0"),
        ({"max_scale": math.inf}, "max_scale must be above 0 and finite, got inf"),
        ({"min_scale": 1.5}, "max_scale must be at least min_scale=1.5, got 1.0"),
        ({"clip_norm": -1}, "clip_norm must be finite and at least 0, got -1"),
        ({"consistency_weight": -1}, "consistency_weight must be finite and at least 0, got -1"),
        ({"save_minutes": -1}, "save_minutes must be finite and at least 0, got -1"),
        ({"synthetic_share": 1.5}, "synthetic_share must lie between 0 and 1, got 1.5"),
        (
            {"images": "", "shards": "a.tar", "synthetic_share": 0.5},
            "synthetic_share must be 0 with shards: .* folder of images only; got 0.5",
        ),
        ({"average_decay": -0.1}, "average_decay must lie between 0 and 1, got -0.1"),
        ({"average_decay": 1}, "average_decay must be below 1, got 1"),
        ({"consistency_scales": (0.5, 1.0)}, r"consistency_scales must .* got \(0.5, 1.0\)"),
        ({"consistency_scales": (0,)}, "consistency_scales must each be above 0 and below 1"),
        ({"generator": "lama"}, "generator must be one of big_lama, .*; got 'lama'"),
        (
            {"discriminator": "nothing"},
            "discriminator must be one of none, multi_scale, patch; got 'nothing'",
        ),
        ({"masks": "thickest"}, "masks must be one of big_lama_training, .*; got 'thickest'"),
        ({"extractor": "vgg"}, "extractor must be one of none, .*vgg19_features; got 'vgg'"),
        ({"images": ""}, "give either images, a folder, or shards, tar files; got neither"),
        ({"shards": "a.tar"}, "give either images, a folder, or shards, tar files; got both"),
        ({"output": ""}, "output must name a folder, got ''"),
    ],
)
def test_values_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_ranges({**VALUES, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"workers": 0, "devices": 0, "seed": 2**32 - 1, "clip_norm": 0, "save_minutes": 0},
        {"average_decay": 0, "consistency_scales": (0.5, 0.25), "consistency_weight": 0},
        {"min_scale": 0.5, "max_scale": 0.5, "images": "", "shards": "train-{00..09}.tar"},
        {"extractor_weights": "vgg16.pth"},
        {"synthetic_share": 1},
    ],
)
def test_values_at_the_ends_of_their_ranges(changes: dict[str, Any]) -> None:
    check_ranges({**VALUES, **changes})


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("dilated_resnet50", "encoder_epoch_20.pth"),
        ("deep_stem_resnet50", "resnet50-imagenet.pth"),
        ("resnet50", "ResNet50_Weights"),
        ("vgg16_features", "VGG16_Weights"),
        ("vgg19_features", "VGG19_Weights"),
    ],
)
def test_an_extractor_needs_its_file(name: str, file: str) -> None:
    assert callable(getattr(backbones, name))
    check_ranges({**VALUES, "extractor": name, "extractor_weights": "weights.pth"})
    message = f"extractor '{name}' needs extractor_weights, .*{file}.*; extractor 'none' trains"
    with pytest.raises(ValueError, match=message):
        check_ranges({**VALUES, "extractor": name})


def test_every_function_among_the_backbones_is_an_extractor() -> None:
    functions = [name for name in backbones.__all__ if name.islower()]
    with pytest.raises(ValueError, match="extractor must be one of none, ") as caught:
        check_ranges({**VALUES, "extractor": ""})
    assert all(name in str(caught.value) for name in functions)
    assert len(functions) == 5
