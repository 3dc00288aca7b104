"""Small models and sets of photographs for the tests of the recipes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import torch
import trimesh
from PIL import Image

from limn.cameras import orbit
from pipelines.inputs.photographs import Z_UP
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer

TURN = Z_UP.double().numpy()


def tower(folder: Path) -> Path:
    """A red box with a blue one on it; two groups."""
    lines = ["mtllib tower.mtl"]
    count = 0
    for name, side, height in (("base", 1.0, 0.0), ("top", 0.5, 0.75)):
        box = trimesh.creation.box((side, side, side))
        lines += [f"v {x} {y + height} {z}" for x, y, z in box.vertices]
        lines += [f"g {name}", f"usemtl {name}"]
        lines += ["f " + " ".join(str(corner + 1 + count) for corner in face) for face in box.faces]
        count += len(box.vertices)
    (folder / "tower.obj").write_text("\n".join(lines) + "\n")
    (folder / "tower.mtl").write_text("newmtl base\nKd 1 0 0\nnewmtl top\nKd 0 0 1\n")
    return folder / "tower.obj"


def ball(radius: float = 1.0, detail: int = 2) -> Mesh:
    """A sphere, red on the right, green above, blue in front."""
    sphere = trimesh.creation.icosphere(detail, radius)
    vertices = torch.tensor(sphere.vertices.copy(), dtype=torch.float32)
    faces = torch.tensor(sphere.faces.copy(), dtype=torch.int32)
    return Mesh(vertices, faces, colours=(vertices / radius + 1) / 2)


def photographs(folder: Path, mesh: Mesh, centre: tuple[float, float, float], scale: float, size: int = 48) -> Path:
    """Pictures of a mesh as NeRF's data has them: z up, anywhere and of any size in the world."""
    cameras = orbit(torch.arange(6) * math.pi / 3, torch.tensor([0.2, -0.3, 0.6] * 2), 2.6, 0.8)
    frames = MeshRenderer(mesh, background=torch.zeros(3), size=(size, size)).render(cameras)
    entries = []
    for number in range(len(cameras)):
        pose = np.linalg.inv(TURN) @ cameras.camera_to_world[number].double().numpy()
        pose[:3, 3] = pose[:3, 3] * scale + centre
        alpha = frames.alpha[0, number]
        straight = (frames.rgb[0, number] / alpha.clamp_min(1e-6)).clamp(0, 1)
        rgba = torch.cat([straight, alpha]).permute(1, 2, 0).detach()
        Image.fromarray((rgba * 255).round().byte().numpy(), "RGBA").save(folder / f"r_{number}.png")
        entries.append({"file_path": f"./r_{number}", "transform_matrix": pose.tolist()})
    file = folder / "transforms.json"
    file.write_text(json.dumps({"camera_angle_x": 0.8, "frames": entries}))
    return file
