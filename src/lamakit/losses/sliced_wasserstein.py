"""The sliced Wasserstein loss: the distance between two distributions of colours."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit._dtypes import at_least_float32
from lamakit._wasserstein import sliced_wasserstein_unchecked
from lamakit.losses.loss_module import LossModule


def sliced_wasserstein_loss(
    prediction: Tensor,
    target: Tensor,
    *,
    num_directions: int = 10,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the squared Wasserstein distance of two sets of points, averaged over directions.

    The directions are random. Along each of them the distance is exact, whatever the sizes of the
    sets. The loss is 0, with zero gradient, if a set is empty.

    Args:
        prediction: the points of one set, such as the colours of the pixels in a hole.
        target: the points of the other set.
        num_directions: the number of random unit vectors, at least 1.
        generator: source of the random vectors; None for torch's global one.

    Shape:
        - prediction: (N, D)
        - target: (M, D)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes do not fit or ``num_directions`` is below 1.
        TypeError: if ``num_directions`` is not an int.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(3, 8, 8), torch.zeros(8, 8)
        >>> mask[2:5, 2:5] = 1
        >>> hole, known = image[:, mask > 0].T, image[:, mask == 0].T
        >>> sliced_wasserstein_loss(hole, hole.flip(0)).item()
        0.0
        >>> bool(sliced_wasserstein_loss(hole, known) > 0)
        True

    Source:
        Rabin and Peyre, "Wasserstein Regularization of Imaging Problem" (ICIP 2011); the report
        "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions" (Srir et al.,
        2023), sec. 4.1 and 4.2 (10 directions). Differences: the sets may differ in size; points
        and directions are averaged.
    """
    check_at_least("num_directions", num_directions, 1)
    if prediction.ndim != 2 or target.ndim != 2 or prediction.shape[1] != target.shape[1]:
        raise ValueError(
            "prediction and target must have shapes (N, D) and (M, D), got "
            f"{tuple(prediction.shape)} and {tuple(target.shape)}"
        )
    prediction = at_least_float32(prediction)
    target = at_least_float32(target).to(prediction.device)
    if 0 in (len(prediction), len(target)):
        return prediction.sum() * 0 + target.sum() * 0
    device = prediction.device if generator is None else generator.device
    shape = (prediction.shape[1], num_directions)
    directions = F.normalize(torch.randn(shape, generator=generator, device=device), dim=0).T
    return sliced_wasserstein_unchecked(prediction, target.to(prediction), directions)


class SlicedWassersteinLoss(LossModule):
    """The squared Wasserstein distance of two sets of points, averaged over random directions.

    Called with two sets, and optionally a generator of random numbers, it returns
    :func:`sliced_wasserstein_loss`.

    Args:
        num_directions: the number of random unit vectors, at least 1; new ones at every call.

    Shape:
        As :func:`sliced_wasserstein_loss`.

    Raises:
        ValueError: if ``num_directions`` is below 1, or the shapes do not fit.

    Example:
        >>> import torch
        >>> colours = torch.rand(100, 3)
        >>> SlicedWassersteinLoss(num_directions=20)(colours, colours).item()
        0.0

    Source:
        As :func:`sliced_wasserstein_loss`.
    """

    def __init__(self, *, num_directions: int = 10) -> None:
        super().__init__()
        check_at_least("num_directions", num_directions, 1)
        self.num_directions = num_directions

    @override
    def forward(
        self, prediction: Tensor, target: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        return sliced_wasserstein_loss(
            prediction, target, num_directions=self.num_directions, generator=generator
        )
