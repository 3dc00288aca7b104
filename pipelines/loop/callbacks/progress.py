"""Progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from tqdm import tqdm

from pipelines.loop.callback import Callback
from pipelines.loop.loop import Loop

logger = logging.getLogger("limn")


class Progress(Callback):
    """Says how far the run is, how good, and how long it still takes.

    Args:
        seconds: between two lines where there is no terminal.
    """

    def __init__(self, seconds: float = 15.0) -> None:
        self.seconds = seconds
        self._bar: Any = None
        self._last = 0.0
        self._first = 0
        self._began = 0.0

    def start(self, loop: Loop) -> None:
        """Opens the bar."""
        self._first, self._began = loop.index, time.monotonic()
        self._last = self._began
        if sys.stderr.isatty():
            self._bar = tqdm(total=loop.total, initial=loop.index, unit="step", dynamic_ncols=True, leave=False)

    def step(self, loop: Loop) -> None:
        """Moves the bar; it shows the loss at evaluations, which are few enough to wait for."""
        if self._bar is not None:
            self._bar.update()
            if loop.eval_loss is not None:
                self._bar.set_postfix_str(f"loss {float(loop.best.min()):.4f}", refresh=False)
            return
        now = time.monotonic()
        if now - self._last >= self.seconds:
            self._last = now
            left = (now - self._began) / (loop.index - self._first) * (loop.total - loop.index)
            logger.info("step %d of %d, loss %.4f, %.0f s left", loop.index, loop.total, float(loop.best.min()), left)

    def end(self, loop: Loop) -> None:
        """Closes the bar and sums up."""
        if self._bar is not None:
            self._bar.close()
        stopped = "" if loop.index == loop.total else f"stopped after step {loop.index} of {loop.total}, "
        logger.info("%s%.1f s, loss %.4f", stopped, loop.seconds, float(loop.best.min()))
        for candidate, skipped in zip(loop.population.candidate_ids, loop.skipped, strict=True):
            if skipped:
                logger.warning(
                    "candidate %d: %d steps skipped, loss, gradient or parameters out of bounds", candidate, skipped
                )
