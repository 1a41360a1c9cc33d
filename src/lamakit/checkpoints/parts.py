"""The parts of a checkpoint: which network each tensor belongs to, told by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from lamakit._weights import StoredTensor, list_names
from lamakit._weights.state_dicts import names_behind

StoredStateDict: TypeAlias = dict[str, StoredTensor]
"""A state dict whose tensors stay in the file until they are asked for."""

Network: TypeAlias = Literal["generator", "discriminator"]
"""A network that can be loaded out of a file."""

# Training writes a prefix for each part; TorchScript archives have the generator inside a module
# or two; a network by itself has no prefix before its published or own names. The last group is a
# tensor's name in its part; a part without a name here has that of the first group.
_PARTS = {
    r"(loss_\w+)\.(.+)": "",
    r"(?:model\.)?generator\.(.+)": "generator",
    r"(?:model\.)?generator_average\.(.+)": "average",
    r"(?:model\.)?discriminator\.(.+)": "discriminator",
    r"(?:model\.)?((?:encoder|bottleneck|decoder)\..+)": "generator",
    r"(?:model\.)?(model\..+)": "generator",
    r"(model\d+\..+)": "discriminator",
    r"((?:stages\.\d+\.[01]|head)\.\w+)": "discriminator",
    r"(?s)(.*)": "others",
}

# What follows the dot after a prefix of somebody's own.
_BEGINNINGS = {
    "generator": r"(.+?)\.(?:model|encoder|bottleneck|decoder)\.\d+\.",
    "discriminator": r"(.+?)\.(?:model\d+|stages\.\d+)\.0\.",
}


def split_parts(state_dict: Mapping[str, StoredTensor]) -> dict[str, StoredStateDict]:
    """Return the tensors by the part they belong to, without the part's prefix.

    The parts are "generator", "average" (the generator's moving average), "discriminator",
    "others", which may be empty, and one for each loss's network, such as "loss_resnet_pl".

    Raises:
        ValueError: if two tensors of one part have the same name there.
    """
    parts: dict[str, StoredStateDict] = {
        part: {} for part in ("generator", "average", "discriminator", "others")
    }
    for name, tensor in state_dict.items():
        matches = ((re.fullmatch(pattern, name), p) for pattern, p in _PARTS.items())
        match, part = next((match, part) for match, part in matches if match)
        part, key = part or match[1], match.groups()[-1]
        tensors = parts.setdefault(part, {})
        if key in tensors:
            raise ValueError(f"two tensors of the {part} are called {list_names([key])}")
        tensors[key] = tensor
    return parts


def split_parts_around(
    state_dict: Mapping[str, StoredTensor], network: Network
) -> dict[str, StoredStateDict]:
    """Return the parts, with the network among them even if it is behind an unknown prefix.

    That is so if there is one such prefix, as in ``net.model.1.weight``, and no network without.
    """
    parts = split_parts(state_dict)
    keys = keys_before(parts["others"], network)
    if len(keys) != 1 or parts[network] or (network == "generator" and parts["average"]):
        return parts
    return split_parts(names_behind(state_dict, f"{keys.pop()}."))


def keys_before(names: Iterable[str], network: Network) -> set[str]:
    """Return the prefixes, without their dots, behind which names look like the network's."""
    matches = (re.match(_BEGINNINGS[network], name) for name in names)
    return {match[1] for match in matches if match}
