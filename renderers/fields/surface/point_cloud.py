"""Point clouds, as Point-E writes them: places and colours in a PLY file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from limn.errors import InputError
from renderers.mesh.mesh import GREY
from renderers.mesh.read.contents import read_bytes
from renderers.mesh.read.ply import light_of, read_tables
from renderers.mesh.read.ply_header import read_header
from renderers.scene.colour import to_srgb


def is_point_cloud(path: Path) -> bool:
    """Whether a file is a PLY file without faces or triangle strips."""
    if path.suffix.lower() != ".ply":
        return False
    counts = {element.name: element.count for element in read_header(read_bytes(path), path).elements}
    return not counts.get("face") and not counts.get("tristrips")


def read_point_cloud(path: Path) -> tuple[Tensor, Tensor]:
    """The points of a PLY file, their middle at the origin and the farthest at radius 1, and their colours.

    Returns:
        Points [N, 3], and sRGB in 0..1 [N, 3], grey where the file has none.

    Raises:
        InputError: not a PLY file, cut off, or without points.
    """
    content = read_bytes(path)
    table = read_tables(content, read_header(content, path), path).get("vertex", {})
    if not {"x", "y", "z"} <= table.keys() or not len(table["x"][0]):
        raise InputError(f"{path}: expected vertices with x, y and z")
    points = torch.from_numpy(np.stack([table[axis][0].astype(np.float64) for axis in "xyz"], axis=1))
    points = points - (points.amin(0) + points.amax(0)) / 2
    points = (points / points.norm(dim=1).max().clamp_min(1e-30)).float()
    light = light_of(table)
    return points, torch.full_like(points, GREY) if light is None else to_srgb(torch.from_numpy(light).float())
