"""Training: a step, its data, its state and settings, and the recipes of published networks."""

from lamakit.training.batches import make_loader
from lamakit.training.command_line import parse_settings
from lamakit.training.consistency import ScaleConsistency
from lamakit.training.fitting import fit_to_image
from lamakit.training.image_folder import ImageFolder
from lamakit.training.loss_history import LossHistory
from lamakit.training.mixed_images import MixedImages
from lamakit.training.muon import Muon
from lamakit.training.networks import (
    build_masks,
    build_networks,
    build_objective,
    load_trained,
)
from lamakit.training.random_crops import RandomCrop
from lamakit.training.recipes import Recipe, get_recipe, list_recipes
from lamakit.training.sample_order import SampleOrder
from lamakit.training.samples import Batch, Sample, SampleMaker
from lamakit.training.settings import TrainingSettings
from lamakit.training.shard_progress import ShardProgress
from lamakit.training.shards import ImageShards
from lamakit.training.state import TrainingState
from lamakit.training.state_files import load_state, read_settings, save_state
from lamakit.training.steps import training_step
from lamakit.training.stopping import StopSignals
from lamakit.training.synthetic import draw_synthetic_image
from lamakit.training.training_loader import build_loader
from lamakit.training.validation import Validation

__all__ = [
    "Batch",
    "ImageFolder",
    "ImageShards",
    "LossHistory",
    "MixedImages",
    "Muon",
    "RandomCrop",
    "Recipe",
    "Sample",
    "SampleMaker",
    "SampleOrder",
    "ScaleConsistency",
    "ShardProgress",
    "StopSignals",
    "TrainingSettings",
    "TrainingState",
    "Validation",
    "build_loader",
    "build_masks",
    "build_networks",
    "build_objective",
    "draw_synthetic_image",
    "fit_to_image",
    "get_recipe",
    "list_recipes",
    "load_state",
    "load_trained",
    "make_loader",
    "parse_settings",
    "read_settings",
    "save_state",
    "training_step",
]
