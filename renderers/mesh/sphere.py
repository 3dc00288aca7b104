"""A sphere, as a mesh to start from."""

from __future__ import annotations

import torch

from renderers.mesh.mesh import Mesh


def icosphere(detail: int, radius: float = 1.0) -> Mesh:
    """A sphere around the origin of 20 * 4^detail triangles."""
    import trimesh

    made = trimesh.creation.icosphere(detail, radius)
    vertices, faces = torch.from_numpy(made.vertices.copy()).float(), torch.from_numpy(made.faces.copy()).int()
    return Mesh(vertices, faces, name="sphere")
