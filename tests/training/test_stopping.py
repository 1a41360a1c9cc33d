"""Signals that ask a training to stop."""

from __future__ import annotations

import os
import signal
import time

import pytest

from lamakit.training import StopSignals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_remembered(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopSignals() as signals:
        assert signals.received == ""
        os.kill(os.getpid(), number)
        assert signals.received == number.name
    assert signal.getsignal(number) is before


def test_the_handlers_come_back_without_a_signal() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopSignals():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_that_come_together_are_one(number: signal.Signals) -> None:
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), number)
        assert signals.received == "SIGINT"


def test_a_later_interrupt_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGINT)
        later = time.monotonic() + 2.5
        monkeypatch.setattr("time.monotonic", lambda: later)
        os.kill(os.getpid(), signal.SIGTERM)  # asked for already
        assert signals.received == "SIGINT"
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
