"""Networks that turn a masked image into a filled one."""

from lamakit.generators.fourier_generators import big_lama, lama_fourier, lama_fourier_shallow
from lamakit.generators.named_generators import create_generator, list_generators
from lamakit.generators.regular_generators import lama_dilated, lama_regular, lama_regular_deep
from lamakit.generators.resnet_generator import ResNetGenerator
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
