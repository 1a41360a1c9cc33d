"""One forward pass over an image of any size."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_feature_map
from lamakit._models import evaluating, first_parameter, model_sizes
from lamakit.images.compositing import composite, stack_inputs
from lamakit.images.padding import crop_to_size, pad_to_multiple

__all__ = ["check_prediction", "inpaint", "network_input", "pad_for"]


def inpaint(model: Callable[[Tensor], Tensor], image: Tensor, mask: Tensor) -> Tensor:
    """The image with its missing pixels filled by one pass of the model.

    The image is padded to the model's ``size_multiple`` and ``min_size`` (a model without these
    attributes gets the size as it is), cropped back and composited, so known pixels come back bit
    for bit. The model works in eval mode and is left as it was: submodules in training mode are
    switched for the call and back. (A module inside a function cannot be seen: bring it into eval
    mode yourself. So must one that recomputes activations in the backward pass.) Gradients flow;
    wrap the call in ``torch.inference_mode()`` where none are needed. For a training step, in which
    normalisations collect statistics, use
    ``composite(model(stack_inputs(image, mask)), image, mask)``.

    Args:
        model: takes (B, C + 1, H, W), the masked image and the mask, and returns (B, C, H, W). It
            works in its own parameters' dtype.
        image: values in [0, 1]. What it holds under the hole is not looked at.
        mask: 1 where a pixel is missing, 0 where it is known (:func:`as_mask` makes one).
            Anything above 0 counts as missing.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if image or mask is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1).eval()
        >>> image, mask = torch.rand(1, 3, 37, 50), torch.zeros(1, 1, 37, 50)
        >>> mask[..., 10:20, 10:30] = 1
        >>> inpaint(model, image, mask).shape
        torch.Size([1, 3, 37, 50])

    Source:
        LaMa, sec. 2, for the input; compositing is its released code's. Difference: padding
        mirrors without repeating the edge pixel.
    """
    inputs = network_input(model, image, mask)
    with evaluating(model):
        prediction = model(inputs)
    check_prediction(prediction, inputs, image.shape[1])
    return composite(crop_to_size(prediction, (image.shape[2], image.shape[3])), image, mask)


def network_input(model: Callable[[Tensor], Tensor], image: Tensor, mask: Tensor) -> Tensor:
    """What the model is to be called with: masked image and mask, in a size and dtype it takes."""
    return _as_the_parameters_are(pad_for(model, stack_inputs(image, mask)), model)


def pad_for(model: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """The image in a size that the model takes; as it is if the model does not tell."""
    multiple, min_size = model_sizes(model)
    return pad_to_multiple(image, multiple, min_size=min_size)


def check_prediction(prediction: Tensor, inputs: Tensor, channels: int) -> None:
    """Raise unless a model made an image of that many channels, as large as its inputs."""
    check_feature_map("the model's output", prediction, channels)
    if prediction.shape[2:] != inputs.shape[2:]:
        raise ValueError(
            "the model's output must have its input's height and width, "
            f"{tuple(inputs.shape[2:])}, got {tuple(prediction.shape[2:])}; if the model rounds "
            "sizes up, say so in an attribute model.size_multiple"
        )


def _as_the_parameters_are(inputs: Tensor, model: Callable[[Tensor], Tensor]) -> Tensor:
    """``inputs`` in the dtype of the model's parameters, which must be on their device."""
    first = first_parameter(model)
    if first is None:
        return inputs
    if first.device != inputs.device:
        raise ValueError(
            f"image and model must be on one device, got {inputs.device} and {first.device}; "
            f"move one with .to({str(first.device)!r})"
        )
    return inputs.to(first.dtype)
