"""Films of six discs, each in a colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.report.video import write_gif, write_mp4

COLOURS = [(230, 20, 20), (20, 230, 20), (20, 20, 230), (230, 230, 20), (20, 230, 230), (230, 20, 230)]


def frames(order: list[int]) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """Discs, each in a colour."""
    y, x = np.mgrid[:48, :48]
    disc = ((x - 24) ** 2 + (y - 24) ** 2 < 300)[..., None]
    return [np.where(disc, np.array(COLOURS[index]), 255).astype(np.uint8) for index in order]


def write_films(folder: Path) -> dict[str, Path]:
    """The six of them as MP4, as GIF and as a folder of pictures."""
    made = frames(list(range(6)))
    write_mp4(folder / "a.mp4", made, fps=10, hold=0.0)
    write_gif(folder / "a.gif", made, fps=10, hold=0.0)
    (folder / "frames").mkdir()
    for number, picture in enumerate(made):
        Image.fromarray(picture).save(folder / "frames" / f"{number:03d}.png")
    return {"mp4": folder / "a.mp4", "gif": folder / "a.gif", "folder": folder / "frames"}
