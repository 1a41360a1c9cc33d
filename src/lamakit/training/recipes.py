"""The settings with which published networks were trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from lamakit._registry import look_up
from lamakit.losses import GlamaWeights, LamaWeights


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings with which a published network was trained.

    Generator and discriminator were trained by Adam with constant learning rates.

    Args:
        generator: name of the generator, as ``create_generator`` takes it.
        masks: name of the mask sampler, as ``create_mask_sampler`` takes it.
        extractor: name of the function in :mod:`lamakit.backbones` that builds the extractor of the
            perceptual loss; None for no perceptual loss.
        extractor_weights: the weights with which the extractor was pretrained.
        weights: the weights of the losses.
        crop_size: side of the random crops, in pixels (GLaMa resized the images of FFHQ to it).
        batch_size: number of images in a training step.
        iterations: number of training steps; None if the number of epochs is published.
        epochs: number of passes over the data set; None if the number of steps is published.
        generator_learning_rate: learning rate of the generator.
        discriminator_learning_rate: learning rate of the discriminator.
        source: where the settings are published.

    Example:
        >>> recipe = get_recipe("big_lama")
        >>> recipe.batch_size, recipe.iterations, recipe.generator_learning_rate
        (120, 1000000, 0.001)
    """

    generator: str
    masks: str
    extractor: str | None
    extractor_weights: str | None
    weights: LamaWeights
    crop_size: int = 256
    batch_size: int = 30
    iterations: int | None = 1_000_000
    epochs: int | None = None
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 1e-4
    source: str


_LAMA_FOURIER = Recipe(
    generator="lama_fourier",
    masks="lama_training",
    extractor="dilated_resnet50",
    extractor_weights="MIT CSAIL's ADE20K encoder",
    weights=LamaWeights(),
    source="LaMa, sec. 3 (implementation details); released configuration",
)
_LAMA_REGULAR = replace(
    _LAMA_FOURIER,
    generator="lama_regular",
    source="LaMa, sec. 3 and Table 3, first row; released configuration",
)


def _perceptual(extractor: str, weight: float, weights: str, row: str) -> Recipe:
    return replace(
        _LAMA_REGULAR,
        extractor=extractor,
        extractor_weights=weights,
        weights=LamaWeights(perceptual=weight),
        source=f"LaMa, Table 3, {row} row; released configuration, for the weight",
    )


_RECIPES = {
    "lama_fourier": _LAMA_FOURIER,
    "lama_regular": _LAMA_REGULAR,
    "big_lama": replace(
        _LAMA_FOURIER,
        generator="big_lama",
        masks="big_lama_training",
        batch_size=120,
        source="LaMa, sec. 3.4; released configuration, for the masks",
    ),
    "lama_regular_classification": _perceptual(
        "dilated_resnet50", 1, "MIT CSAIL's ImageNet weights", "second"
    ),
    "lama_regular_undilated": _perceptual(
        "deep_stem_resnet50", 0.3, "MIT CSAIL's ImageNet weights", "third"
    ),
    "lama_regular_vgg19": _perceptual(
        "vgg19_features", 0.03, "torchvision's ImageNet weights", "fourth"
    ),
    "lama_regular_no_perceptual": replace(
        _LAMA_REGULAR,
        extractor=None,
        extractor_weights=None,
        weights=LamaWeights(perceptual=0),
        source="LaMa, Table 3, fifth row",
    ),
    "lama_regular_narrow": replace(
        _LAMA_REGULAR,
        masks="deepfill_like",
        source="LaMa, Table 4 (narrow training masks); released configuration",
    ),
    "glama": replace(
        _LAMA_FOURIER,
        masks="glama_general",
        weights=GlamaWeights(),
        batch_size=20,
        iterations=None,
        epochs=40,
        source="GLaMa, sec. 3.2, 3.3 and 4.2, which does not say how deep the generator was",
    ),
}


def get_recipe(name: str) -> Recipe:
    """Return the recipe with that name.

    Args:
        name: one of :func:`list_recipes`.

    Raises:
        ValueError: if no recipe has that name; the message lists the names that exist.

    Example:
        >>> get_recipe("lama_regular_vgg19").weights.perceptual
        0.03
    """
    return look_up("recipe", name, _RECIPES)


def list_recipes() -> list[str]:
    """Return the names of all recipes, sorted.

    Example:
        >>> list_recipes()[:3]
        ['big_lama', 'glama', 'lama_fourier']
    """
    return sorted(_RECIPES)


def recipe_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the fields of :class:`TrainingSettings` that a recipe sets.

    Steps are among them only if the recipe has ``iterations``, and the weights are those that
    differ from their defaults.
    """
    defaults = asdict(type(recipe.weights)())
    weights = asdict(recipe.weights).items()
    values = {
        "generator": recipe.generator,
        "masks": recipe.masks,
        "objective": "glama" if isinstance(recipe.weights, GlamaWeights) else "lama",
        "weights": {term: value for term, value in weights if value != defaults[term]},
        "extractor": recipe.extractor or "none",
        "crop_size": recipe.crop_size,
        "batch_size": recipe.batch_size,
        "generator_learning_rate": recipe.generator_learning_rate,
        "discriminator_learning_rate": recipe.discriminator_learning_rate,
    }
    return values if recipe.iterations is None else {**values, "steps": recipe.iterations}
