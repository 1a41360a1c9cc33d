"""A network as a part of an ONNX graph: its names, and nothing of the machine it was made on."""

from __future__ import annotations

import logging
import warnings

import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.deploy.onnx_network import network_graph
from lamakit.layers import FourierUnit
from tests.deploy.onnx_sessions import run_graph
from tests.helpers import seeded


class Mirror(nn.Module):
    """A convolution, whose parameters have names that the graph around uses too."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = nn.Conv2d(4, 3, 5, padding=2, padding_mode="reflect")

    @override
    def forward(self, x: Tensor) -> Tensor:
        filled: Tensor = self.mask(x)
        return filled


def test_every_name_begins_with_the_given_one() -> None:
    graph = network_graph(Mirror().eval(), 4, 1, 1, name="net")
    assert [value.name for value in graph.input] == ["net_x"]
    assert [value.name for value in graph.output] == ["net_y"]
    names = [tensor.name for tensor in graph.initializer]
    names += [name for node in graph.node for name in (*node.input, *node.output)]
    assert all(name.startswith("net_") or not name for name in names)
    assert not any(node.metadata_props or node.doc_string for node in graph.node)


def test_sides_below_those_of_the_example() -> None:
    model = Mirror().eval()
    graph = network_graph(model, 4, 1, 1, name="net")
    del graph.value_info[:]
    for batch, height, width in [(1, 3, 4), (4, 65, 3), (2, 100, 90)]:
        x = torch.rand(batch, 4, height, width, generator=seeded())
        found = run_graph(graph, {"net_x": x})["net_y"]
        torch.testing.assert_close(found, model(x).detach(), rtol=0, atol=1e-5)


def test_fourier_units_become_products_by_matrices() -> None:
    model = FourierUnit(4, 3, norm_layer=None).eval()
    graph = network_graph(model, 4, 2, 2, name="net")
    assert model.fourier_backend == "fft"  # as it was
    operators = {node.op_type for node in graph.node}
    assert "MatMul" in operators
    assert "DFT" not in operators
    del graph.value_info[:]
    for size in [(1, 4, 6, 10), (2, 4, 14, 40)]:
        x = torch.rand(size, generator=seeded())
        found = run_graph(graph, {"net_x": x})["net_y"]
        torch.testing.assert_close(found, model(x).detach(), rtol=0, atol=1e-5)


def test_settings_of_warnings_and_logging_stay() -> None:
    logger, filters = logging.getLogger("torch.onnx"), list(warnings.filters)
    level = logger.level
    with pytest.raises(RuntimeError, match="Linear cannot be exported for images of any size"):
        network_graph(nn.Linear(1, 1), 4, 1, 1, name="net")
    assert (logger.level, warnings.filters) == (level, filters)
