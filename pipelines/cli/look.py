"""``limn look``: what a run will look at, before a step is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limn.errors import InputError
from limn.files import make_folder, write_file
from pipelines.cli.arguments import settings_of
from pipelines.cli.main import config_of_command
from pipelines.config.keys import check_keys

if TYPE_CHECKING:
    from pipelines.loop.contact_sheets import ByteImage

GAP = 8
"""Pixels between the pictures of a sheet."""


def look(rest: list[str]) -> None:
    """``limn look CONFIG [key=value ...]``: writes the pictures that a run would begin with, and a sheet of them."""
    if not rest:
        raise InputError("look takes a pipeline or a config")
    file, settings = config_of_command(rest[0]), settings_of(rest[1:])
    check_keys(file, settings)

    from pipelines.config.reading import read_config
    from pipelines.loop.contact_sheets import png, to_bytes
    from pipelines.runs.build import build

    config = read_config(file, settings)
    task = build(config)[0].task(None)
    if not task.pictures:
        raise InputError(f"look: recipe {config.recipe!r} has no pictures to begin with")
    folder = make_folder(config.output / config.name / "look")
    pictures = {name: to_bytes(picture) for name, picture in task.pictures.items()}
    for name, picture in pictures.items():
        print(write_file(folder / f"{name}.png", png(picture)))
    print(write_file(folder / "sheet.png", png(_beside(list(pictures.values())))))
    for note in task.notes:
        print(note)


def _beside(pictures: list[ByteImage]) -> ByteImage:
    """Pictures of one height in a row."""

    import cv2

    height = max(len(picture) for picture in pictures)
    row = [cv2.resize(p, (max(1, round(p.shape[1] * height / len(p))), height)) for p in pictures]
    gap = np.full((height, GAP, 3), 128, np.uint8)
    return np.concatenate([part for picture in row for part in (picture, gap)][:-1], axis=1)
