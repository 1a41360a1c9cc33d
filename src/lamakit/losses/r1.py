"""The R1 penalty: the squared gradient of a discriminator at real images."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._dtypes import at_least_float32
from lamakit.losses.nested_tensors import NestedTensors, flatten_logits


def r1_penalty(real_logits: NestedTensors, real_images: Tensor) -> Tensor:
    """Return the squared norm of the gradient of sum(logits) at real images, a mean over the batch.

    No coefficient is applied. Training with it needs second derivatives, which ``torch.compile``
    does not have: give the logits of an uncompiled discriminator. Compute them outside float16's
    autocast, where small gradients vanish, since no loss scale applies to this gradient;
    :class:`~lamakit.losses.LamaObjective` does both passes right.

    Args:
        real_logits: the discriminator's output for ``real_images``.
        real_images: the tensor that the discriminator was given, with ``requires_grad``: take
            ``images.detach().requires_grad_()``, which leaves your own tensor unchanged.

    Shape:
        - real_logits: (B, C, h, w), or any other; or a list of such, which are summed alike
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
    scales = flatten_logits("real_logits", real_logits)
    if not any(scale.requires_grad for scale in scales):
        raise ValueError(
            "real_logits must have a gradient: compute them from real_images outside "
            "torch.no_grad() and torch.inference_mode()"
        )
    (gradient,) = torch.autograd.grad(
        torch.stack([at_least_float32(scale).sum() for scale in scales]).sum(),
        real_images,
        create_graph=True,
        allow_unused=True,
    )
    if gradient is None:
        raise ValueError(
            "real_logits must be what the discriminator said of real_images, the same tensor, but "
            "they do not depend on it; the logits come first"
        )
    return at_least_float32(gradient).square().flatten(1).sum(1).mean()
