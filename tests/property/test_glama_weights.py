"""What GlamaWeights.balanced() promises, at the length that it tells of."""

from __future__ import annotations

import pytest
import torch

from benchmarks.bench_glama_weights import train
from lamakit.losses import GlamaWeights


@pytest.mark.slow
def test_both_of_glamas_own_losses_matter() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that every machine takes about the same way
    try:
        shares = train(GlamaWeights.balanced(), seed=1, steps=500)
    finally:
        torch.set_num_threads(threads)
    assert 0.05 <= shares["total_variation"] <= 0.2
    assert 0.05 <= shares["focal_frequency"] <= 0.2
