"""A walk around a scene: a film and a sheet of its views."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from limn.files import write_file
from pipelines.config.run_config import RunConfig
from pipelines.loop.contact_sheets import png, tiled, to_bytes
from pipelines.loop.optimise import Result
from pipelines.report.video import FILMS

SHEET = 8
"""Views on the sheet."""

AT_ONCE = 8
"""Views that are drawn together, which bounds the memory of a film."""


@torch.no_grad()
def write_turntable(folder: Path, result: Result, turntable: Callable[[int], Any], config: RunConfig) -> list[Path]:
    """Writes ``views.png`` and, in every format of the config's films, ``turntable.*`` of the best candidate.

    Args:
        folder: where they go.
        result: what to walk around.
        turntable: count -> so many views around it.
        config: its ``preview_size`` and ``video`` are read; once around takes as long as the film of the run.

    Returns:
        The files.
    """
    size = (config.preview_size, config.preview_size) if config.preview_size else None

    def views(count: int) -> Tensor:
        cameras = turntable(count)
        chunks = (cameras[start : start + AT_ONCE] for start in range(0, count, AT_ONCE))
        return torch.cat([result.renderer.render(chunk, size).rgb[result.candidate] for chunk in chunks])

    sheet = folder / "views.png"
    write_file(sheet, png(tiled(to_bytes(torch.cat(list(views(SHEET)), dim=-1)), SHEET)))
    files = [sheet]
    if config.video.formats:
        count = max(2, round(config.video.seconds * config.video.fps))
        round_trip = [to_bytes(view) for view in views(count)]
        for kind in config.video.formats:
            files.append(folder / f"turntable.{kind}")
            FILMS[kind](files[-1], round_trip, config.video.fps, hold=0.0)
    return files
