"""Which network a state dict belongs to, told by names and shapes alone.

Every number of a configuration follows from some name or shape: the blocks are counted by the
numbers in their names, the width is the first dimension of a convolution, and so on. A checkpoint
is a ``big_lama`` if its tensors are named as a Fourier generator's and describe 18 blocks in which
3/4 of the channels are global: it is recognised as ``lama_fourier(num_blocks=18, ...)``.

If the tensor that tells a size is missing, the size is read from another tensor. So the network is
still recognised, and the error that follows names the one tensor that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor

from lamakit._weights import StoredTensor
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator, lama_dilated, lama_fourier, lama_regular

_Tensors: TypeAlias = Mapping[str, StoredTensor] | Mapping[str, Tensor]


class Recognised(NamedTuple):
    """A generator that a state dict belongs to.

    Args:
        factory: builds it: a function of :mod:`lamakit.generators` with its arguments.
        is_published: whether the tensors have the published names, or else this library's own.
    """

    factory: partial[ResNetGenerator]
    is_published: bool

    @property
    def configuration(self) -> dict[str, Any]:
        """The factory as :func:`~lamakit.generators.create_generator` takes it."""
        return {"name": self.factory.func.__name__, **self.factory.keywords}

    @property
    def description(self) -> str:
        """The network's name in messages."""
        return f"a complete {'published ' * self.is_published}{self.factory.func.__name__}"


def recognise_generator(state_dict: _Tensors) -> Recognised | None:
    """Return the generator that the state dict belongs to; None if it belongs to none."""
    own = _own_generator(state_dict)
    if own:
        return Recognised(own, is_published=False)
    published = _published_fourier(state_dict) or _published_regular(state_dict)
    return Recognised(published, is_published=True) if published else None


def recognise_discriminator(state_dict: _Tensors) -> partial[PatchDiscriminator] | None:
    """Return what builds the discriminator of these names; None if there is none."""
    # The published names count the head among the stages, this library's own do not.
    own = _numbers(state_dict, r"stages\.(\d+)\.[01]\.(?:weight|bias)")
    published = _numbers(state_dict, r"model(\d+)\.[01]\.(?:weight|bias)")
    num_layers = max(own) if own else max(published, default=0) - 1
    if num_layers < 1:
        return None
    first = "stages.0.0" if own else "model0.0"
    return partial(
        PatchDiscriminator,
        max(_size(state_dict, 1, f"{first}.weight"), 1) if f"{first}.weight" in state_dict else 3,
        base_channels=max(_size(state_dict, 0, f"{first}.weight", f"{first}.bias"), 1),
        num_layers=num_layers,
    )


def _published_fourier(state_dict: _Tensors) -> partial[ResNetGenerator] | None:
    # The published modules by number, with L downsamplings and N blocks:
    #
    #     model.1 | model.2 ... model.(L + 1) | model.(L + 2) ... model.(L + 1 + N) | ...     | last
    #     stem    | downsamplings             | blocks                              | decoder | head
    levels = _numbers(state_dict, r"model\.(\d+)\.(ffc\.convl2[lg]\.weight|bn_[lg]\..+)")
    blocks = _numbers(state_dict, r"model\.(\d+)\.conv[12]\..+")
    heads = _numbers(state_dict, r"model\.(\d+)\.(weight|bias)")
    if not levels or not blocks or not heads:
        return None
    last, head = max(levels), f"model.{max(heads)}"

    def channels(branch: str) -> int:
        leaves = (f"bn_{branch}.weight", f"bn_{branch}.bias", f"ffc.convl2{branch}.weight")
        return _size(state_dict, 0, *(f"model.{last}.{leaf}" for leaf in leaves))

    width = max(channels("l") + channels("g"), 1)
    out_channels = max(_size(state_dict, 0, f"{head}.weight", f"{head}.bias"), 1)
    # The head tells the channels at full resolution; they follow from the width if they double.
    first, doubled = _size(state_dict, 1, f"{head}.weight"), max(width >> (last - 1), 1)
    stems = [f"model.{min(levels)}.ffc.convl2{branch}.weight" for branch in "lg"]
    return partial(
        lama_fourier,
        in_channels=_size(state_dict, 1, *stems) or out_channels + 1,
        out_channels=out_channels,
        num_blocks=max(blocks) - last,
        **_widths(first if doubled < first <= width else doubled, width, last - 1),
        ratio=channels("g") / width,
        local_fourier_unit=any(".lfu." in name for name in state_dict),
    )


