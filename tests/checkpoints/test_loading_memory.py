"""The generator of a training checkpoint costs memory for the generator, not for the checkpoint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from lamakit.checkpoints import to_published_state_dict
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from tests.checkpoints.networks import prefixed, small

MOST = 1.3  # times the generator's own size

# Loads a small file first, for what the first loading imports and allocates, and then prints how far
# the peak of the memory rises above the memory before, and the size of the generator's parameters.
PROGRAM = """
import gc, sys
from pathlib import Path
from lamakit.checkpoints import load_generator

def memory(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(key))

load_generator(sys.argv[1])
gc.collect()
Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
before = memory("VmRSS")
model = load_generator(sys.argv[2])
peak = memory("VmHWM")
print(peak - before, sum(t.nbytes for t in model.state_dict().values()))
"""


@pytest.fixture(scope="module")
def training_state() -> dict[str, Any]:
    """A training checkpoint six times as large as its generator of 50 MB."""
    torch.manual_seed(0)
    generator = to_published_state_dict(lama_fourier(base_channels=44))
    discriminator = to_published_state_dict(PatchDiscriminator())
    loss = {f"layer{i}.weight": torch.rand(1024, 1024) for i in range(24)}  # as a ResNet-50
    return {
        "state_dict": {
            **prefixed("generator.", generator),
            **prefixed("discriminator.", discriminator),
            **prefixed("loss_resnet_pl.impl.", loss),
        },
        "optimizer_states": [
            {key: torch.rand_like(tensor.float()) for key, tensor in generator.items()}
            for _ in range(2)
        ],
        "pytorch-lightning_version": "1.2.9",
    }


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measures by /proc")
@pytest.mark.parametrize("kind", ["zip", "legacy"])
def test_only_the_generator_is_in_memory(
    training_state: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    files = {tmp_path / "small": {"state_dict": to_published_state_dict(small())}}
    for path, content in {**files, tmp_path / "large": training_state}.items():
        torch.save(content, path, _use_new_zipfile_serialization=kind == "zip")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "small", tmp_path / "large"],
        capture_output=True,
        text=True,
        check=True,
    )
    growth, size = map(int, done.stdout.split())
    assert size > 50_000_000
    assert growth < MOST * size, f"{growth / size:.2f} times the generator's size"
