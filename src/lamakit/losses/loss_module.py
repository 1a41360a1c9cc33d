"""The base of losses that store settings: they show them when printed."""

from __future__ import annotations

from torch import nn
from typing_extensions import override


class LossModule(nn.Module):
    """A module whose public attributes are its settings, and appear in its ``repr``."""

    @override
    def extra_repr(self) -> str:
        settings = {k: v for k, v in vars(self).items() if k[0] != "_" and k != "training"}
        return ", ".join(f"{name}={value!r}" for name, value in settings.items())
