"""The published recipes name parts that exist, and hold the published numbers."""

from __future__ import annotations

from dataclasses import fields

import pytest

from lamakit import backbones
from lamakit.generators import list_generators
from lamakit.losses import GlamaWeights, LamaWeights
from lamakit.masks import big_lama_training, create_mask_sampler, lama_training
from lamakit.training import get_recipe, list_recipes
from lamakit.training.recipes import recipe_settings
from lamakit.training.settings import TrainingSettings


@pytest.mark.parametrize("name", list_recipes())
def test_recipes_name_parts_that_exist(name: str) -> None:
    recipe = get_recipe(name)
    assert recipe.generator in list_generators()
    create_mask_sampler(recipe.masks)
    assert recipe.extractor is None or recipe.extractor in backbones.__all__
    assert (recipe.extractor is None) == (recipe.weights.perceptual == 0)
    assert (recipe.iterations is None) != (recipe.epochs is None)
    assert recipe.generator_learning_rate == 1e-3
    assert recipe.discriminator_learning_rate == 1e-4
    assert recipe.crop_size == 256
    assert recipe.source


def test_published_numbers() -> None:
    base, big, glama = (get_recipe(name) for name in ("lama_fourier", "big_lama", "glama"))
    assert (base.batch_size, base.iterations, base.weights) == (30, 1_000_000, LamaWeights())
    assert (big.batch_size, big.iterations) == (120, 1_000_000)
    assert create_mask_sampler(base.masks) == lama_training()
    assert create_mask_sampler(big.masks) == big_lama_training() != lama_training()
    assert (glama.batch_size, glama.epochs, glama.weights) == (20, 40, GlamaWeights())


def test_the_rows_of_lamas_third_table() -> None:
    names = ["", "_classification", "_undilated", "_vgg19", "_no_perceptual"]
    rows = [get_recipe(f"lama_regular{name}") for name in names]
    assert [row.weights.perceptual for row in rows] == [30, 1, 0.3, 0.03, 0]
    assert [row.extractor for row in rows] == [
        "dilated_resnet50",
        "dilated_resnet50",
        "deep_stem_resnet50",
        "vgg19_features",
        None,
    ]


def test_an_unknown_recipe() -> None:
    with pytest.raises(ValueError, match="no recipe is called 'lama'; known are big_lama, glama, "):
        get_recipe("lama")


@pytest.mark.parametrize("name", list_recipes())
def test_recipes_set_fields_of_the_training_settings(name: str) -> None:
    recipe = get_recipe(name)
    values = recipe_settings(recipe)
    assert values.keys() <= {field.name for field in fields(TrainingSettings)}
    assert ("steps" in values) == (recipe.iterations is not None)
    assert type(recipe.weights)(**values["weights"]) == recipe.weights
    assert values["objective"] == ("glama" if name == "glama" else "lama")
