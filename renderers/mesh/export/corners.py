"""Meshes as file formats need them: one row for each pair of vertex and texture coordinate, and named parts."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderers.mesh.distinct import distinct
from renderers.mesh.mesh import Mesh

Integers = NDArray[np.int64]


def split_rows(*tables: Tensor) -> tuple[list[Integers], Integers]:
    """Rows for formats with one index per corner; a mesh has several.

    Args:
        tables: the vertex, texture coordinate and normal of each corner, [F, 3] each.

    Returns:
        The entry of each table at every row [R]; the rows of the corners [F, 3].
    """
    columns = [_array(table).astype(np.int64).reshape(-1) for table in tables]
    index = np.zeros_like(columns[0])
    for column in columns:
        _, first, index = np.unique(index * (column.max() + 1) + column, return_index=True, return_inverse=True)
    return [column[first] for column in columns], index.reshape(-1, 3)


def colour_table(mesh: Mesh) -> tuple[Tensor, Tensor]:
    """Distinct colours in 0..1 [C, 3], and the rows of the corners [F, 3], of a mesh that has colours."""
    if mesh.corner_colours is None:
        colours, rows = mesh.painted()
        return colours.detach().clamp(0, 1), rows
    table, index = distinct(mesh.corner_colours.detach().clamp(0, 1).reshape(-1, 3).numpy())
    return torch.from_numpy(table), torch.from_numpy(index).view(-1, 3)


def parts(mesh: Mesh) -> dict[str, Integers]:
    """Faces by name; each face is in the first group that has it, faces without group have an empty name."""
    free = np.ones(len(mesh.faces), bool)
    result = {}
    for name, faces in mesh.groups.items():
        mine = _array(faces)
        mine = mine[free[mine]]
        free[mine] = False
        if len(mine):
            result[name] = mine
    if free.any():
        result[""] = np.flatnonzero(free)
    return result


def _array(tensor: Tensor) -> Integers:
    array: Integers = tensor.detach().cpu().numpy()
    return array
