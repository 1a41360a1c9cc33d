"""A training step with a conditional discriminator."""

from __future__ import annotations

import copy

import pytest
import torch

from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.losses import LamaObjective
from lamakit.training import TrainingState, training_step


def test_each_part_gets_its_condition() -> None:
    torch.manual_seed(0)
    model = lama_fourier(base_channels=4, num_blocks=1, norm_layer=torch.nn.Identity)
    judge = PatchDiscriminator(4, base_channels=4, num_layers=2, norm_layer=None)
    image, mask = torch.rand(4, 3, 32, 32), torch.zeros(4, 1, 32, 32)
    mask[:2, :, :8], mask[2:, :, 8:] = 1, 1
    values = []
    for parts in (1, 2):
        state = TrainingState.of(copy.deepcopy(model), copy.deepcopy(judge))
        objective = LamaObjective(state.discriminator)
        values.append(training_step(state, objective, image, mask, condition=mask, parts=parts))
    torch.testing.assert_close(values[1], values[0], rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="condition and image must have one batch size, got 3"):
        training_step(state, objective, image, mask, condition=mask[:3])
