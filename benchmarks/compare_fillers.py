"""How well do lama_tiny and other networks fill holes, compared with the classical methods?

Every image of the folders gives the square of 256 pixels in its middle, with a medium and with a
thick hole, the same in every run::

    python -m benchmarks.compare_fillers photos more --checkpoint mine=weights.pt

For each kind of hole there is a table: the mean absolute error in grey levels of 255, SSIM and the
distance of the radial spectra in the hole; then each network's paired difference from each
classical method, with the interval that holds the mean in 95 % of the bootstrap's samples of the
images. ``--output`` writes every value of every image to CSV files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from skimage.restoration import inpaint_biharmonic
from torch import Tensor

from lamakit.checkpoints import load_pretrained
from lamakit.evaluation import Comparison, evaluate, numpy_method
from lamakit.evaluation.methods import InpaintingMethod
from lamakit.masks import AreaBounds, medium, thick
from lamakit.metrics import l1, log_spectral_distance, ssim
from lamakit.training import Validation, load_trained

SIDE, RADIUS, SAMPLES = 256, 3, 10_000
MASKS = {
    "medium": AreaBounds(medium(SIDE), max_area=0.5),
    "thick": AreaBounds(thick(SIDE), max_area=0.5),
}
METRICS = {
    "L1": lambda prediction, target, mask: 255 * l1(prediction, target, mask),
    "SSIM": ssim,
    "spectral distance": log_spectral_distance,
}


def fill_with_opencv(
    image: npt.NDArray[Any], mask: npt.NDArray[np.bool_], *, method: int
) -> npt.NDArray[Any]:
    """Return the image filled by OpenCV, which takes 8 bits for each channel."""
    levels = (image * 255).round().astype(np.uint8)
    filled = cv2.inpaint(levels, mask.astype(np.uint8), RADIUS, method)
    return np.where(mask[..., None], filled.astype(np.float32) / 255, image)


CLASSICAL: dict[str, InpaintingMethod] = {
    "Telea": numpy_method(partial(fill_with_opencv, method=cv2.INPAINT_TELEA)),
    "Navier-Stokes": numpy_method(partial(fill_with_opencv, method=cv2.INPAINT_NS)),
    "biharmonic": numpy_method(
        lambda image, mask: np.clip(inpaint_biharmonic(image, mask, channel_axis=-1), 0, 1)
    ),
}


def bootstrap(differences: Tensor) -> tuple[float, float, float]:
    """Return the mean, and the interval that holds it in 95 % of the samples."""
    values = differences[differences.isfinite()]
    generator = torch.Generator().manual_seed(0)
    chosen = torch.randint(len(values), (SAMPLES, len(values)), generator=generator)
    low, high = values[chosen].mean(dim=1).quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    return values.mean().item(), low, high


def compare(
    methods: Mapping[str, InpaintingMethod], folders: list[str], count: int, sampler: AreaBounds
) -> Comparison:
    """Fill the holes of all images with each method."""
    sets = [Validation(folder, sampler, size=SIDE, count=count) for folder in folders]
    images, masks = (
        torch.cat(parts) for parts in zip(*((s.images, s.masks) for s in sets), strict=True)
    )
    return Comparison(
        {
            name: evaluate(method, images, masks, metrics=METRICS, progress=True)
            for name, method in methods.items()
        }
    )


def difference_lines(comparison: Comparison, networks: list[str]) -> Iterator[str]:
    """Yield a line for each network, classical method and metric."""
    for network in networks:
        for classical in CLASSICAL:
            for metric, values in comparison.evaluations[network].values.items():
                others = comparison.evaluations[classical].values[metric]
                mean, low, high = bootstrap(values - others)
                yield f"{network} - {classical}, {metric}: {mean:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare networks with classical methods.")
    parser.add_argument("folders", nargs="+", help="folders of photographs")
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a further network, as load_trained reads it; may be given several times",
    )
    parser.add_argument("--count", type=int, default=1000, help="most images of a folder")
    parser.add_argument("--output", type=Path, help="folder for CSV files")
    options = parser.parse_args()
    paths = dict(checkpoint.split("=", 1) for checkpoint in options.checkpoint)
    networks = {name: load_trained(path) for name, path in paths.items()}
    networks = {"lama_tiny": load_pretrained("lama_tiny")} | networks
    methods = CLASSICAL | networks
    for kind, sampler in MASKS.items():
        comparison = compare(methods, options.folders, options.count, sampler)
        print(f"\n{kind} holes\n{comparison}")
        print(*difference_lines(comparison, list(networks)), sep="\n")
        if options.output:
            options.output.mkdir(parents=True, exist_ok=True)
            comparison.to_csv(options.output / f"{kind}.csv")


if __name__ == "__main__":
    main()
