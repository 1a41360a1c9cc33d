"""Weights for images with another number of channels."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._weights import list_names

_STEMS = (
    "model.1.ffc.convl2l.weight",
    "model.1.ffc.convl2g.weight",
    "model.1.weight",
    "encoder.0.0.weight",
)


def adapt_input_channels(state_dict: Mapping[str, Tensor], channels: int) -> dict[str, Tensor]:
    """Adapt a generator's weights to an input of another number of channels; the mask stays last.

    With fewer image channels, the weights of a channel that is left out are added to those of one
    that stays, in turn: an image whose channels are equal gives the same output as before. With
    more, the new channels come between the image's own and the mask, with weights of zero: they
    change nothing until they are trained.

    Args:
        state_dict: a generator's state dict, with published names as in
            ``read_checkpoint(path).generator``, or with those of ``ResNetGenerator.state_dict()``.
            It is not changed.
        channels: the number of channels of the new input, the mask included; at least 2.

    Returns:
        A state dict with the first convolution adapted, which :func:`load_generator` takes. The
        number of output channels stays.

    Raises:
        TypeError: if ``state_dict`` is no mapping.
        ValueError: if ``channels`` is below 2, or the state dict has no first convolution with an
            image and a mask as its input.

    Example:
        >>> from lamakit.checkpoints import load_generator, to_published_state_dict
        >>> from lamakit.generators import lama_fourier
        >>> rgb = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=1))
        >>> load_generator(adapt_input_channels(rgb, 2)).in_channels  # grey and mask
        2
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"state_dict must map names to tensors, got {type(state_dict).__name__}; that of a "
            "file is read_checkpoint(path).generator, that of a module module.state_dict()"
        )
    check_at_least("channels", channels, 2)
    names = [name for name in _STEMS if name in state_dict]
    shapes = [state_dict[name].shape for name in names]
    if not names or any(len(shape) != 4 or shape[1] < 2 for shape in shapes):
        raise ValueError(
            f"the state dict has no first convolution of a generator, called {_STEMS[0]}, "
            f"{_STEMS[2]} or {_STEMS[3]}; got {list_names(state_dict, 3) or 'nothing'}"
        )
    return dict(state_dict) | {name: _adapted(state_dict[name], channels) for name in names}


def _adapted(weight: Tensor, channels: int) -> Tensor:
    image, mask = weight[:, :-1], weight[:, -1:]
    adapted = image.new_zeros(image.shape[0], channels - 1, *image.shape[2:])
    for index in range(image.shape[1]):
        adapted[:, index % (channels - 1)] += image[:, index]
    return torch.cat([adapted, mask], dim=1)
