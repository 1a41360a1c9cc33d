"""Frozen feature extractors, with whose features perceptual losses compare images."""

from lamakit.backbones.extractor import FeatureExtractor, FrozenExtractor
from lamakit.backbones.resnet import deep_stem_resnet50, dilated_resnet50, resnet50
from lamakit.backbones.vgg import vgg16_features, vgg19_features

__all__ = [
    "FeatureExtractor",
    "FrozenExtractor",
    "deep_stem_resnet50",
    "dilated_resnet50",
    "resnet50",
    "vgg16_features",
    "vgg19_features",
]
