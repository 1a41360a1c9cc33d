"""How much does fitting a network to each image gain? Prints and draws the error in the hole.

For each photograph of a folder, a square from its middle gets a hole, the same in every run. A
trained network, if there is one, and a new one are fitted to it for some time, and fill the hole.
The error is the mean absolute difference to the photograph inside the hole, in grey levels of 255.
On a machine that others use too, seconds mean little: give ``--steps``.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from benchmarks.measure import describe_machine
from lamakit.checkpoints import load_generator
from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint
from lamakit.masks import AreaBounds, thick
from lamakit.metrics import l1
from lamakit.training import Validation, fit_to_image

Fit = Callable[[nn.Module, Tensor, Tensor], nn.Module]
"""From a network, an image and its mask to the network to fill it with."""


class Gain(NamedTuple):
    """The errors of all photographs after some fitting, and the mean seconds it took."""

    errors: list[float]
    seconds: float


def mean_and_error(values: list[float]) -> tuple[float, float]:
    """Return the mean and its standard error, NaN for a single value."""
    count = len(values)
    error = statistics.stdev(values) / math.sqrt(count) if count > 1 else math.nan
    return statistics.fmean(values), error


def new_network() -> nn.Module:
    """Return a small Fourier generator with random weights, always the same."""
    torch.manual_seed(0)
    return lama_fourier(base_channels=16, num_blocks=4, num_downsamplings=2)


def measure(start: Callable[[], nn.Module], fit: Fit, images: Tensor, masks: Tensor) -> Gain:
    """Fit a network to each image from the same start, and fill the image's hole."""
    errors = []
    began = time.perf_counter()
    for image, mask in zip(images.split(1), masks.split(1), strict=True):
        model = fit(start().to(image.device), image, mask)
        with torch.inference_mode():
            filled = inpaint(model, image, mask)
        errors.append(float(l1(filled, image, mask)) * 255)
    return Gain(errors, (time.perf_counter() - began) / len(images))


def fit_for(amount: float, *, in_steps: bool, learning_rate: float) -> Fit:
    """Return a function that fits a network for so many seconds or steps; 0 leaves it as it is."""

    def fit(model: nn.Module, image: Tensor, mask: Tensor) -> nn.Module:
        if amount == 0:
            return model
        return fit_to_image(
            model,
            image,
            mask,
            seconds=amount,
            steps=int(amount) if in_steps else None,
            learning_rate=learning_rate,
            generator=torch.Generator().manual_seed(0),
        )

    return fit


def describe(name: str, amount: str, gain: Gain, before: Gain) -> str:
    """Return a line of the table: the error, and how much lower it is than before fitting."""
    mean, error = mean_and_error(gain.errors)
    pairs = zip(before.errors, gain.errors, strict=True)
    lower, lower_error = mean_and_error([first - now for first, now in pairs])
    return (
        f"  {name} network, {amount}: {mean:.2f} ± {error:.2f}, "
        f"lower by {lower:.2f} ± {lower_error:.2f}; {gain.seconds:.1f} s for each photograph"
    )


def draw(gains: dict[str, dict[float, Gain]], unit: str, path: Path) -> None:
    """Draw the mean errors with their standard errors, and save the figure."""
    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, by_amount in gains.items():
        means, errors = zip(*(mean_and_error(g.errors) for g in by_amount.values()), strict=True)
        axis.errorbar(
            list(by_amount), means, errors, marker="o", capsize=3, label=f"{name} network"
        )
    axis.set_xlabel(f"{unit} of fitting")
    axis.set_ylabel("mean error in the hole, grey levels of 255")
    axis.legend()
    figure.savefig(path, dpi=150)


def parse_arguments() -> argparse.Namespace:
    """Read the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="of the photographs")
    parser.add_argument("--checkpoint", type=Path, help="weights of a trained network")
    parser.add_argument("--average", action="store_true", help="take their moving average")
    parser.add_argument("--count", type=int, default=8, help="number of photographs")
    parser.add_argument("--size", type=int, default=256, help="side of the squares in pixels")
    parser.add_argument("--seconds", type=float, nargs="+", default=[2, 5, 10, 20, 40])
    parser.add_argument("--steps", type=int, nargs="+", help="numbers of steps, not seconds")
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="of the trained network")
    parser.add_argument("--new-learning-rate", type=float, default=3e-3, help="of the new network")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--output", type=Path, default=Path("fit_gain.png"), help="the figure")
    return parser.parse_args()


def main() -> None:
    """Fit from both starts for every amount of time, print the table and draw it."""
    options = parse_arguments()
    device = torch.device(options.device)
    bounded = AreaBounds(thick(options.size), max_area=0.5)
    data = Validation(options.folder, bounded, size=options.size, count=options.count)
    images, masks = data.images.to(device), data.masks.to(device)
    starts: dict[str, Callable[[], nn.Module]] = {"new": new_network}
    if options.checkpoint is not None:
        starts["trained"] = partial(load_generator, options.checkpoint, average=options.average)
    unit, amounts = ("steps", options.steps) if options.steps else ("seconds", options.seconds)

    print(describe_machine(device))
    print(f"{len(images)} photographs, mean area of the holes {float(masks.mean()):.2f}")
    print("mean error in the hole, grey levels of 255; ± is the standard error of the mean")
    rates = {"new": options.new_learning_rate, "trained": options.learning_rate}
    gains: dict[str, dict[float, Gain]] = {name: {} for name in starts}
    for name, start in starts.items():
        for amount in (0, *amounts):
            fit = fit_for(amount, in_steps=unit == "steps", learning_rate=rates[name])
            gain = gains[name][amount] = measure(start, fit, images, masks)
            print(describe(name, f"{amount:g} {unit}", gain, gains[name][0]), flush=True)
    draw(gains, unit, options.output)
    print(f"figure: {options.output}")


if __name__ == "__main__":
    main()
