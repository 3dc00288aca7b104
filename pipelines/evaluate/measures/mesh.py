"""Mesh validity: whether a model is a solid thing."""

from __future__ import annotations

import torch
from torch import Tensor

from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.task.models import read_model


def mesh_validity(vertices: Tensor, faces: Tensor) -> dict[str, float]:
    """Facts of a mesh.

    Args:
        vertices: [P, 3], each once.
        faces: [F, 3].

    Returns:
        ``watertight`` (1 where every edge has two faces, else 0), ``consistent`` (1 where neighbours agree on what is
        outside), ``components`` (pieces that share no edge), ``faces``, ``area``, and ``volume`` where it is
        watertight: below 0 where the mesh is inside out.
    """
    import trimesh

    mesh = trimesh.Trimesh(vertices.double().numpy(), faces.numpy(), process=False)
    closed = bool(mesh.is_watertight)
    return {
        "watertight": float(closed),
        "consistent": float(mesh.is_winding_consistent),
        "components": float(components(len(faces), torch.tensor(mesh.face_adjacency))),
        "faces": float(len(faces)),
        "area": float(mesh.area),
        **({"volume": float(mesh.volume)} if closed else {}),
    }


def components(count: int, pairs: Tensor) -> int:
    """The number of connected parts of a graph of ``count`` nodes with edges [E, 2]."""
    labels = torch.arange(count)
    while True:
        least = labels[pairs].amin(dim=1, keepdim=True).expand(-1, 2)
        spread = labels.scatter_reduce(0, pairs.flatten(), least.flatten(), "amin")
        spread = spread[spread]
        if torch.equal(spread, labels):
            return len(set(labels.tolist()))
        labels = spread


class MeshValidity(Measure):
    """Whether a model is a solid thing: watertight, in how many pieces, with normals that agree; in the unit sphere.

    Vertices at one place are one, so that seams of textures do not count.
    """

    kinds = frozenset({"model"})
    higher = ("mesh_watertight", "mesh_consistent")
    lower = ("mesh_components",)

    def of(self, subject: Subject) -> Reading:
        """See `mesh_validity`."""
        mesh = read_model(subject.main.path)
        return {f"mesh_{name}": value for name, value in mesh_validity(mesh.vertices, mesh.faces).items()}
