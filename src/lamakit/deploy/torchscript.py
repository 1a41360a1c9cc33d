"""A generator as a TorchScript archive, the form that common inpainting tools load."""

from __future__ import annotations

import copy
import os
import warnings

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.generators import ResNetGenerator

__all__ = ["export_torchscript"]


def export_torchscript(module: ResNetGenerator, path: str | os.PathLike[str]) -> None:
    """Write a generator to a TorchScript archive that maps image and mask to the filled image.

    The archive needs neither this library nor its code: ``torch.jit.load(path)(image, mask)``. It
    takes any number of images, of sides that are multiples of the generator's ``size_multiple`` and
    at least its ``min_size``, on the device it is moved to. Known pixels come back bit for bit.

    Args:
        module: the generator, for images of ``in_channels - 1`` channels and a mask. It is left
            alone; the archive has a copy in eval mode, in float32, on the CPU.
        path: the file, by custom ``*.pt``.

    Shape:
        - image: (B, in_channels - 1, H, W), values in [0, 1]
        - mask: (B, 1, H, W), above 0 where a pixel is missing
        - Output: (B, in_channels - 1, H, W)

    Raises:
        TypeError: if the module is not a ``ResNetGenerator``.
        ValueError: if the generator's output has not one channel less than its input, which has
            the mask beside the image.
        OSError: if the file cannot be written.

    Example:
        >>> import tempfile
        >>> from lamakit.checkpoints import read_checkpoint
        >>> from lamakit.generators import lama_fourier
        >>> path = tempfile.mkdtemp() + "/mine.pt"
        >>> export_torchscript(lama_fourier(base_channels=8, num_blocks=1), path)
        >>> read_checkpoint(path).format
        'torchscript'

    Source:
        The calling convention of the TorchScript archive of Big LaMa that inpainting tools fetch,
        which composites inside too. Difference: any mask value above 0 is missing, where that
        archive blends by the mask's value.
    """
    if not isinstance(module, ResNetGenerator):
        raise TypeError(
            f"module must be a ResNetGenerator, got {type(module).__name__}; trace other networks "
            "with torch.jit.trace"
        )
    channels = module.in_channels - 1
    if module.out_channels != channels:
        raise ValueError(
            f"the generator must map an image and a mask to such an image, but it maps "
            f"{module.in_channels} channels to {module.out_channels}"
        )
    network = _Composited(copy.deepcopy(module)).cpu().float().eval()
    side = module.min_size
    image = torch.zeros(1, channels, side, side, device="cpu")
    mask = torch.zeros(1, 1, side, side, device="cpu")
    plain = torch.autocast("cpu", enabled=False)
    with warnings.catch_warnings(), torch.no_grad(), plain:
        # Sizes stay variable: the checks on them run now and are not part of the archive.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
        # torch advises against TorchScript, which is what the tools load.
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
        torch.jit.trace(network, (image, mask), check_trace=False).save(os.fspath(path))


class _Composited(nn.Module):
    """The known pixels of the image, and the generator's everywhere else."""

    def __init__(self, model: ResNetGenerator) -> None:
        super().__init__()
        self.model = model

    @override
    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        hole = mask > 0
        inputs = torch.cat([image.masked_fill(hole, 0), hole.to(image.dtype)], dim=1)
        prediction: Tensor = self.model(inputs)
        return torch.where(hole, prediction, image)
