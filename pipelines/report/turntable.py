"""Turntables: films once around a scene, and a sheet of its views."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from guidance.channels import Channel, channel_of, depth_map
from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.files import write_file
from limn.frames import Frames
from limn.step import Step
from pipelines.config.run_config import RunConfig
from pipelines.loop.contact_sheets import ByteImage, png, tiled, to_bytes
from pipelines.loop.optimise import Result
from pipelines.loop.shapes import shape_of
from pipelines.report.video import FILMS
from pipelines.task.task import Task

logger = logging.getLogger("limn")

SHEET = 8
"""Views on the sheet."""

AT_ONCE = 8
"""Views that are drawn together, which bounds the memory of a film."""

LABELS = {"rgb": "once around", "depth": "depth once around", "normal": "normals once around"}


@torch.no_grad()
def write_turntable(folder: str | Path, result: Result, task: Task, config: RunConfig) -> list[Artefact]:
    """Writes ``views.png`` and, in every format of the config's films, ``turntable.*`` of the best candidate; beside it
    ``turntable_depth.*`` and ``turntable_normal.*`` where they are asked for and the scene has them.

    Args:
        folder: where they go.
        result: whose best candidate is shown.
        task: its turntable, and the channels that it shows unless the config says it.
        config: its ``preview_size`` and ``video`` are read; once around takes as long as the film of the run.

    Returns:
        What was written.
    """
    folder = Path(folder)
    assert task.turntable is not None
    views = torch.cat([frames.rgb[0] for frames in _frames(result, task.turntable(SHEET), config)])
    sheet = write_file(folder / "views.png", png(tiled(to_bytes(torch.cat(list(views), dim=-1)), SHEET)))
    made = [Artefact(sheet, "picture", "views all around")]
    if config.video.formats:
        cameras = task.turntable(max(2, round(config.video.seconds * config.video.fps)))
        films = _films(_frames(result, cameras, config), config.video.channels or task.channels)
        for channel, pictures in films.items():
            if not pictures:
                logger.warning("video.channels: this scene has no %s", channel)
                continue
            for kind in config.video.formats:
                film = folder / f"{'turntable' if channel == 'rgb' else f'turntable_{channel}'}.{kind}"
                FILMS[kind](film, pictures, config.video.fps, hold=0.0)
                made.append(Artefact(film, "turntable", LABELS[channel]))
    return made


def _frames(result: Result, cameras: Cameras, config: RunConfig) -> Iterator[Frames]:
    """The best candidate alone, a few views at a time."""
    size = shape_of(result.renderer, cameras, config.preview_size) if config.preview_size else None
    best = slice(result.candidate, result.candidate + 1)
    for start in range(0, len(cameras), AT_ONCE):
        seen = result.renderer.render(cameras[start : start + AT_ONCE], size)
        depth, normal = (None if part is None else part[best] for part in (seen.depth, seen.normal))
        yield Frames(seen.rgb[best], seen.alpha[best], depth, normal)


def _films(frames: Iterator[Frames], channels: Sequence[Channel]) -> dict[Channel, list[ByteImage]]:
    """The pictures of each film; none where the scene has no such channel."""
    films: dict[Channel, list[ByteImage]] = {channel: [] for channel in channels}
    depths: list[Tensor] = []
    for views in frames:
        if "rgb" in films:
            films["rgb"] += map(to_bytes, views.rgb[0])
        if "normal" in films and views.normal is not None:
            films["normal"] += map(to_bytes, channel_of(views, Step(0, 1, training=False), "normal").rgb[0])
        if "depth" in films and views.depth is not None:
            depths.append(torch.stack([views.depth[0, :, 0], views.alpha[0, :, 0]]))
    if depths:
        depth, alpha = torch.cat(depths, dim=1)
        # As one tall picture, whose near and far are those of the whole film, so that nothing flickers.
        tall = depth_map(depth.flatten(0, 1)[None], alpha.flatten(0, 1)[None])
        films["depth"] = [to_bytes(view) for view in tall.view(3, *depth.shape).movedim(1, 0)]
    return films
