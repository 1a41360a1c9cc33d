"""Discriminators that accelerate prepared: R1 is computed in float32."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from lamakit.losses import LamaObjective
from tests.losses.inputs import batch, discriminator


@pytest.fixture
def accelerator() -> Iterator[Accelerator]:
    """Return an accelerator with bfloat16; its state, one in a process, is reset afterwards."""
    environment = dict(os.environ)
    AcceleratorState._reset_state(reset_partial_state=True)  # noqa: SLF001
    yield Accelerator(cpu=True, mixed_precision="bf16")
    AcceleratorState._reset_state(reset_partial_state=True)  # noqa: SLF001
    os.environ.clear()
    os.environ.update(environment)


def test_the_penalty_is_in_float32_and_the_rest_as_prepared(accelerator: Accelerator) -> None:
    model = discriminator()
    plain = LamaObjective(model).discriminator_loss(*batch()).terms
    seen: list[torch.dtype] = []
    model.head.register_forward_hook(lambda *args: seen.append(args[2].dtype))
    prepared = accelerator.prepare(model)
    forward = prepared.forward
    objective = LamaObjective(prepared)
    terms = objective.discriminator_loss(*batch()).terms
    torch.testing.assert_close(terms["r1"], plain["r1"])
    assert prepared.forward is forward
    objective.generator_loss(*batch())
    assert seen == [torch.float32, *[torch.bfloat16] * 3]
