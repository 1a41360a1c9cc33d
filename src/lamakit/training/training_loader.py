"""The loader of a training's images, as its settings describe it."""

from __future__ import annotations

from torch.utils.data import DataLoader

from lamakit.masks import MaskSampler
from lamakit.training.batches import make_loader
from lamakit.training.image_folder import ImageFolder
from lamakit.training.mixed_images import MixedImages
from lamakit.training.random_crops import RandomCrop
from lamakit.training.sample_order import SampleOrder
from lamakit.training.samples import Batch, SampleMaker
from lamakit.training.settings import TrainingSettings
from lamakit.training.shards import ImageShards
from lamakit.training.state import TrainingState


def build_loader(
    settings: TrainingSettings,
    masks: MaskSampler,
    state: TrainingState,
    *,
    rank: int = 0,
    world_size: int = 1,
    pin_memory: bool = False,
) -> DataLoader[Batch]:
    """Return a loader of the endless batches of one process, from where its training stands.

    Args:
        settings: those of the training: images or shards, share of synthetic images, crops, batch
            size and workers.
        masks: draws the masks.
        state: the training; it tells how many samples or shards were seen.
        rank: number of this process, from 0.
        world_size: number of processes.
        pin_memory: as in :func:`make_loader`.

    Raises:
        ValueError: if there is no image, or the processes cannot share a batch equally.
        OSError: if the folder cannot be read.
        ImportError: if there are shards and webdataset is missing (the extra ``train``).

    Example:
        >>> import tempfile
        >>> import torch
        >>> from lamakit.images import save_image
        >>> from lamakit.training import build_masks, build_networks
        >>> folder = tempfile.mkdtemp()
        >>> save_image(torch.rand(1, 3, 40, 50), f"{folder}/photo.png")
        >>> settings = TrainingSettings(
        ...     images=folder,
        ...     crop_size=32,
        ...     batch_size=4,
        ...     workers=0,
        ...     generator_options={"base_channels": 8, "num_blocks": 1},
        ... )
        >>> state = TrainingState.of(*build_networks(settings))
        >>> next(iter(build_loader(settings, build_masks(settings), state))).image.shape
        torch.Size([4, 3, 32, 32])
    """
    crop = RandomCrop(
        size=settings.crop_size,
        min_scale=settings.min_scale,
        max_scale=settings.max_scale,
        mirror=settings.mirror,
    )
    maker = SampleMaker(crop=crop, masks=masks, seed=settings.seed)
    batch_size = settings.micro_batch(world_size) * settings.accumulate
    data: ImageShards | ImageFolder | MixedImages
    if settings.shards:
        order = None
        data = ImageShards(
            settings.shards, maker, rank=rank, world_size=world_size, start_shard=state.shard
        )
    else:
        data = ImageFolder(settings.images, maker)
        if settings.synthetic_share:
            data = MixedImages(data, settings.synthetic_share)
        order = SampleOrder(
            len(data),
            batch_size=batch_size,
            seed=settings.seed,
            rank=rank,
            world_size=world_size,
            start=state.samples,
        )
    return make_loader(
        data, batch_size=batch_size, workers=settings.workers, order=order, pin_memory=pin_memory
    )
