"""What the programs in this folder share: their data and their arguments."""

from __future__ import annotations

import argparse

import torch
from torch import Tensor
from torch.utils.data import Dataset

from lamakit.masks import lama_training
from lamakit.training import RandomCrop, SampleMaker
from lamakit.training.image_folder import find_images


class Photos(Dataset[tuple[Tensor, Tensor]]):
    """A crop of each image in a folder, with a hole; another crop and hole in every epoch."""

    def __init__(self, folder: str, size: int = 64) -> None:
        self.files = find_images(folder)
        self.make = SampleMaker(crop=RandomCrop(size=size), masks=lama_training(size), seed=0)
        # In memory that all workers share: they see it change, even persistent ones.
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return image and mask, which depend on seed, epoch and index alone."""
        return self.make(self.files[index], int(self.epoch), index)


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the arguments of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("images", help="a folder of images, at least 64 pixels wide and high")
    parser.add_argument("--output", default="weights.pth", help="where the weights go")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0, help="processes that read images")
    return parser
