"""Published weights in our modules, and ours under the published names."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lamakit.checkpoints.layout import Entry, fourier_generator_layout
from lamakit.generators import ResNetGenerator, lama_fourier

__all__ = ["load_generator", "to_published_state_dict"]


def load_generator(
    path_or_state_dict: str | os.PathLike[str] | Mapping[str, Tensor],
    *,
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """A generator with published weights, in eval mode, its configuration inferred from them.

    Args:
        path_or_state_dict: a file that ``torch.save`` wrote of a state dict, or the state dict;
            in the published names of the Fourier family (``model.1.ffc.convl2l.weight``, ...).
        output_activation: builds what maps the output to an image's range: weights cannot tell.
            Every published LaMa has a sigmoid.

    Returns:
        A :class:`~lamakit.generators.ResNetGenerator` in float32 on the CPU, with the
        width, depth, channels, ratio and local Fourier unit of the weights.

    Raises:
        ValueError: if the file holds no state dict, or the weights are not a complete published
            Fourier generator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=2))
        >>> model = load_generator(state_dict)
        >>> len(model.bottleneck), model.training
        (2, False)

    Source:
        The module order of LaMa's released code. Files are read with ``weights_only=True``. All
        other activations are ReLU and all paddings reflect, as in every published Fourier model.
    """
    if isinstance(path_or_state_dict, Mapping):
        state_dict = path_or_state_dict
    else:
        state_dict = _read_state_dict(path_or_state_dict)
    _check_tensors(state_dict)
    configuration = _infer_configuration(state_dict)

    def activation() -> nn.Module:  # a real one: all else gets its values from the state dict
        with torch.device("cpu"):
            return output_activation()

    with torch.device("meta"):
        model = lama_fourier(**configuration, output_activation=activation)
    layout = list(fourier_generator_layout(model))
    _check_complete(layout, model.state_dict(), state_dict)
    weights = {entry.name: entry.join(state_dict).cpu() for entry in layout}
    weights = {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    model.load_state_dict(weights, strict=False, assign=True)  # only the activation may lack some
    return model.eval()


def to_published_state_dict(model: ResNetGenerator) -> dict[str, Tensor]:
    """A Fourier generator's weights under the published names, each branch apart again.

    Args:
        model: a generator as :func:`~lamakit.generators.lama_fourier` makes it, with batch
            normalisation. Its activations are not written: weights cannot tell them.

    Raises:
        ValueError: if the generator has other blocks or normalisations: no published names exist.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=1))
        >>> state_dict["model.5.conv1.ffc.convl2g.weight"].shape
        torch.Size([48, 16, 3, 3])
    """
    ours = model.state_dict()
    layout = {entry.name: entry for entry in fourier_generator_layout(model)}
    if layout.keys() != ours.keys():
        problems = {"missing": layout.keys() - ours, "unexpected": ours.keys() - layout}
        raise ValueError(
            "the generator's tensors are not those of the published Fourier layout, which has "
            f"batch normalisation everywhere: {_grouped(problems)}"
        )
    published: dict[str, Tensor] = {}
    for name, entry in layout.items():
        published.update(entry.split(ours[name]))
    return published


def _read_state_dict(path: str | os.PathLike[str]) -> Mapping[str, Tensor]:
    name, advice = os.fspath(path), "expected a file that torch.save wrote of a state dict"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch announces what it then refuses to do
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged file fails in torch with whatever error comes first
        raise ValueError(f"{name} cannot be read as weights; {advice}") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{name} holds a {type(content).__name__}; {advice}")
    return content


def _check_tensors(state_dict: Mapping[Any, Any]) -> None:
    others = [
        str(name)
        for name, value in state_dict.items()
        if not (isinstance(name, str) and isinstance(value, Tensor))
    ]
    if others:
        raise ValueError(
            f"a state dict maps names to tensors, which these entries do not: {_listed(others)}; "
            "if one of them holds the state dict, give that"
        )


def _infer_configuration(state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
    """The arguments of :func:`lama_fourier` that the weights' names and shapes tell.

    Where a tensor is missing, others that have the same size stand in, so that the error that
    follows names that tensor and no other.
    """
    levels = _indices(state_dict, r"model\.(\d+)\.(ffc\.convl2[lg]\.weight|bn_[lg]\..+)")
    blocks = _indices(state_dict, r"model\.(\d+)\.conv[12]\..+")
    heads = _indices(state_dict, r"model\.(\d+)\.(weight|bias)")
    if not levels or not blocks or not heads:
        some = ", ".join(sorted(map(str, state_dict))[:3]) or "nothing"
        raise ValueError(
            "these are not the weights of a published Fourier generator, which has tensors such as "
            f"model.1.ffc.convl2l.weight and model.5.conv1.ffc.convl2l.weight; got {some}, ...; "
            "take off any prefix before model."
        )
    last, head = max(levels), max(heads)

    def side(dim: int, *names: str) -> int:
        found = (state_dict[name].shape for name in names if name in state_dict)
        return next((shape[dim] for shape in found if len(shape) > dim), 0)

    def channels(branch: str) -> int:
        return side(
            0,
            f"model.{last}.bn_{branch}.weight",
            f"model.{last}.bn_{branch}.bias",
            f"model.{last}.ffc.convl2{branch}.weight",
        )

    local, image_wide = channels("l"), channels("g")
    width = max(local + image_wide, 1)
    out_channels = max(side(0, f"model.{head}.weight", f"model.{head}.bias"), 1)
    stems = [f"model.{min(levels)}.ffc.convl2{branch}.weight" for branch in "lg"]
    return {
        "in_channels": side(1, *stems) or out_channels + 1,
        "out_channels": out_channels,
        "num_blocks": max(blocks) - last,
        "base_channels": max(width >> (last - 1), 1),
        "num_downsamplings": last - 1,
        "ratio": image_wide / width,
        "local_fourier_unit": any(".lfu." in name for name in state_dict),
    }


def _indices(names: Iterable[str], pattern: str) -> list[int]:
    matches = (re.fullmatch(pattern, name) for name in names)
    return [int(match[1]) for match in matches if match]


def _check_complete(
    layout: list[Entry], ours: Mapping[str, Tensor], state_dict: Mapping[str, Tensor]
) -> None:
    """Raise unless ``state_dict`` has exactly the layout's tensors in the shapes ours come from."""
    expected = {name: part.shape for e in layout for name, part in e.split(ours[e.name]).items()}
    problems = {
        "missing": expected.keys() - state_dict.keys(),
        "unexpected": state_dict.keys() - expected.keys(),
        "misshapen": {
            f"{name} {tuple(state_dict[name].shape)} instead of {tuple(shape)}"
            for name, shape in expected.items()
            if name in state_dict and state_dict[name].shape != shape
        },
    }
    if any(problems.values()):
        raise ValueError(
            "the weights are not those of a complete published Fourier generator: "
            + _grouped(problems)
        )


def _grouped(problems: Mapping[str, Collection[str]]) -> str:
    """Each kind of problem with its count and the first few names."""
    return "; ".join(
        f"{len(names)} {kind}: {_listed(names)}" for kind, names in problems.items() if names
    )


def _listed(names: Collection[str], most: int = 8) -> str:
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + rest
