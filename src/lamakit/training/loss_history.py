"""The values of training steps, checked and averaged when they are read."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor


class LossHistory:
    """The values of the last training steps.

    Values stay on their device until :meth:`means` reads them all at once, so that adding does not
    make the program wait for a GPU.

    Args:
        unchecked: names of values that may be infinite or NaN, such as the norms of gradients in a
            training with float16, where a step with such a gradient is left out.

    Example:
        >>> import torch
        >>> history = LossHistory()
        >>> history.add(1, {"l1": torch.tensor(3.0)})
        >>> history.add(2, {"l1": torch.tensor(1.0)})
        >>> history.means()
        {'l1': 2.0}
        >>> history.add(3, {"l1": torch.tensor(float("nan"))})
        >>> history.means()
        Traceback (most recent call last):
        ArithmeticError: 'l1' is nan at step 3: ...
    """

    def __init__(self, *, unchecked: Collection[str] = ()) -> None:
        self.unchecked = frozenset(unchecked)
        self._steps: list[int] = []
        self._values: list[Mapping[str, Tensor]] = []

    def add(self, step: int, values: Mapping[str, Tensor]) -> None:
        """Add the values of one step: scalars on one device, under the same names in each step.

        Args:
            step: the step's number.
            values: as :func:`training_step` returns them.
        """
        self._steps.append(step)
        self._values.append(values)

    def means(self) -> dict[str, float]:
        """Return the mean of each value over the steps that were added, and forget them.

        Without any step, the result is empty. Unchecked values count where they are finite.

        Raises:
            ArithmeticError: if a value is NaN or infinite, with its name and its step: the first
                such step, and its first such value.
        """
        if not self._values:
            return {}
        names = list(self._values[0])
        rows = torch.stack([torch.stack([row[n].float() for n in names]) for row in self._values])
        table, steps = rows.tolist(), self._steps
        self._steps, self._values = [], []
        for step, row in zip(steps, table, strict=True):
            for name, value in zip(names, row, strict=True):
                if not math.isfinite(value) and name not in self.unchecked:
                    raise ArithmeticError(
                        f"{name!r} is {value} at step {step}: training cannot go on from there. "
                        "Continue from an earlier checkpoint with a lower learning rate, shorter "
                        "gradients (clip_norm) or float32"
                    )
        return {
            name: _mean(column)
            for name, column in zip(names, zip(*table, strict=True), strict=True)
        }


def _mean(values: Sequence[float]) -> float:
    """Return the mean of the values that are finite; NaN if there are none."""
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan
