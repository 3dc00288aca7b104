"""Where a batch stands: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger("limn")


@dataclass(frozen=True)
class Running:
    """A job at work.

    Args:
        name: of the job.
        stage: of its run, where it has several.
        step: steps of the stage that are done.
        steps: that it has; 0 while it is not known.
        seconds: since it was started.
    """

    name: str
    stage: str
    step: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class Progress:
    """Where a batch stands.

    Args:
        counts: jobs by state.
        running: those at work.
        left: seconds that it still takes; None while nothing is known.
        paused: whether it waits to be resumed.
    """

    counts: Mapping[Any, int]
    running: Sequence[Running]
    left: float | None
    paused: bool

    def __str__(self) -> str:
        """One line."""
        done = f"{self.counts['done']} of {sum(self.counts.values())} jobs done"
        others = [f"{count} {state}" for state, count in self.counts.items() if count and state != "done"]
        left = [f"about {duration(self.left)} left"] if self.left is not None and self.running else []
        return ", ".join([done, *others, *left, *(["paused"] if self.paused else [])])


class Display(ABC):
    """Shows where a batch stands."""

    @abstractmethod
    def update(self, progress: Callable[[], Progress]) -> None:
        """Is called often; asks for the progress where it is to be shown."""

    @abstractmethod
    def close(self) -> None:
        """Ends it."""


class Lines(Display):
    """A line now and then.

    Args:
        seconds: between two lines.
    """

    def __init__(self, seconds: float = 15.0) -> None:
        self.seconds = seconds
        self._last = time.monotonic()

    def update(self, progress: Callable[[], Progress]) -> None:
        """Writes a line where one is due."""
        if time.monotonic() - self._last >= self.seconds:
            self._last = time.monotonic()
            logger.info("%s", progress())

    def close(self) -> None:
        """Nothing is left open."""


class Table(Display):
    """A live table on a terminal; what is logged stands above it.

    Args:
        seconds: between two pictures of it.
    """

    def __init__(self, seconds: float = 0.5) -> None:
        from rich.console import Console
        from rich.live import Live

        self.seconds = seconds
        self._last = 0.0
        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._live.start()

    def update(self, progress: Callable[[], Progress]) -> None:
        """Draws the table where that is due."""
        if time.monotonic() - self._last >= self.seconds:
            self._last = time.monotonic()
            self._live.update(_table(progress()), refresh=True)

    def close(self) -> None:
        """Takes the table away."""
        self._live.stop()


def _table(progress: Progress) -> Any:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    whole = Table.grid()
    whole.add_row(ProgressBar(total=sum(progress.counts.values()), completed=progress.counts["done"], width=60))
    rows = Table.grid(padding=(0, 2))
    for running in progress.running:
        bar = ProgressBar(total=running.steps or None, completed=running.step, width=24, pulse=not running.steps)
        steps = f"{running.step} of {running.steps}" if running.steps else ""
        rows.add_row(Text(running.name[:50]), running.stage, bar, steps, duration(running.seconds))
    return Group(Text(str(progress)), whole, rows)


def display_for(blocks: bool) -> Display:
    """A table on a terminal, else lines.

    Args:
        blocks: whether the launcher leaves no time to draw a table.
    """
    return Table() if sys.stderr.isatty() and not blocks else Lines()


def duration(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
