"""A stack of masks with one bit for each pixel."""

from __future__ import annotations

import base64
import operator
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lamakit.masks.missing_pixels import Masks, missing_pixels


@dataclass(frozen=True, repr=False)
class MaskStack:
    """A sequence of masks of one size, stored with one bit for each pixel.

    It cannot be changed, can be compared with ``==``, and is small to send to another process.
    :meth:`of` makes one from tensors, arrays or PIL images.

    Args:
        shape: (number of masks, H, W).
        bits: the pixels, eight in a byte, the first one highest; each mask begins a new byte.

    Shape:
        - Items: (1, H, W), float32

    Raises:
        ValueError: if ``bits`` is not as long as the shape asks for.

    Example:
        >>> stack = MaskStack.of(torch.eye(3).expand(2, 3, 3))
        >>> len(stack), stack.shape
        (2, (2, 3, 3))
        >>> stack[1]
        tensor([[[1., 0., 0.],
                 [0., 1., 0.],
                 [0., 0., 1.]]])
    """

    shape: tuple[int, int, int]
    bits: bytes

    def __post_init__(self) -> None:
        expected = self.shape[0] * self._bytes_per_mask
        if len(self.bits) != expected:
            raise ValueError(
                f"bits must have {expected} bytes for shape {self.shape}, got {len(self.bits)}; "
                "MaskStack.of makes a stack from masks"
            )

    @classmethod
    def of(cls, masks: Masks) -> MaskStack:
        """Make a stack of masks.

        They are a tensor, a numpy array or a PIL image, or several of them, of one size.
        Floating-point values are above 0 where missing; bool and uint8 masks and PIL images are
        read by :func:`lamakit.images.as_mask`.

        Shape:
            - masks: (H, W), (K, H, W) or (K, 1, H, W)
        """
        missing = missing_pixels(masks)
        count, height, width = missing.shape
        if not count:
            raise ValueError("masks must be at least one, got none")
        bits = np.packbits(missing.cpu().numpy().reshape(count, -1), axis=1).tobytes()
        return cls((count, height, width), bits)

    @classmethod
    def from_text(cls, text: str, shape: tuple[int, int, int]) -> MaskStack:
        """Rebuild a stack from what its ``repr`` shows."""
        return cls(shape, zlib.decompress(base64.b85decode(text)))

    def select(self, indices: Tensor) -> Tensor:
        """Return the masks of these numbers, bool, (len(indices), H, W)."""
        packed = np.frombuffer(self.bits, dtype=np.uint8).reshape(
            self.shape[0], self._bytes_per_mask
        )
        pixels = np.unpackbits(packed[indices.numpy()], axis=1, count=self.shape[1] * self.shape[2])
        return torch.from_numpy(pixels).bool().view(-1, *self.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> Tensor:
        number = range(len(self))[operator.index(index)]  # checks it, and counts from the end
        return self.select(torch.tensor([number], device="cpu")).float()

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        text = base64.b85encode(zlib.compress(self.bits, 9)).decode()
        return f"MaskStack.from_text({text!r}, {self.shape})"

    @property
    def _bytes_per_mask(self) -> int:
        """Number of bytes of one mask."""
        return -(-self.shape[1] * self.shape[2] // 8)


def as_stack(masks: MaskStack | Masks) -> MaskStack:
    """Return a stack as it is; make one from masks of any other form, as by ``MaskStack.of``."""
    return masks if isinstance(masks, MaskStack) else MaskStack.of(masks)
