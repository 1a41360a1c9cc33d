"""Networks that turn a masked image into a filled one."""

from lamakit.generators.presets import (
    big_lama,
    create_generator,
    lama_fourier,
    lama_fourier_shallow,
    list_generators,
)
from lamakit.generators.resnet import ResNetGenerator

__all__ = [
    "ResNetGenerator",
    "big_lama",
    "create_generator",
    "lama_fourier",
    "lama_fourier_shallow",
    "list_generators",
]
