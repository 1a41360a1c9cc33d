"""One forward pass of a model over an image of any size."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from lamakit._checks import check_batch, check_feature_map, check_image_and_mask
from lamakit._models import evaluating, first_parameter
from lamakit.images.compositing import composite_unchecked, stack_inputs_unchecked
from lamakit.images.padding import pad_for_model


def inpaint(model: Callable[[Tensor], Tensor], image: Tensor, mask: Tensor) -> Tensor:
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
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used.
        mask: 0 where a pixel is known; any value above 0 means missing.
            :func:`~lamakit.images.as_mask` converts other masks.

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
        LaMa, sec. 2, for the input; its released code for compositing. Difference: the padding
        mirrors the image without repeating its last pixel.
    """
    check_image_and_mask(image, mask)
    return inpaint_unchecked(model, image, mask)


def inpaint_unchecked(model: Callable[[Tensor], Tensor], image: Tensor, mask: Tensor) -> Tensor:
    """Compute :func:`inpaint` without checks of image and mask."""
    inputs = network_input(model, image, mask)
    with evaluating(model):
        prediction = model(inputs)
    check_prediction(prediction, inputs)
    return composite_unchecked(prediction[..., : image.shape[2], : image.shape[3]], image, mask)


def network_input(model: Callable[[Tensor], Tensor], image: Tensor, mask: Tensor) -> Tensor:
    """Return the input of a model: masked image and mask, in a size and dtype that it accepts."""
    inputs = pad_for_model(stack_inputs_unchecked(image, mask), model)
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
            "sizes up, say so in an attribute model.size_multiple"
        )
    check_batch("the model's output", prediction, "its input", inputs)
