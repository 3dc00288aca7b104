"""Signals that ask a run to stop: Ctrl-C, and what a system or a terminal sends before it kills."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Interrupt:
    """What has been asked for.

    Attributes:
        signal: the number of the first signal; 0 while there is none.
        deferred: whether the first signal is only noted.
    """

    def __init__(self) -> None:
        self.signal = 0
        self.deferred = False

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP; 0 where nothing was asked for."""
        return 128 + self.signal if self.signal else 0

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal."""
        first, self.signal = not self.signal, self.signal or number
        if not (first and self.deferred):
            raise KeyboardInterrupt


_active: Interrupt | None = None
"""Of the main thread, the only one that gets signals."""


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """While active, SIGINT, SIGTERM and SIGHUP raise `KeyboardInterrupt`; one that the caller ignores stays ignored.

    Inside another one it is that one. Outside the main thread, where Python allows no handlers, it does nothing.
    """
    global _active
    if threading.current_thread() is not threading.main_thread():
        yield Interrupt()
        return
    if _active is not None:
        yield _active
        return
    interrupt = _active = Interrupt()
    previous: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number, handler in previous.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, interrupt.note)
        yield interrupt
    finally:
        _active = None
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def deferring() -> Iterator[Interrupt]:
    """While active, the first signal is noted, so that a run ends properly; the second raises `KeyboardInterrupt`."""
    with interruptible() as interrupt:
        if interrupt.signal and not interrupt.deferred:  # swallowed on its way, as in a destructor
            raise KeyboardInterrupt
        before, interrupt.deferred = interrupt.deferred, True
        try:
            yield interrupt
        finally:
            interrupt.deferred = before
