"""Turntables: a film once around a scene, and a sheet of its views."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from limn.artefact import Artefact
from limn.cameras import Cameras
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
def write_turntable(
    folder: str | Path, result: Result, turntable: Callable[[int], Cameras], config: RunConfig
) -> list[Artefact]:
    """Writes ``views.png`` and, in every format of the config's films, ``turntable.*`` of the best candidate.

    Args:
        folder: where they go.
        result: whose best candidate is shown.
        turntable: count -> so many views around it.
        config: its ``preview_size`` and ``video`` are read; once around takes as long as the film of the run.

    Returns:
        What was written.
    """
    folder = Path(folder)
    size = (config.preview_size, config.preview_size) if config.preview_size else None

    def views(count: int) -> Tensor:
        cameras = turntable(count)
        chunks = (cameras[start : start + AT_ONCE] for start in range(0, count, AT_ONCE))
        return torch.cat([result.renderer.render(chunk, size).rgb[result.candidate] for chunk in chunks])

    sheet = write_file(folder / "views.png", png(tiled(to_bytes(torch.cat(list(views(SHEET)), dim=-1)), SHEET)))
    made = [Artefact(sheet, "picture", "views all around")]
    if config.video.formats:
        count = max(2, round(config.video.seconds * config.video.fps))
        round_trip = [to_bytes(view) for view in views(count)]
        for kind in config.video.formats:
            film = folder / f"turntable.{kind}"
            FILMS[kind](film, round_trip, config.video.fps, hold=0.0)
            made.append(Artefact(film, "film", "once around"))
    return made
