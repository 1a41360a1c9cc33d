"""The focal frequency loss: the distance of two spectra, weighted towards large differences."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map, check_non_negative, check_same_shape
from lamakit._dtypes import at_least_float32
from lamakit.losses.loss_module import LossModule


# Idea. Compare two images frequency by frequency, and give the most weight to the frequencies that
# the network gets most wrong. With D = F(prediction) - F(target), F the Fourier transform:
#
#     loss = mean(w * |D|^2),   w = |D|^alpha / max(|D|^alpha)
#
#     |D|   0.1    0.1    0.8    0.1      one frequency is far off
#     w     0.125  0.125  1.0    0.125    alpha = 1: it weighs 8 times as much as the others
#
# The weights w are constants to the gradient: they say which frequencies matter at this step, and
# are not themselves something to make small.
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
    """Return the mean of ``w * |D|^2``, where D is the difference between two spectra.

    The weight w of a frequency is ``|D|^alpha``, divided by its maximum over the spectrum; no
    gradient passes through it. With this division the loss is at most the mean squared error of the
    pixels.

    Args:
        prediction: the network's output.
        target: the true image.
        alpha: exponent of the weight ``|D|^alpha``, from 0 up; 0 weights all frequencies equally.
        patch_factor: number of patches along each side; each patch has a spectrum of its own.
        average_spectrum: whether D is averaged over the batch first.
        log_weight: whether ``ln(1 + |D|^alpha)`` is the weight, which makes weights more equal.
        batch_weight: whether weights are divided by the maximum over the whole batch, instead of
            that of each spectrum.
        normalize_weight: whether weights are divided by a maximum, so that they lie in [0, 1].

    Shape:
        - prediction, target: (B, C, H, W), sides divisible by ``patch_factor``
        - Output: a scalar from 0 up

    Raises:
        ValueError: if an argument is out of range or the shapes do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> target = torch.zeros(1, 3, 8, 8)
        >>> focal_frequency_loss(target + 0.5, target)  # one frequency differs: its weight is 1
        tensor(0.2500)

    Source:
        Jiang et al., "Focal Frequency Loss for Image Reconstruction and Synthesis" (ICCV 2021),
        sec. 3, with orthonormal transforms; ``patch_factor``, ``average_spectrum``, ``log_weight``
        and ``batch_weight`` are options of its released code. GLaMa, eq. 8-9, which has no
        division by the maximum: that is ``normalize_weight=False``.
    """
    check_same_shape("prediction", prediction, "target", target)
    check_feature_map("prediction", prediction)
    check_non_negative("alpha", alpha)
    check_at_least("patch_factor", patch_factor, 1)
    # The transform is linear: D is the transform of the difference.
    difference = at_least_float32(prediction) - at_least_float32(target)
    spectrum = torch.fft.fft2(_patches(difference, patch_factor), norm="ortho")
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


class FocalFrequencyLoss(LossModule):
    """The mean squared difference between two spectra, weighted towards large differences.

    Called with prediction and target it returns :func:`focal_frequency_loss`.

    Args:
        alpha: exponent of the weight ``|D|^alpha``, from 0 up.
        patch_factor: number of patches along each side, at least 1.
        average_spectrum: whether D is averaged over the batch first.
        log_weight: whether ``ln(1 + |D|^alpha)`` is the weight.
        batch_weight: whether the maximum is taken over the whole batch.
        normalize_weight: whether weights are divided by a maximum.

    Shape:
        As :func:`focal_frequency_loss`.

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


def _patches(x: Tensor, factor: int) -> Tensor:
    """Return (B, C, H, W) as (B, factor^2, C, H / factor, W / factor)."""
    height, width = x.shape[2:]
    if height % factor or width % factor:
        fitting = tuple(max(side // factor, 1) * factor for side in (height, width))
        raise ValueError(
            f"images are {height}x{width}, but patch_factor={factor} needs sides divisible by it: "
            f"crop or resize them to {fitting[0]}x{fitting[1]}"
        )
    return rearrange(x, "b c (v h) (u w) -> b (v u) c h w", v=factor, u=factor)
