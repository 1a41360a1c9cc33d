"""Networks that turn a masked image into a filled one."""

from lamakit.generators.fourier import big_lama, lama_fourier, lama_fourier_shallow
from lamakit.generators.presets import create_generator, list_generators
from lamakit.generators.regular import lama_dilated, lama_regular, lama_regular_deep
from lamakit.generators.resnet import ResNetGenerator
from lamakit.generators.two_stage import TwoStageGenerator

__all__ = [
    "ResNetGenerator",
    "TwoStageGenerator",
    "big_lama",
    "create_generator",
    "lama_dilated",
    "lama_fourier",
    "lama_fourier_shallow",
    "lama_regular",
    "lama_regular_deep",
    "list_generators",
]
