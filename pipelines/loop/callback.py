"""Callback: what goes on beside the steps of a run."""

from __future__ import annotations

from pipelines.loop.loop import Loop


class Callback:
    """Sees where a run stands and does something about it: shows, writes, measures. Every hook may be left out."""

    def start(self, loop: Loop) -> None:
        """Before the first step, or before the first step after a resume."""

    def step(self, loop: Loop) -> None:
        """After each step."""

    def end(self, loop: Loop) -> None:
        """After the last step, the last evaluation included; also where the run was interrupted."""
