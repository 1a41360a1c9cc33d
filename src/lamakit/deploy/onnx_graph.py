"""What an ONNX graph does around its network, written as text: padding before, compositing after.

The text is ONNX's own syntax; ``onnx.parser`` turns it into a graph. Written so, sizes may vary in
every way. An exporter of PyTorch would have to prove that the padded sides are multiples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lamakit._imports import import_extra

if TYPE_CHECKING:
    from onnx import GraphProto

# Missing is any mask value above 0. What the image holds under the hole is replaced, not multiplied
# by 0, which would keep NaN.
_BEFORE = """
before (float[batch, {channels}, height, width] image, float[batch, 1, height, width] mask)
    => (float[batch, {inputs}, rows, columns] {output})
{{
    zero = Constant <value_float = 0.0> ()
    missing = Greater (mask, zero)
    known = Where (missing, zero, image)
    hole = Cast <to = 1> (missing)
    stacked = Concat <axis = 1> (known, hole)
    {pad_height}
    {pad_width}
}}
"""

# Row i of the padded image is a row of the image: row i itself up to the last one, n - 1, and the
# mirrored one, n - 1 - |i - (n - 1)|, beyond it. Where the image is too short to be mirrored, the
# last row is repeated. Columns likewise.
_PAD = """
    {name}_start = Constant <value_int = 0> ()
    {name}_step = Constant <value_int = 1> ()
    {name}_smallest = Constant <value_int = {min_size}> ()
    {name}_multiple = Constant <value_int = {multiple}> ()
    {name}_rounding = Constant <value_int = {rounding}> ()
    {name}_shape = Shape <start = {axis}, end = {after}> (image)
    {name}_given = Squeeze ({name}_shape)
    {name}_needed = Max ({name}_given, {name}_smallest)
    {name}_raised = Add ({name}_needed, {name}_rounding)
    {name}_count = Div ({name}_raised, {name}_multiple)
    {name}_padded = Mul ({name}_count, {name}_multiple)
    {name}_added = Sub ({name}_padded, {name}_given)
    {name}_last = Sub ({name}_given, {name}_step)
    {name}_position = Range ({name}_start, {name}_padded, {name}_step)
    {name}_beyond = Sub ({name}_position, {name}_last)
    {name}_distance = Abs ({name}_beyond)
    {name}_mirrored = Sub ({name}_last, {name}_distance)
    {name}_repeated = Min ({name}_position, {name}_last)
    {name}_fits = Less ({name}_added, {name}_given)
    {name}_source = Where ({name}_fits, {name}_mirrored, {name}_repeated)
    {output} = Gather <axis = {axis}> ({input}, {name}_source)
"""

_AFTER = """
after (float[batch, {channels}, rows, columns] {prediction})
    => (float[batch, {channels}, height, width] inpainted)
{{
    corner = Constant <value_ints = [0, 0]> ()
    axes = Constant <value_ints = [2, 3]> ()
    size = Shape <start = 2> (image)
    cropped = Slice ({prediction}, corner, size, axes)
    inpainted = Where (missing, cropped, image)
}}
"""


def padding_graph(channels: int, multiple: int, min_size: int, *, output: str) -> GraphProto:
    """Return what turns image and mask into the input of a network, as ``inpaint`` does.

    Args:
        channels: channels of the image.
        multiple: both sides become multiples of this many pixels.
        min_size: both sides become at least this many pixels.
        output: the name of the result.
    """
    numbers = {"min_size": min_size, "multiple": multiple, "rounding": multiple - 1}
    height = {"name": "height", "axis": 2, "after": 3, "input": "stacked", "output": "tall"}
    width = {"name": "width", "axis": 3, "after": 4, "input": "tall", "output": output}
    return parse_graph(
        _BEFORE.format(
            channels=channels,
            inputs=channels + 1,
            output=output,
            pad_height=_PAD.format(**numbers, **height),
            pad_width=_PAD.format(**numbers, **width),
        )
    )


def compositing_graph(channels: int, *, prediction: str) -> GraphProto:
    """Return what puts a prediction, cropped, into the hole; it follows :func:`padding_graph`."""
    return parse_graph(_AFTER.format(channels=channels, prediction=prediction))


def parse_graph(text: str) -> GraphProto:
    """Return the graph that a text in ONNX's syntax describes.

    Each node is named after what it computes: the syntax has no names, and some tools need them.
    """
    parser = import_extra("onnx.parser", extra="onnx", user="export_onnx")
    graph: GraphProto = parser.parse_graph(text)
    for node in graph.node:
        node.name = node.output[0]
    return graph


def joined_graph(parts: Sequence[GraphProto]) -> GraphProto:
    """Return one graph of parts that follow one another; a part uses what an earlier one computes.

    Its inputs are those of the first part, its outputs those of the last. Sizes in between are left
    out: whatever runs the graph finds them itself.
    """
    onnx = import_extra("onnx", extra="onnx", user="export_onnx")
    graph: GraphProto = onnx.GraphProto(name="inpaint")
    graph.input.extend(parts[0].input)
    graph.output.extend(parts[-1].output)
    for part in parts:
        graph.node.extend(part.node)
        graph.initializer.extend(part.initializer)
    return graph
