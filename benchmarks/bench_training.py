"""What does a training step cost beside its networks? Prints time, memory and the wait for data.

The reference is what no training can do without: the forward and backward passes of both losses. A
whole step also clips the gradients, changes the weights by Adam and updates their moving average.
On a CPU one thread computes, and one process loads photographs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import torch
from lightning_fabric import Fabric
from PIL import Image
from skimage import data
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.measure import describe_machine, peak_in_process, peak_memory, time_ratio
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import stack_inputs
from lamakit.losses import LamaObjective
from lamakit.masks import lama_training
from lamakit.training import (
    Batch,
    ImageFolder,
    RandomCrop,
    SampleMaker,
    SampleOrder,
    TrainingState,
    make_loader,
    training_step,
)

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
PHOTOGRAPH_SIDE = 512  # the shorter one
STEPS = 30  # in which the wait for data is measured


class Setup(NamedTuple):
    """The size of a generator and of its batches. The discriminator is as wide."""

    base_channels: int
    num_blocks: int
    side: int
    batch: int


SETUPS = {
    "small": Setup(base_channels=16, num_blocks=2, side=64, batch=8),
    "larger": Setup(base_channels=32, num_blocks=4, side=128, batch=4),
}


class Training:
    """A training of the given size, and the bare passes of its networks."""

    def __init__(self, setup: Setup, device: torch.device) -> None:
        torch.manual_seed(0)
        channels, side = setup.base_channels, setup.side
        model = lama_fourier(base_channels=channels, num_blocks=setup.num_blocks)
        self.model: nn.Module = model.to(device)
        self.discriminator = PatchDiscriminator(base_channels=channels).to(device)
        self.image = torch.rand(setup.batch, 3, side, side, device=device)
        self.mask = lama_training(side).batch(setup.batch, (side, side), device=device)
        self.fabric = Fabric(accelerator=device.type, devices=1)

    def begin(self) -> None:
        """Build what a step needs beside the networks."""
        self.state = TrainingState.of(self.model, self.discriminator)
        self.state.set_up(self.fabric)
        self.state.train()
        wrapped = cast("nn.Module", self.state.discriminator)
        self.objective = LamaObjective(wrapped)

    def step(self) -> None:
        self.step_on(self.image, self.mask)

    def step_on(self, image: Tensor, mask: Tensor) -> None:
        training_step(self.state, self.objective, image, mask, fabric=self.fabric)

    def passes(self) -> None:
        objective = LamaObjective(self.discriminator)
        self.model.zero_grad()
        prediction = self.model(stack_inputs(self.image, self.mask))
        objective.generator_loss(prediction, self.image, self.mask).total.backward()
        self.discriminator.zero_grad()
        objective.discriminator_loss(prediction, self.image, self.mask).total.backward()

    def state_size(self) -> float:
        """Return how much Adam's two moments and the moving average hold, in MiB."""
        networks = (self.model, self.discriminator)
        moments = 2 * sum(p.nbytes for network in networks for p in network.parameters())
        average = sum(tensor.nbytes for tensor in self.model.state_dict().values())
        return float(moments + average) / 2**20


def peak_of(name: str, device: torch.device) -> float:
    """Return the peak of "small, whole step" and the like, above what the idle networks hold."""
    size, _, kind = name.partition(", ")
    tiny = Training(Setup(base_channels=4, num_blocks=1, side=32, batch=2), device)
    tiny.begin()
    tiny.step()  # Python imports on the way
    training = Training(SETUPS[size], device)

    def whole_steps() -> None:
        training.begin()
        for _ in range(2):  # in the second, the moments lie beside the activations
            training.step()

    def bare_passes() -> None:
        for _ in range(2):
            training.passes()

    return peak_memory(whole_steps if kind == "whole step" else bare_passes, device)


def write_photographs(folder: str) -> None:
    """Write photographs as JPEG files, at the size of a usual data set."""
    for name in PHOTOGRAPHS:
        photograph = Image.fromarray(getattr(data, name)())
        scale = PHOTOGRAPH_SIDE / min(photograph.size)
        size = round(photograph.width * scale), round(photograph.height * scale)
        photograph.resize(size).save(Path(folder) / f"{name}.jpg", quality=90)


def load(folder: str, setup: Setup, workers: int) -> DataLoader[Batch]:
    """Return batches of crops at scales from 1 to 2, with masks."""
    crop = RandomCrop(size=setup.side, max_scale=2.0)
    photographs = ImageFolder(folder, SampleMaker(crop=crop, masks=lama_training(setup.side)))
    order = SampleOrder(len(photographs), batch_size=setup.batch)
    return make_loader(photographs, batch_size=setup.batch, workers=workers, order=order)


def share_of_waiting(training: Training, batches: DataLoader[Batch], device: torch.device) -> float:
    """Return the share of the time of steps that goes by before their batch is there."""
    stream, waited = iter(batches), 0.0
    next(stream)  # the process that loads has started
    start = time.perf_counter()
    for _ in range(STEPS):
        begin = time.perf_counter()
        batch = next(stream)
        waited += time.perf_counter() - begin
        training.step_on(batch.image.to(device), batch.mask.to(device))
    return waited / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peak-of", help="print the peak memory of this one job in MiB, no times")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    torch.set_num_threads(1)
    if arguments.peak_of:
        print(peak_of(arguments.peak_of, device))
        return
    print(describe_machine(device))
    # The time that the process computes, whatever else the machine does; a GPU is waited for.
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    compare = partial(time_ratio, device=device, rounds=arguments.rounds, clock=clock)
    for name, setup in SETUPS.items():
        training = Training(setup, device)
        training.begin()
        print(name, setup)
        print(f"  time of a step: {compare(training.step, training.passes)}")
        step, passes = (
            peak_in_process("benchmarks.bench_training", f"{name}, {kind}", device)
            for kind in ("whole step", "bare passes")
        )
        print(f"  peak memory: {step:.0f} MiB, bare {passes:.0f} MiB, ratio {step / passes:.3f}")
        print(f"  Adam's moments and the average hold {training.state_size():.0f} MiB", flush=True)
    setup = SETUPS["small"]  # the shorter a step, the sooner its data is late
    training = Training(setup, device)
    training.begin()
    with tempfile.TemporaryDirectory() as folder:
        write_photographs(folder)
        draw = partial(next, iter(load(folder, setup, workers=0)))
        print(f"small, a batch loaded against a step: {compare(draw, training.step)}")
        share = share_of_waiting(training, load(folder, setup, workers=1), device)
    print(f"  share of the time spent waiting, with one process that loads: {share:.1%}")


if __name__ == "__main__":
    main()
