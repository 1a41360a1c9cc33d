"""FFC layers against the outputs and gradients of the published code."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import torch
from torch import Tensor

from lamakit.checkpoints.entries import Entry
from lamakit.checkpoints.fourier_entries import ffc_entries, ffc_norm_act_entries
from lamakit.layers import FFC, FFCNormAct
from tests.parity.golden import fill_state_dict, load_golden

LAYERS = load_golden("ffc_layers")
TRAINED = load_golden("ffc_norm_act_train")


def ffc_arguments(config: dict[str, Any]) -> dict[str, Any]:
    arguments = {name: value for name, value in config.items() if name not in ("seed", "lfu")}
    return {**arguments, "local_fourier_unit": config["lfu"]}


def load_filled(layer: torch.nn.Module, entries: list[Entry], seed: int, gain: float) -> None:
    ours = layer.state_dict()
    shapes = {k: tuple(v.shape) for e in entries for k, v in e.split(ours[e.name]).items()}
    published = fill_state_dict(shapes, seed, gain)
    layer.load_state_dict({entry.name: entry.join(published) for entry in entries})


@pytest.mark.parametrize("case", range(9))
def test_ffc_layer(case: int) -> None:
    config = ast.literal_eval(str(LAYERS[f"case{case}_config"]))
    layer = FFC(**ffc_arguments(config)).eval()
    load_filled(layer, list(ffc_entries(layer, "", "ffc.")), config["seed"], float(LAYERS["gain"]))
    output = layer(torch.from_numpy(LAYERS[f"case{case}_input"]))
    expected = torch.from_numpy(LAYERS[f"case{case}_output"])
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", range(6))
def test_ffc_norm_act_in_training(case: int) -> None:
    golden = {key.removeprefix(f"case{case}_"): value for key, value in TRAINED.items()}
    config = ast.literal_eval(str(golden["config"]))
    layer = FFCNormAct(**ffc_arguments(config))
    entries = list(ffc_norm_act_entries(layer, "", ""))
    load_filled(layer, entries, config["seed"], float(golden["gain"]))
    layer.double()
    x = torch.from_numpy(golden["input"]).double().requires_grad_()
    output = layer(x)
    output.square().mean().backward()

    def published(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            k: v for e in entries if e.name in tensors for k, v in e.split(tensors[e.name]).items()
        }

    gradients = published({k: p.grad for k, p in layer.named_parameters() if p.grad is not None})
    state = published(layer.state_dict())
    computed = {
        "output": output,
        "input_grad": x.grad,
        "l2l_weight_grad": gradients["ffc.convl2l.weight"],
        **{
            key: state[key.replace("_running", ".running")]
            for key in golden
            if key.startswith("bn_")
        },
    }
    for key, value in computed.items():
        assert value is not None
        torch.testing.assert_close(value, torch.from_numpy(golden[key]), rtol=0, atol=1e-9, msg=key)
