"""The settings of a training run: their checks, recipes, and what a checkpoint keeps of them."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
import re
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
import torch

from lamakit.losses import GlamaWeights, LamaWeights
from lamakit.training import get_recipe, list_recipes
from lamakit.training.settings import TrainingSettings


def settings(**changes: Any) -> TrainingSettings:
    return TrainingSettings(**{"images": "photos", **changes})


def test_every_field_is_documented_in_its_order() -> None:
    arguments = (inspect.getdoc(TrainingSettings) or "").split("\nArgs:\n")[1].split("\n\n")[0]
    documented = re.findall(r"^    (\w+): ", arguments, re.MULTILINE)
    assert documented == [field.name for field in fields(TrainingSettings)]


def test_the_defaults_are_lama_fouriers_without_a_perceptual_loss() -> None:
    assert settings() == TrainingSettings.from_recipe(
        "lama_fourier", images="photos", extractor="none"
    )


def test_settings_are_values() -> None:
    one, other = settings(weights={"r1": 1}), settings(weights={"r1": 1.0})
    assert one == other != settings()
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one
    assert replace(one, seed=1).weights == {"r1": 1}
    with pytest.raises(FrozenInstanceError):
        one.seed = 1  # type: ignore[misc]


def test_no_mapping_is_shared() -> None:
    options: dict[str, Any] = {"ratio": [0.5]}
    one, other = settings(generator_options=options), settings()
    options["ratio"].append(0.75)
    options["num_blocks"] = 3
    assert one.generator_options == {"ratio": [0.5]}
    assert settings().generator_options is not other.generator_options
    one.to_dict()["generator_options"]["ratio"].append(1)
    assert one.generator_options == {"ratio": [0.5]}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"batch_size": "30"}, TypeError, "batch_size must be an int, got '30' of type str"),
        ({"mirror": 1}, TypeError, "mirror must be a bool, got 1 of type int"),
        ({"weights": {"r1": "x"}}, TypeError, r"weights\['r1'\] must be a number, got 'x'"),
        ({"mask_options": {"a": object}}, TypeError, r"mask_options\['a'\] must be"),
        ({"norm": "layer"}, ValueError, "norm must be one of batch, sync_batch, group; got"),
        ({"schedule": ""}, ValueError, "schedule must be one of constant, cosine; got ''"),
        ({"precision": "fp8"}, ValueError, "precision must be one of fp32, bf16, fp16; got 'fp8'"),
        ({"accelerator": "gpu"}, ValueError, "accelerator must be one of auto, cpu, cuda, mps"),
        ({"objective": "gan"}, ValueError, "objective must be one of lama, glama; got 'gan'"),
        ({"crop_size": 0}, ValueError, "crop_size must be at least 1, got 0"),
        ({"images": ""}, ValueError, "give either images"),
        ({"weights": {"r1": -1}}, ValueError, "weights: r1 must be finite and at least 0, got -1"),
        ({"accumulate": 4}, ValueError, "batch_size 30 cannot be cut into 4 equal parts"),
        ({"devices": 2, "nodes": 2}, ValueError, "cannot be cut into 4 equal parts"),
    ],
)
def test_wrong_settings(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        settings(**changes)


def test_weights_change_the_objectives_defaults() -> None:
    assert settings().objective_weights() == LamaWeights()
    changed = settings(weights={"l1_known": 5, "adversarial": 0}).objective_weights()
    assert changed == LamaWeights(l1_known=5, adversarial=0)
    glama = settings(objective="glama", weights={"total_variation": 300}).objective_weights()
    assert glama == GlamaWeights(total_variation=300)
    expected = "weights of objective 'lama' must be one of l1_known, .*, r1; got 'total_variation'"
    with pytest.raises(ValueError, match=expected):
        settings(weights={"total_variation": 300})


def test_the_micro_batch() -> None:
    assert settings().micro_batch(1) == 30
    assert settings(batch_size=120, accumulate=3).micro_batch(8) == 5
    message = r"equal parts \(processes: 4, accumulate: 2\): give batch_size 24 or 32"
    with pytest.raises(ValueError, match=f"batch_size 30 cannot be cut into 8 {message}"):
        settings(accumulate=2).micro_batch(4)
    with pytest.raises(ValueError, match=r"accumulate: 1\): give batch_size 64$"):
        settings().micro_batch(64)
    with pytest.raises(ValueError, match="world_size must be at least 1, got 0"):
        settings().micro_batch(0)


@pytest.mark.parametrize("name", list_recipes())
def test_settings_from_every_recipe(name: str) -> None:
    recipe = get_recipe(name)
    changes = {"steps": 7} if recipe.iterations is None else {}
    found = TrainingSettings.from_recipe(
        name, images="photos", extractor_weights="weights.pth", seed=3, **changes
    )
    assert found.objective_weights() == recipe.weights
    assert type(found.objective_weights()) is type(recipe.weights)
    assert found.extractor == (recipe.extractor or "none")
    assert found.steps == (recipe.iterations or 7)
    same = ["generator", "masks", "crop_size", "batch_size"]
    same += ["generator_learning_rate", "discriminator_learning_rate"]
    assert all(getattr(found, field) == getattr(recipe, field) for field in same)
    assert found.seed == 3


def test_what_recipes_do_not_say() -> None:
    with pytest.raises(ValueError, match="'glama' was trained for 40 epochs: give steps, 40 "):
        TrainingSettings.from_recipe("glama", images="photos", extractor="none")
    with pytest.raises(ValueError, match="of MIT CSAIL's ImageNet weights for deep_stem_resnet50"):
        TrainingSettings.from_recipe("lama_regular_undilated", images="photos")
    free = TrainingSettings.from_recipe("lama_regular_no_perceptual", images="photos")
    assert (free.extractor, free.weights) == ("none", {"perceptual": 0})


def test_changes_of_a_recipe() -> None:
    changed = TrainingSettings.from_recipe(
        "lama_regular_vgg19",
        images="photos",
        extractor_weights="vgg19.pth",
        weights={"r1": 1},
        steps=5,
    )
    assert changed.weights == {"perceptual": 0.03, "r1": 1}
    assert changed.steps == 5
    with pytest.raises(TypeError, match="batch_sise"):
        TrainingSettings.from_recipe("lama_fourier", images="a", extractor="none", batch_sise=3)
    with pytest.raises(ValueError, match="no recipe is called 'lama'"):
        TrainingSettings.from_recipe("lama")


def test_a_checkpoint_holds_them() -> None:
    one = settings(
        generator_options={"ratio": 0.5, "names": ["a"]}, consistency_scales=(0.5,), weights={}
    )
    file = io.BytesIO()
    torch.save(one.to_dict(), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    assert loaded == one.to_dict()
    assert set(loaded) == {field.name for field in fields(TrainingSettings)}
    assert TrainingSettings(**loaded) == one


@pytest.mark.parametrize(
    ("mine", "others", "differences"),
    [
        ({}, {}, []),
        ({"steps": 5, "seed": 1, "batch_size": 4}, {"norm_groups": 4, "coarse_side": 64}, []),
        ({"norm": "sync_batch"}, {}, []),
        ({"norm": "group"}, {}, ["norm", "norm_groups"]),
        ({"norm": "group"}, {"norm": "group", "norm_groups": 4}, ["norm_groups"]),
        ({"coarse_from": "a.pt"}, {"coarse_from": "b.pt"}, []),
        ({"coarse_from": "a.pt"}, {}, ["coarse_from", "coarse_side"]),
        (
            {"coarse_from": "a.pt"},
            {"coarse_from": "a.pt", "coarse_side": 64},
            ["coarse_side"],
        ),
        (
            {"generator": "big_lama", "discriminator": "multi_scale"},
            {"generator_options": {"ratio": 0.5}, "discriminator_options": {"num_layers": 3}},
            ["generator", "generator_options", "discriminator", "discriminator_options"],
        ),
    ],
)
def test_differences(mine: dict[str, Any], others: dict[str, Any], differences: list[str]) -> None:
    saved = settings(**others).to_dict()
    assert settings(**mine).differences(saved) == differences


def test_a_field_that_others_lack_differs() -> None:
    saved = settings().to_dict()
    del saved["discriminator"]
    assert settings().differences(saved) == ["discriminator"]


def test_a_generator_alone_has_no_adversarial_terms() -> None:
    with pytest.raises(ValueError, match="discriminator 'none' needs weights of 0 for adversarial"):
        settings(discriminator="none", weights={"adversarial": 0.0})
    weights = {"adversarial": 0.0, "feature_matching": 0.0}
    assert settings(discriminator="none", weights=weights).discriminator == "none"
