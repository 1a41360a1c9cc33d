"""The trainings of the ablation: their settings, and their loop."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks.ablation_data import SIDE, training_masks
from benchmarks.ablation_report import BLOCKS, LOSSES, SEEDS
from benchmarks.measure import describe_machine
from lamakit.losses import GlamaWeights
from lamakit.masks import MaskSampler
from lamakit.training import (
    LossHistory,
    StopSignals,
    TrainingSettings,
    TrainingState,
    build_loader,
    build_networks,
    build_objective,
    training_step,
)

STEPS_PER_MINUTE = {"l1": 500, "neither": 400, "balanced": 400}  # by the loss, on two quiet cores
COMMON: dict[str, Any] = {
    "objective": "glama",
    "crop_size": SIDE,
    "max_scale": 3.0,
    "batch_size": 8,
    # With Adam, so few steps teach little more than brightness.
    "generator_optimizer": "muon",
    "generator_learning_rate": 4e-3,
    "schedule": "cosine",
    "average_decay": 0.99,
    "workers": 0,
}
NEITHER = {"total_variation": 0.0, "focal_frequency": 0.0}
PIXELS_ONLY: dict[str, Any] = {
    "discriminator": "none",
    "weights": {
        "l1_known": 1.0,
        "l1_missing": 5.0,
        "adversarial": 0.0,
        "feature_matching": 0.0,
        **NEITHER,
    },
}
# In so few steps a discriminator must learn fast, and the statistics of eight crops are poor.
ADVERSARIAL: dict[str, Any] = {
    "discriminator_options": {"base_channels": 16, "num_layers": 2},
    "norm": "group",
    "norm_groups": 4,
    "discriminator_learning_rate": 4e-3,
}
BALANCED = {name: getattr(GlamaWeights.balanced(), name) for name in NEITHER}
OBJECTIVES: dict[str, dict[str, Any]] = {
    "l1": PIXELS_ONLY,
    "neither": ADVERSARIAL | {"weights": NEITHER},
    "balanced": ADVERSARIAL | {"weights": BALANCED},
}


class Run(NamedTuple):
    """A training: its settings, and masks that fit its crops."""

    settings: TrainingSettings
    masks: MaskSampler


class StoppedError(Exception):
    """A signal asked to stop."""


def plan(images: Path, minutes: float, steps: int | None) -> dict[str, Run]:
    """Return all trainings by name, those with the same seed together."""
    masks = training_masks()
    kinds = [(network, "lama_training", "l1") for network in BLOCKS]
    kinds += [("fourier", name, "l1") for name in masks if name != "lama_training"]
    kinds += [("fourier", "lama_training", loss) for loss in LOSSES]
    runs = {}
    for seed in SEEDS:
        for network, name, loss in kinds:
            settings = TrainingSettings(
                images=str(images / "train"),
                generator=f"lama_{network}",
                generator_options={
                    "base_channels": 16,
                    "num_downsamplings": 2,
                    "num_blocks": BLOCKS[network],
                },
                masks=name,
                steps=steps or max(round(minutes * STEPS_PER_MINUTE[loss]), 1),
                seed=seed,
                **COMMON,
                **OBJECTIVES[loss],
            )
            runs[f"{network}-{name}-{loss}-{seed}"] = Run(settings, masks[name])
    return runs


def train(run: Run, signals: StopSignals) -> tuple[nn.Module, dict[str, Any]]:
    """Return the trained network, and what is to be known about its training."""
    settings = run.settings
    torch.manual_seed(settings.seed)
    model, discriminator = build_networks(settings)
    objective = build_objective(settings, discriminator)
    rates = settings.generator_learning_rate, settings.discriminator_learning_rate
    state = TrainingState.of(
        model,
        discriminator,
        generator_optimizer=settings.generator_optimizer,
        average_decay=settings.average_decay,
    )
    state.train()
    history = LossHistory()
    start, cpu_start = time.perf_counter(), time.process_time()
    batches = iter(build_loader(settings, run.masks, state))
    while state.step < settings.steps:
        if signals.received:
            raise StoppedError
        factor = (1 + math.cos(math.pi * state.step / settings.steps)) / 2
        state.set_learning_rates(*(factor * rate for rate in rates))
        batch = next(batches)
        values = training_step(state, objective, batch.image, batch.mask)
        if state.step > 0.9 * settings.steps:
            history.add(state.step, values)
    facts = {
        "settings": settings.to_dict(),
        "masks": repr(run.masks),
        "seed": settings.seed,
        "steps": state.step,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu_start,
        "machine": describe_machine(torch.device("cpu")),
        "losses": history.means(),  # of the last tenth of the steps
    }
    return state.best_model, facts
