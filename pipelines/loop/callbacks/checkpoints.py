"""Checkpoints on the way."""

from __future__ import annotations

from pathlib import Path

from pipelines.loop.callback import Callback
from pipelines.loop.checkpoint import write_checkpoint
from pipelines.loop.loop import Loop


class Checkpoints(Callback):
    """Writes a checkpoint every so many steps and at the end.

    Args:
        folder: holds the latest one.
        config: the resolved config as text.
        every: steps between two, from 1.
    """

    def __init__(self, folder: Path, config: str, every: int) -> None:
        self.folder, self.config, self.every = folder, config, every

    def step(self, loop: Loop) -> None:
        """Writes where one is due."""
        if loop.index % self.every == 0 and loop.index < loop.total:
            write_checkpoint(self.folder, loop.snapshot(), self.config)

    def end(self, loop: Loop) -> None:
        """Writes the last one, with which results are exported again and interrupted runs go on."""
        write_checkpoint(self.folder, loop.snapshot(), self.config)
