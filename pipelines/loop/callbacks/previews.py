"""The history of a run in pictures."""

from __future__ import annotations

from pathlib import Path

from limn.files import writing
from pipelines.loop.callback import Callback
from pipelines.loop.contact_sheets import write_sheet
from pipelines.loop.loop import Loop


class Previews(Callback):
    """Keeps the pictures of every so many steps: one PNG a time, a row for each candidate, a column for each view.

    Rows of candidates that were dropped are white.

    Args:
        folder: where they go, named by their step.
        every: steps between two, from 1.
        size: their longer side in pixels; the renderer's own when None.
    """

    def __init__(self, folder: str | Path, every: int, size: int | None = None) -> None:
        folder = Path(folder)
        self.folder, self.every, self.size = folder, every, size
        self._shape: tuple[int, int] | None = None

    def start(self, loop: Loop) -> None:
        """Removes pictures of steps that are still to come; draws the first."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for file in history(self.folder):
                if int(file.stem) > loop.index:
                    file.unlink()
        if self.size is not None:
            self._shape = loop.shape(self.size)
        if loop.index == 0:
            self._keep(loop)

    def step(self, loop: Loop) -> None:
        """Draws where a picture is due."""
        if loop.index % self.every == 0 and loop.index < loop.total:
            self._keep(loop)

    def _keep(self, loop: Loop) -> None:
        frames = loop.render(self._shape)
        write_sheet(
            self.folder / f"{loop.index:07d}.png", frames, loop.population.candidate_ids, loop.population.started
        )


def history(folder: str | Path) -> list[Path]:
    """The pictures of a run in the order of their steps; files of other names are nobody's business."""
    folder = Path(folder)
    return sorted(file for file in folder.glob("[0-9]*.png") if file.stem.isdecimal() and file.is_file())