def _published_regular(state_dict: _Tensors) -> partial[ResNetGenerator] | None:
    # As above, but convolution, normalisation and activation are modules of their own, so the stem
    # is model.1 to model.3, and each downsampling has three numbers too.
    blocks = _numbers(state_dict, r"model\.(\d+)\.conv_block\..+")
    heads = _numbers(state_dict, r"model\.(\d+)\.(weight|bias)")
    if not blocks or not heads or min(blocks) < 4:
        return None
    head = f"model.{max(heads)}"
    out_channels = _size(state_dict, 0, f"{head}.weight", f"{head}.bias")
    stems = [f"model.{name}" for name in ("1.bias", "2.weight", "2.bias", "1.weight")]
    width = _size(state_dict, 0, f"model.{min(blocks)}.conv_block.1.weight")
    num_downsamplings = (min(blocks) - 4) // 3  # the stem and each level have three modules
    return partial(
        _regular_or_dilated(state_dict, r"model\.\d+\.conv_block\.\d+"),
        in_channels=_size(state_dict, 1, "model.1.weight") or out_channels + 1,
        out_channels=max(out_channels, 1),
        num_blocks=max(blocks) - min(blocks) + 1,
        **_widths(max(_size(state_dict, 0, *stems), 1), width, num_downsamplings),
    )


def _own_generator(state_dict: _Tensors) -> partial[ResNetGenerator] | None:
    levels = _numbers(state_dict, r"encoder\.(\d+)\.0\.weight")
    blocks = _numbers(state_dict, r"bottleneck\.(\d+)\..+")
    if not levels or not blocks:
        return None
    last = max(_numbers(state_dict, r"decoder\.(\d+)\.0\.weight"), default=0)
    base_channels = max(_size(state_dict, 0, "encoder.0.0.weight"), 1)
    widths = _widths(
        base_channels, _size(state_dict, 0, f"encoder.{max(levels)}.0.weight"), max(levels)
    )
    is_fourier = any(".ffc." in name for name in state_dict)
    family = lama_fourier if is_fourier else _regular_or_dilated(state_dict, r"bottleneck\..+")
    factory = partial(
        family,
        in_channels=max(_size(state_dict, 1, "encoder.0.0.weight"), 1),
        out_channels=max(_size(state_dict, 0, f"decoder.{last}.0.weight"), 1),
        num_blocks=max(blocks) + 1,
        **widths,
    )
    if not is_fourier:
        return factory
    reduce = "bottleneck.0.conv1.ffc.global_to_global.reduce.0.weight"
    width = widths.get("max_channels", base_channels << max(levels))
    return partial(
        factory,
        ratio=min(_size(state_dict, 1, reduce) / width, 1),
        local_fourier_unit=any(".local_fourier_unit." in name for name in state_dict),
    )


def _widths(base_channels: int, width: int, num_downsamplings: int) -> dict[str, Any]:
    """Return the options that give the blocks that width: doubled each time, or up to a limit."""
    options = {"base_channels": base_channels, "num_downsamplings": num_downsamplings}
    if base_channels <= width < base_channels << num_downsamplings:
        options["max_channels"] = width
    return options


def _regular_or_dilated(state_dict: _Tensors, block: str) -> partial[ResNetGenerator]:
    """Return the factory that the convolutions in blocks of such names tell."""
    groups = _numbers(state_dict, rf"{block}\.convs\.(\d+)\..+", most=15)
    if not groups:
        return partial(lama_regular)
    return partial(lama_dilated, dilations=tuple(2**power for power in range(max(groups) + 1)))


def _numbers(names: Iterable[str], pattern: str, *, most: int = 300) -> list[int]:
    """Return the numbers in the pattern's first group, from every name that matches it whole.

    Raises:
        ValueError: if one is above ``most``, far beyond any published network's, which would take
            long to build.
    """
    matches = (re.fullmatch(pattern, name) for name in names)
    found = [match[1] for match in matches if match]
    if any(len(digits) > 3 or int(digits) > most for digits in found):
        raise ValueError(
            f"the weights name a part with a number above {most}, which no published network has"
        )
    return [int(digits) for digits in found]


def _size(state_dict: _Tensors, dim: int, *names: str) -> int:
    """Return the size in that dimension of the first of these tensors that is there; else 0."""
    shapes = (state_dict[name].shape for name in names if name in state_dict)
    return next((shape[dim] for shape in shapes if len(shape) > dim), 0)
