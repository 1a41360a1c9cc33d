"""The focal frequency loss: the distance of two spectra, most where they differ most."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map, check_non_negative, check_same_shape
from lamakit._dtypes import at_least_float32

__all__ = ["FocalFrequencyLoss", "focal_frequency_loss"]


def focal_frequency_loss(
    prediction: Tensor,
    target: Tensor,
    *,
    alpha: float = 1.0,
    patch_factor: int = 1,
    average_spectrum: bool = False,
    log_weight: bool = False,
    batch_weight: bool = False,
    normalize_weight: bool = True,
) -> Tensor:
    """The mean squared distance of two spectra, weighted by that distance itself.

    The weight is the magnitude of the difference to the power of ``alpha``, without gradient. With
    normalised weights the loss is at most the mean squared error of the pixels.

    Args:
        prediction: the network's output.
        target: the true image.
        alpha: how much more the frequencies count that differ more, from 0 (all alike) up.
        patch_factor: the image is cut into this many pieces a side, each with its own spectrum.
        average_spectrum: whether spectra are averaged over the batch before they are compared.
        log_weight: whether ln(1 + weight) replaces the weight, which evens it out.
        batch_weight: whether weights are divided by the largest of the whole batch rather than
            each spectrum's own.
        normalize_weight: whether weights are divided by their maximum, and so lie in [0, 1].

    Shape:
        - prediction, target: (B, C, H, W), sides divisible by ``patch_factor``
        - Output: a scalar from 0 up

    Raises:
        ValueError: if an argument is out of range or the shapes do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> target = torch.zeros(1, 3, 8, 8)
        >>> focal_frequency_loss(target + 0.5, target)  # one frequency differs, so its weight is 1
        tensor(0.2500)

    Source:
        Jiang et al., "Focal Frequency Loss for Image Reconstruction and Synthesis" (ICCV 2021),
        sec. 3, with orthonormal transforms; patches, averaged spectra, logarithmic weights and
        those of the whole batch are options of its released code. GLaMa, eq. 8-9, which has no
        division by the maximum: that is ``normalize_weight=False``.
    """
    check_same_shape("prediction", prediction, "target", target)
    check_feature_map("prediction", prediction)
    check_non_negative("alpha", alpha)
    check_at_least("patch_factor", patch_factor, 1)
    # The transform is linear: one transform of the difference does for both images.
    difference = at_least_float32(prediction) - at_least_float32(target)
    spectrum = torch.fft.fft2(_pieces(difference, patch_factor), norm="ortho")
    if average_spectrum:
        spectrum = spectrum.mean(dim=0, keepdim=True)
    squared = spectrum.real.square() + spectrum.imag.square()
    weight = squared.detach() ** (alpha / 2)
    if log_weight:
        weight = weight.log1p()
    if normalize_weight:
        largest = weight.amax() if batch_weight else weight.amax(dim=(-2, -1), keepdim=True)
        weight = weight / largest.clamp(min=torch.finfo(weight.dtype).tiny)
    loss: Tensor = (weight * squared).mean()
    return loss


class FocalFrequencyLoss(nn.Module):
    """The mean squared distance of two spectra, weighted by that distance itself.

    Called with prediction and target it returns what :func:`focal_frequency_loss` does.

    Args:
        alpha: how much more the frequencies count that differ more, from 0 (all alike) up.
        patch_factor: the image is cut into this many pieces a side, each with its own spectrum.
        average_spectrum: whether spectra are averaged over the batch before they are compared.
        log_weight: whether ln(1 + weight) replaces the weight.
        batch_weight: whether weights are divided by the largest of the whole batch.
        normalize_weight: whether weights are divided by their maximum.

    Shape:
        - prediction, target: (B, C, H, W), sides divisible by ``patch_factor``
        - Output: a scalar from 0 up

    Raises:
        ValueError: if an argument is out of range or the shapes do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image = torch.rand(2, 3, 32, 48)
        >>> FocalFrequencyLoss(patch_factor=4)(image, image).item()
        0.0

    Source:
        As :func:`focal_frequency_loss`.
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        patch_factor: int = 1,
        average_spectrum: bool = False,
        log_weight: bool = False,
        batch_weight: bool = False,
        normalize_weight: bool = True,
    ) -> None:
        super().__init__()
        check_non_negative("alpha", alpha)
        check_at_least("patch_factor", patch_factor, 1)
        self.alpha = alpha
        self.patch_factor = patch_factor
        self.average_spectrum = average_spectrum
        self.log_weight = log_weight
        self.batch_weight = batch_weight
        self.normalize_weight = normalize_weight

    @override
    def extra_repr(self) -> str:
        return (
            f"alpha={self.alpha}, patch_factor={self.patch_factor}, "
            f"average_spectrum={self.average_spectrum}, log_weight={self.log_weight}, "
            f"batch_weight={self.batch_weight}, normalize_weight={self.normalize_weight}"
        )

    @override
    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return focal_frequency_loss(
            prediction,
            target,
            alpha=self.alpha,
            patch_factor=self.patch_factor,
            average_spectrum=self.average_spectrum,
            log_weight=self.log_weight,
            batch_weight=self.batch_weight,
            normalize_weight=self.normalize_weight,
        )


def _pieces(x: Tensor, factor: int) -> Tensor:
    """(B, C, H, W) as (B, factor^2, C, H / factor, W / factor)."""
    height, width = x.shape[2:]
    if height % factor or width % factor:
        fitting = tuple(max(side // factor, 1) * factor for side in (height, width))
        raise ValueError(
            f"images are {height}x{width}, but patch_factor={factor} needs sides divisible by it: "
            f"crop or resize them to {fitting[0]}x{fitting[1]}"
        )
    return rearrange(x, "b c (v h) (u w) -> b (v u) c h w", v=factor, u=factor)
