"""Checkpoints on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pipelines.loop.callback import Callback
from pipelines.loop.checkpoint import write_checkpoint
from pipelines.loop.loop import Loop


class Checkpoints(Callback):
    """Writes a checkpoint every so many steps or seconds, whichever comes first, and at the end.

    Args:
        folder: holds the two latest.
        config: the resolved config as text.
        every: steps between two, from 1.
        seconds: between two, above 0.
        before: is called before each, so that all that belongs to the steps so far is written.
    """

    def __init__(
        self, folder: str | Path, config: str, every: int, seconds: float, before: Callable[[], None] = lambda: None
    ) -> None:
        folder = Path(folder)
        self.folder, self.config, self.every, self.seconds, self.before = folder, config, every, seconds, before
        self._last = 0.0

    def start(self, loop: Loop) -> None:
        """Starts the clock."""
        self._last = time.monotonic()

    def step(self, loop: Loop) -> None:
        """Writes where one is due."""
        late = time.monotonic() - self._last >= self.seconds
        if (late or loop.index % self.every == 0) and loop.index < loop.total:
            self._write(loop)

    def end(self, loop: Loop) -> None:
        """Writes the last one, with which results are exported again and interrupted runs go on."""
        self._write(loop)

    def _write(self, loop: Loop) -> None:
        self.before()
        write_checkpoint(self.folder, loop.snapshot(), self.config)
        self._last = time.monotonic()
