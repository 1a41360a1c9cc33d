"""A generator of two stages as parts of an ONNX graph: its networks, and the resizing between them.

torch cannot export the size of the small copy, which is rounded from a fraction of the image's, so
this part is written out. ``TwoStageGenerator.fill_coarsely`` computes the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamakit._models import model_sizes
from lamakit.deploy.onnx_graph import parse_graph
from lamakit.deploy.onnx_network import network_graph
from lamakit.generators import TwoStageGenerator

if TYPE_CHECKING:
    from onnx import GraphProto

# The small copy is the mean of the image's pixels, weighted by their distance (bilinear with
# antialiasing): a product by one matrix from the left and one from the right. Any missing pixel
# that contributes makes a pixel of the copy missing.
_SHRINK = """
shrink (float[batch, {inputs}, rows, columns] stages_x)
    => (float[batch, {inputs}, small_rows, small_columns] coarse_x)
{{
    parts = Constant <value_ints = [{channels}, 1]> ()
    full_image, full_mask = Split <axis = 1> (stages_x, parts)
    nothing = Constant <value_float = 0.0> ()
    full_hole = Greater (full_mask, nothing)
    sides = Shape <start = 2> (stages_x)
    exact_sides = Cast <to = 11> (sides)
    shorter = ReduceMin <keepdims = 0> (exact_sides)
    wanted = Constant <value = double {{{coarse_side}}}> ()
    largest = Constant <value = double {{1.0}}> ()
    ratio = Div (wanted, shorter)
    shrinking = Min (ratio, largest)
    scaled_sides = Mul (exact_sides, shrinking)
    rounded_sides = Round (scaled_sides)
    whole_sides = Cast <to = 7> (rounded_sides)
    smallest = Constant <value_int = {min_size}> ()
    multiple = Constant <value_int = {multiple}> ()
    rounding = Constant <value_int = {rounding}> ()
    least_sides = Max (whole_sides, smallest)
    raised_sides = Add (least_sides, rounding)
    counts = Div (raised_sides, multiple)
    small_sides = Mul (counts, multiple)
    one = Constant <value_float = 1.0> ()
    half = Constant <value_float = 0.5> ()
    from_zero = Constant <value_int = 0> ()
    by_one = Constant <value_int = 1> ()
    as_column = Constant <value_ints = [1]> ()
    {left}
    {right}
    across = Transpose <perm = [1, 0]> (columns_matrix)
    hole_mean_left = MatMul (rows_matrix, full_mask)
    hole_mean = MatMul (hole_mean_left, across)
    small_hole = Greater (hole_mean, nothing)
    image_mean_left = MatMul (rows_matrix, full_image)
    image_mean = MatMul (image_mean_left, across)
    small_image = Where (small_hole, nothing, image_mean)
    small_mask = Cast <to = 1> (small_hole)
    coarse_x = Concat <axis = 1> (small_image, small_mask)
}}
"""

# Row i of the matrix has the weights of the pixels j for pixel i of the copy, 1 - |j + 1/2 - c| / s
# where that is positive: c = s (i + 1/2) is the middle of pixel i in the image, s the ratio of the
# sizes, but at least 1 as the width of the weights. Rounding may leave a tiny weight where there
# should be none, and a pixel counts as missing by any weight. So the first and the last pixel are
# found as PyTorch finds them.
_MATRIX = """
    {name}_index = Constant <value_int = {index}> ()
    {name}_full = Gather (sides, {name}_index)
    {name}_small = Gather (small_sides, {name}_index)
    {name}_full_number = Cast <to = 1> ({name}_full)
    {name}_small_number = Cast <to = 1> ({name}_small)
    {name}_ratio = Div ({name}_full_number, {name}_small_number)
    {name}_support = Max ({name}_ratio, one)
    {name}_small_range = Range (from_zero, {name}_small, by_one)
    {name}_small_position = Cast <to = 1> ({name}_small_range)
    {name}_small_middle = Add ({name}_small_position, half)
    {name}_middle_row = Mul ({name}_small_middle, {name}_ratio)
    {name}_middle = Unsqueeze ({name}_middle_row, as_column)
    {name}_full_range = Range (from_zero, {name}_full, by_one)
    {name}_full_position = Cast <to = 1> ({name}_full_range)
    {name}_offset = Sub ({name}_full_position, {name}_middle)
    {name}_shifted = Add ({name}_offset, half)
    {name}_distance = Abs ({name}_shifted)
    {name}_inverse = Div (one, {name}_support)
    {name}_relative = Mul ({name}_distance, {name}_inverse)
    {name}_slope = Sub (one, {name}_relative)
    {name}_left = Sub ({name}_middle, {name}_support)
    {name}_left_edge = Add ({name}_left, half)
    {name}_first = Cast <to = 7> ({name}_left_edge)
    {name}_right = Add ({name}_middle, {name}_support)
    {name}_right_edge = Add ({name}_right, half)
    {name}_end = Cast <to = 7> ({name}_right_edge)
    {name}_from_first = GreaterOrEqual ({name}_full_range, {name}_first)
    {name}_before_end = Less ({name}_full_range, {name}_end)
    {name}_within = And ({name}_from_first, {name}_before_end)
    {name}_positive = Relu ({name}_slope)
    {name}_weight = Where ({name}_within, {name}_positive, nothing)
    {name}_total = ReduceSum ({name}_weight, as_column)
    {name}_matrix = Div ({name}_weight, {name}_total)
"""

_ENLARGE = """
enlarge (float[batch, {channels}, small_rows, small_columns] coarse_y)
    => (float[batch, {inputs}, rows, columns] refiner_x)
{{
    coarse_filled = Where (small_hole, coarse_y, small_image)
    filled_shape = Shape (full_image)
    enlarged = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel">
        (coarse_filled, , , filled_shape)
    filled = Where (full_hole, enlarged, full_image)
    refiner_x = Concat <axis = 1> (filled, full_mask)
}}
"""


def two_stage_graphs(model: TwoStageGenerator) -> list[GraphProto]:
    """Return the graphs of a generator of two stages, in their order.

    Args:
        model: on the CPU in float32 and eval mode.
    """
    inputs = model.in_channels
    multiple, min_size = model_sizes(model.coarse)
    shrink = _SHRINK.format(
        inputs=inputs,
        channels=inputs - 1,
        coarse_side=float(model.coarse_side),
        min_size=min_size,
        multiple=multiple,
        rounding=multiple - 1,
        left=_MATRIX.format(name="rows", index=0),
        right=_MATRIX.format(name="columns", index=1),
    )
    return [
        parse_graph(shrink),
        network_graph(model.coarse, inputs, multiple, min_size, name="coarse"),
        parse_graph(_ENLARGE.format(inputs=inputs, channels=inputs - 1)),
        network_graph(model.refiner, inputs, *model_sizes(model.refiner), name="refiner"),
    ]
