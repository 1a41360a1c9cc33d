"""The R1 penalty: a discriminator should be flat around real images."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._dtypes import at_least_float32

__all__ = ["r1_penalty"]


def r1_penalty(real_logits: Tensor, real_images: Tensor) -> Tensor:
    """The squared norm of the logits' gradient at real images, its mean over the batch.

    No coefficient is applied. Its own gradient is a second derivative, which ``torch.compile`` does
    not have: give the logits of an uncompiled discriminator. The gradient is not scaled, so compute
    the logits outside float16's autocast, where small ones vanish;
    :class:`~lamakit.losses.LamaObjective` does.

    Args:
        real_logits: what the discriminator said of ``real_images``.
        real_images: the very tensor it was given, with ``requires_grad``. Take
            ``images.detach().requires_grad_()``, and your own tensor stays as it was.

    Shape:
        - real_logits: (B, C, h, w), or any other
        - real_images: (B, C, H, W), or any other with the batch first
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the logits do not depend on the images, or these do not require a gradient.

    Example:
        >>> import torch
        >>> images = torch.rand(2, 3, 8, 8)
        >>> seen = images.detach().requires_grad_()
        >>> r1_penalty(2 * seen.sum(dim=1), seen).item()  # 192 pixels, each with a slope of 2
        768.0

    Source:
        Mescheder et al., "Which Training Methods for GANs do actually Converge?" (ICML 2018),
        eq. 9; LaMa, sec. 2.2.3; GLaMa, eq. 5. Difference: theirs has a factor of 1/2, LaMa's has
        none. That all patches' logits are summed is LaMa's released code's.
    """
    if not real_images.requires_grad:
        raise ValueError(
            "real_images must require a gradient before the discriminator sees them: give both "
            "images.detach().requires_grad_()"
        )
    if not real_logits.requires_grad:
        raise ValueError(
            "real_logits must have a gradient: compute them from real_images outside "
            "torch.no_grad() and torch.inference_mode()"
        )
    (gradient,) = torch.autograd.grad(
        at_least_float32(real_logits).sum(), real_images, create_graph=True, allow_unused=True
    )
    if gradient is None:
        raise ValueError(
            "real_logits must be what the discriminator said of real_images, the same tensor, but "
            "they do not depend on it"
        )
    return at_least_float32(gradient).square().flatten(1).sum(1).mean()
