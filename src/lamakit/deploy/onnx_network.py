"""A network as a part of an ONNX graph, for inputs of any size that it accepts."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.export import Dim

from lamakit._imports import import_extra
from lamakit.layers.fourier_backends import fourier_backend

if TYPE_CHECKING:
    from onnx import GraphProto

OPSET = 18
"""The version of ONNX's operators; every ONNX Runtime since 1.14 has them."""

_SMALLEST_SIDE = 64  # in pixels: as small as most networks accept


def network_graph(
    model: nn.Module, channels: int, multiple: int, min_size: int, *, name: str
) -> GraphProto:
    """Return a network as a graph; every name in it begins with ``name``.

    Fourier transforms become products by matrices that the graph computes from the size.

    Args:
        model: a network on the CPU in float32 and eval mode.
        channels: channels of its input.
        multiple: the sides of its input are multiples of this many pixels, and nothing else.
        min_size: the smallest side of its input in pixels.
        name: its input is called ``{name}_x``, its output ``{name}_y``.

    Raises:
        RuntimeError: if the network cannot be exported for all these sizes.
    """
    # The bound says from which size on torch shall prove that every step is possible. It is no
    # part of the graph: smaller sizes take the same steps, which the verification tries.
    smallest = -(-max(min_size, _SMALLEST_SIDE) // multiple)
    height, width = ((smallest + more) * multiple for more in (1, 2))
    example = torch.zeros(2, channels, height, width, device="cpu", dtype=torch.float32)
    rows, columns = (multiple * Dim(side, min=smallest) for side in ("rows", "columns"))
    sizes = {0: Dim("batch", min=2), 2: rows, 3: columns}
    with torch.no_grad(), fourier_backend(model, "matmul"), _quiet():
        try:
            program = torch.export.export(model, (example,), dynamic_shapes=(sizes,), strict=False)
            exported = torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                input_names=["x"],
                output_names=["y"],
                external_data=False,
                verbose=False,
            )
        except Exception as error:
            raise RuntimeError(
                f"{type(model).__name__} cannot be exported for images of any size: {error}"
            ) from error
    if exported is None:  # never for dynamo=True
        raise RuntimeError(f"torch.onnx.export returns nothing for a {type(model).__name__}")
    return _cleaned(exported.model_proto.graph, name)


def _cleaned(graph: GraphProto, name: str) -> GraphProto:
    """Return the graph with its own names, and without what it was traced from.

    torch notes for each node in which files of this machine it was written.
    """
    compose = import_extra("onnx.compose", extra="onnx", user="export_onnx")
    renamed: GraphProto = compose.add_prefix_graph(graph, f"{name}_", inplace=True)
    for node in renamed.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for tensor in renamed.initializer:
        del tensor.metadata_props[:]
        tensor.doc_string = ""
    return renamed


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what torch's exporter tells about itself: deprecations, packages that it misses."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
