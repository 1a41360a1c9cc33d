"""Signals that ask a training to stop."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any

from typing_extensions import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SAME_WISH = 2.0  # seconds; signals that come together mean one wish


class StopSignals:
    """A context in which Ctrl-C and SIGTERM are remembered, so that a loop can end in good order.

    The first signal sets ``received``. Another Ctrl-C, two seconds later or more, interrupts the
    program at once. (Sooner it may be the same one: launchers such as torchrun pass on a signal
    that the terminal has sent to all processes already.) Only the main thread may enter the
    context.

    Attributes:
        received: the name of the signal that came, such as "SIGTERM"; "" before one came.

    Example:
        >>> import os, signal
        >>> with StopSignals() as signals:
        ...     os.kill(os.getpid(), signal.SIGTERM)
        ...     print(signals.received)
        SIGTERM
    """

    def __init__(self) -> None:
        self.received = ""
        self._time = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._remember) for number in _SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        del frame
        now = time.monotonic()
        if not self.received:
            self.received, self._time = signal.Signals(number).name, now
        elif number == signal.SIGINT and now - self._time >= _SAME_WISH:
            raise KeyboardInterrupt
