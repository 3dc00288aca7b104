"""Shapes on grids, and what is true of closed surfaces."""

import math

import numpy as np
import torch
import trimesh
from torch import Tensor


def sphere(points: Tensor, radius: float = 0.7) -> Tensor:
    return points.norm(dim=-1) - radius


def torus(points: Tensor, radius: float = 0.6, tube: float = 0.25) -> Tensor:
    return torch.stack([points[..., :2].norm(dim=-1) - radius, points[..., 2]], dim=-1).norm(dim=-1) - tube


def cube(points: Tensor, half: float = 0.55) -> Tensor:
    beyond = points.abs() - half
    return beyond.clamp_min(0).norm(dim=-1) + beyond.amax(dim=-1).clamp_max(0)


VOLUMES = {sphere: 4 / 3 * math.pi * 0.7**3, torus: 2 * math.pi**2 * 0.6 * 0.25**2, cube: 1.1**3}


def closed(vertices: Tensor, faces: Tensor) -> trimesh.Trimesh:
    """The mesh, every edge of which is one of two faces and runs in both directions."""
    mesh = trimesh.Trimesh(vertices.detach().numpy(), faces.numpy(), process=False)
    _, shared = np.unique(np.sort(mesh.edges, axis=1), axis=0, return_counts=True)
    assert (shared == 2).all() and mesh.is_winding_consistent
    return mesh
