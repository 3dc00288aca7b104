"""A grid of squares, each a filled path: pixel art."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.errors import InputError
from renderers.strokes.scene import Path, Scene, Subpath, Topology


def rows_of_squares(size: tuple[int, int], columns: int, key: str) -> int:
    """How many rows of squares fill a canvas.

    Args:
        size: height and width of the canvas in pixels.
        columns: squares in a row; their sides are whole pixels.
        key: of the columns in a config, for messages.

    Raises:
        InputError: no whole number of such squares fills the canvas.
    """
    height, width = size
    fits = [number for number in range(1, width + 1) if width % number == 0 and height % (width // number) == 0]
    if columns not in fits:
        nearest = [n for n in fits if n < columns][-1:] + [n for n in fits if n > columns][:1]
        near = " or ".join(map(str, nearest))
        raise InputError(f"{key}: {columns} squares do not fill {height} x {width} pixels; expected {near}")
    return height // (width // columns)


def square_grid(colours: Tensor, size: tuple[int, int]) -> Scene:
    """Opaque squares side by side, row by row.

    Args:
        colours: sRGB in 0..1 of every square [S, 3, rows, columns].
        size: height and width of the canvas in pixels, multiples of the rows and columns, so that no seams show.

    Returns:
        The scene.

    Source: Jain et al., VectorFusion, 2023, section 4.4 (pixel art).
    """
    candidates, _, rows, columns = colours.shape
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    first = torch.stack([x, y], dim=-1).view(-1, 1, 2)
    corners = (first + torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]])) * torch.tensor(
        [size[1] / columns, size[0] / rows]
    )
    legs = corners.roll(-1, dims=1) - corners
    points = torch.stack([corners, corners + legs / 3, corners + legs * 2 / 3], dim=2).reshape(1, -1, 2)
    path = Path((Subpath(4, closed=True),), stroked=False, filled=True)
    fills = F.pad(colours.flatten(2).transpose(1, 2), (0, 1), value=1.0)
    return Scene(
        topology=Topology((path,) * (rows * columns)),
        points=points.repeat(candidates, 1, 1),
        widths=torch.ones(candidates, rows * columns),
        stroke_colours=fills.clone(),
        fill_colours=fills,
        size=size,
    )
