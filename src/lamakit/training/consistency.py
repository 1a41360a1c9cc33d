"""Fine-tuning for high resolution: predictions at several scales of an image should agree."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lamakit._checks import check_non_negative, check_positive
from lamakit._models import evaluating, model_sizes
from lamakit._sizes import fitting_size
from lamakit.images import stack_inputs
from lamakit.images.resizing import downsample
from lamakit.losses import multi_scale_consistency_loss


@dataclass(frozen=True, kw_only=True)
class ScaleConsistency:
    """A term that teaches a model to fill large images as it fills small ones.

    The model also fills downsampled copies of the image. The term is the squared difference in the
    hole between its prediction for the image, downsampled, and that for each copy. No gradient
    flows through the copies, which the model fills in eval mode: a model that was trained on small
    images already fills those well.

    Args:
        scales: the size of each copy, above 0 and below 1, as a share of the image's.
        weight: the factor of the term, at least 0.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1)
        >>> image, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
        >>> term = ScaleConsistency(scales=(0.5,), weight=10.0)
        >>> float(term(model, torch.rand(1, 3, 64, 64), image, mask)) > 0
        True

    Source:
        The report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions"
        (Srir et al., 2023), sec. 6.3; :func:`~lamakit.losses.multi_scale_consistency_loss` lists
        the differences.
    """

    scales: tuple[float, ...]
    weight: float = 10.0

    def __post_init__(self) -> None:
        check_non_negative("weight", self.weight)
        if not self.scales:
            raise ValueError("scales must hold at least one number, got none")
        for number, scale in enumerate(self.scales):
            check_positive(f"scales[{number}]", scale)
            if scale >= 1:
                raise ValueError(f"scales[{number}] must be below 1, got {scale}")

    def __call__(self, model: nn.Module, prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
        """Return the weighted term for a prediction of the model."""
        height, width = image.shape[2:]
        losses = []
        for scale in self.scales:
            small_size = fitting_size(
                (round(height * scale), round(width * scale)), *model_sizes(model)
            )
            with torch.no_grad(), evaluating(model):  # so that no statistics change
                coarse: Tensor = model(stack_inputs(*downsample(image, mask, small_size)))
            losses.append(multi_scale_consistency_loss(prediction, coarse, mask))
        return self.weight * torch.stack(losses).mean()
