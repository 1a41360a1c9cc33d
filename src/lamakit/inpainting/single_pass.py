"""One forward pass of a model over an image of any size."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import (
    check_at_least,
    check_batch,
    check_feature_map,
    check_image_and_mask,
)
from lamakit._models import evaluating, first_parameter
from lamakit._value_range import warn_outside_unit_range
from lamakit.images.compositing import composite_unchecked, stack_inputs_unchecked
from lamakit.images.padding import pad_for_model
from lamakit.inpainting.model_errors import explained_errors


def inpaint(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    size_multiple: int | None = None,
) -> Tensor:
    """Fill the missing pixels of an image by one pass of a model.

    The image is padded to multiples of the model's ``size_multiple``, and to at least its
    ``min_size``, and the prediction is cropped back. Known pixels are the input's, bit for bit.
    Gradients flow; wrap the call in ``torch.inference_mode()`` where none are needed.

    The model works in eval mode: submodules in training mode are switched for the call and back,
    and a model in eval mode is not touched. A module that is called inside a function cannot be
    found, so bring it into eval mode yourself; do so too for a module that recomputes activations
    in the backward pass. In a training step, where normalisation layers must collect statistics,
    call ``composite(model(stack_inputs(image, mask)), image, mask)`` instead.

    Args:
        model: takes the masked image and the mask, (B, C + 1, H, W), and returns (B, C, H, W). The
            input has the dtype of its parameters, and sides that its attributes ``size_multiple``
            and ``min_size`` ask for (see :class:`SizedModel`). These are found inside wrappers such
            as ``DistributedDataParallel`` too.
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used. A
            warning, once in a process, tells of known pixels far outside of [0, 1] on the CPU.
        mask: 0 where a pixel is known; any value above 0 means missing.
            :func:`~lamakit.images.as_mask` converts other masks.
        size_multiple: to multiples of how many pixels the sides of the model's input are padded;
            None for the model's own attribute. Give it for a model that has none.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: if the shapes or devices do not fit, or if the model fails on the size or the
            channels of its input.
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
        LaMa, sec. 2, for the input; its released code for compositing. Difference: the padding
        mirrors the image without repeating its last pixel.
    """
    check_arguments(image, mask, size_multiple)
    return inpaint_unchecked(model, image, mask, size_multiple)


def check_arguments(image: Tensor, mask: Tensor, size_multiple: int | None) -> None:
    """Raise unless image and mask fit together and ``size_multiple`` is None or at least 1."""
    check_image_and_mask(image, mask)
    if size_multiple is not None:
        check_at_least("size_multiple", size_multiple, 1)


def inpaint_unchecked(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    size_multiple: int | None = None,
) -> Tensor:
    """Compute :func:`inpaint` without checks of the arguments."""
    inputs = network_input(model, image, mask, size_multiple)
    with evaluating(model), explained_errors(model, inputs, size_multiple):
        prediction = model(inputs)
    check_prediction(prediction, inputs)
    return composite_unchecked(prediction[..., : image.shape[2], : image.shape[3]], image, mask)


def network_input(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    size_multiple: int | None = None,
) -> Tensor:
    """Return the input of a model: masked image and mask, in a size and dtype that it accepts."""
    inputs = stack_inputs_unchecked(image, mask)
    warn_outside_unit_range("image", inputs[:, :-1])
    inputs = pad_for_model(inputs, model, size_multiple)
    parameter = first_parameter(model)
    if parameter is None:
        return inputs
    if parameter.device != inputs.device:
        raise ValueError(
            f"image and model must be on one device, got {inputs.device} and {parameter.device}; "
            f"move one with .to({str(parameter.device)!r})"
        )
    return inputs.to(parameter.dtype)


def check_prediction(prediction: Tensor, inputs: Tensor) -> None:
    """Raise unless a prediction fits the model's ``inputs``, which have one channel more."""
    check_feature_map("the model's output", prediction, inputs.shape[1] - 1)
    if prediction.shape[2:] != inputs.shape[2:]:
        raise ValueError(
            "the model's output must have its input's height and width, "
            f"{tuple(inputs.shape[2:])}, got {tuple(prediction.shape[2:])}; if the model rounds "
            "sizes to multiples of a number, give that number as size_multiple (an argument, or an "
            "attribute of the model)"
        )
    check_batch("the model's output", prediction, "its input", inputs)
