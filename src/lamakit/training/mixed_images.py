"""A data set of a folder's images mixed with images that are drawn at random."""

from __future__ import annotations

from torch.utils.data import Dataset
from typing_extensions import override

from lamakit._checks import check_fraction
from lamakit.masks import generator_for_index
from lamakit.training.image_folder import ImageFolder, check_place
from lamakit.training.random_values import happens
from lamakit.training.samples import Sample
from lamakit.training.synthetic import draw_synthetic_image


class MixedImages(Dataset[Sample]):
    """The images of a folder, some of them replaced by synthetic ones.

    ``data[epoch, index]`` is, with the given probability, an image of
    :func:`draw_synthetic_image` with a random mask, whose key is "synthetic"; otherwise it is the
    folder's sample. Which of both, and the synthetic image and its mask, depend on the seed of the
    folder's maker, the epoch and the index only.

    Args:
        folder: images to mix with. Its maker says how large images are, and draws the masks.
        share: probability of a synthetic image, from 0 to 1. At 1 no file is opened.

    Raises:
        ValueError: if ``share`` is out of range; when a sample is asked for, as
            :class:`ImageFolder` does.
        TypeError: if an argument is of another type.

    Example:
        >>> import tempfile
        >>> import torch
        >>> from lamakit.images import save_image
        >>> from lamakit.masks import medium
        >>> from lamakit.training import RandomCrop, SampleMaker
        >>> folder = tempfile.mkdtemp()
        >>> save_image(torch.rand(1, 3, 80, 90), f"{folder}/photo.png")
        >>> maker = SampleMaker(crop=RandomCrop(size=64), masks=medium(64))
        >>> data = MixedImages(ImageFolder(folder, maker), share=0.5)
        >>> sorted({data[epoch, 0].key for epoch in range(20)})
        ['photo.png', 'synthetic']
    """

    def __init__(self, folder: ImageFolder, share: float) -> None:
        if not isinstance(folder, ImageFolder):
            raise TypeError(f"folder must be an ImageFolder, got {folder!r:.100}")
        check_fraction("share", share)
        self.folder = folder
        self.share = share

    def __len__(self) -> int:
        return len(self.folder)

    @override
    def __getitem__(self, place: tuple[int, int]) -> Sample:
        epoch, index = check_place(place, len(self))
        maker = self.folder.maker
        decision = generator_for_index(maker.seed, epoch, f"synthetic or not {index}")
        if not happens(self.share, decision):
            return self.folder[epoch, index]
        generator = generator_for_index(maker.seed, epoch, f"synthetic {index}")
        size = maker.crop.size
        image = draw_synthetic_image(size, generator)
        return Sample(image, maker.masks((size, size), generator=generator), "synthetic")
