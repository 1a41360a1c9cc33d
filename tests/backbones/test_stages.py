"""Modules in a row whose outputs come back."""

from __future__ import annotations

import torch
from torch import nn

from lamakit.backbones.stages import Stages


def test_the_outputs_come_in_the_order_of_their_names() -> None:
    twice, negative = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        twice.weight.fill_(2)
        negative.weight.fill_(-1)
    stages = Stages({"twice": twice, "negative": negative}, ("negative", "twice"))
    assert [output.item() for output in stages(torch.ones(1))] == [-2, 2]
    assert list(stages.state_dict()) == ["twice.weight", "negative.weight"]
