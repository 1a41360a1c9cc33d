"""Evaluation of a generator during its training, on the same images and masks each time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lamakit._checks import check_at_least
from lamakit._models import first_parameter
from lamakit.evaluation import Evaluation, evaluate
from lamakit.images import read_image
from lamakit.inpainting import inpaint
from lamakit.masks import FixedMasks, MaskSampler
from lamakit.metrics import l1, psnr, ssim
from lamakit.training.image_folder import find_images


class Validation:
    """Centre crops of the images in a folder, each with a mask that is always the same.

    Args:
        folder: folder of the images, at any depth.
        masks: draws the masks.
        size: side of the crops in pixels; smaller images are left out.
        count: the number of images, at least 1: the first ones by path.
        seed: of the masks, at least 0.

    Attributes:
        images: the crops, (N, 3, size, size).
        masks: the masks, (N, 1, size, size).
        skipped: a line for each file that is left out, with the reason.

    Raises:
        ValueError: if no image of the folder can be used, or an argument is out of range.

    Example:
        >>> import tempfile
        >>> import torch
        >>> from lamakit.images import save_image
        >>> from lamakit.masks import thin
        >>> folder = tempfile.mkdtemp()
        >>> save_image(torch.rand(1, 3, 40, 50), f"{folder}/photo.png")
        >>> Validation(folder, thin(32), size=32).images.shape
        torch.Size([1, 3, 32, 32])
    """

    def __init__(
        self, folder: str, masks: MaskSampler, *, size: int, count: int = 64, seed: int = 0
    ) -> None:
        check_at_least("count", count, 1)
        self.skipped: list[str] = []
        crops: list[Tensor] = []
        for path in find_images(folder):
            if len(crops) == count:
                break
            try:
                crops.append(_centre_crop(read_image(path), size))
            except (OSError, ValueError) as error:
                self.skipped.append(f"{path}: {error}")
        if not crops:
            raise ValueError(f"no image in {folder!r} can be used: {'; '.join(self.skipped[:3])}")
        self.images = torch.cat(crops)
        self.masks = torch.stack(
            list(FixedMasks(sampler=masks, count=len(crops), size=(size, size), seed=seed))
        )

    def evaluate(self, model: nn.Module) -> Evaluation:
        """Return PSNR, SSIM and L1 in the holes as a network fills them.

        Args:
            model: the network, on any device; it is run in eval mode.
        """
        device = _device_of(model)
        return evaluate(
            model,
            (image.to(device) for image in self.images),
            (mask.to(device) for mask in self.masks),
            metrics={"PSNR": psnr, "SSIM": ssim, "L1": l1},
            batch_size=8,
        )

    def draw(self, model: nn.Module, *, columns: int = 8) -> Tensor:
        """Return a picture of the first images, as :func:`draw_fillings` does.

        Args:
            model: the network, on any device; it is run in eval mode.
            columns: the number of images, at least 1.
        """
        check_at_least("columns", columns, 1)
        return draw_fillings(model, self.images[:columns], self.masks[:columns])


def draw_fillings(model: nn.Module, image: Tensor, mask: Tensor) -> Tensor:
    """Return a picture (3, 3 * H, B * W): images with their holes, filled, and whole.

    Args:
        model: the network, on any device; it is run in eval mode.
        image: the whole images, (B, 3, H, W).
        mask: 1 where a pixel is missing, (B, 1, H, W).
    """
    image, mask = image.to(_device_of(model)), mask.to(_device_of(model))
    with torch.no_grad():
        filled = inpaint(model, image, mask)
    rows = torch.stack([torch.where(mask > 0, 1.0, image), filled, image])
    # (rows, columns, C, H, W) to (C, rows * H, columns * W)
    picture = rows.permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)
    return picture.float().clamp(0, 1).cpu()


def _centre_crop(image: Tensor, size: int) -> Tensor:
    """Return the middle of an image, or raise if it is smaller than that."""
    height, width = image.shape[2:]
    if min(height, width) < size:
        raise ValueError(f"it is {height}x{width}, smaller than {size}x{size}")
    top, left = (height - size) // 2, (width - size) // 2
    return image[..., top : top + size, left : left + size]


def _device_of(model: nn.Module) -> torch.device:
    parameter = first_parameter(model)
    return torch.device("cpu") if parameter is None else parameter.device
