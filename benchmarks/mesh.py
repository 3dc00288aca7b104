"""Times pictures of meshes, with nvdiffrast's and PyTorch3D's figures beside them where those are installed.

Five views at 224 x 224 of a textured ball: rasterise, interpolate texture coordinates with their derivatives, look a
512 x 512 map up through its mipmaps, blend colour and coverage across silhouettes; and all derivatives by vertices and
texels.

Run by hand: ``python benchmarks/mesh.py [THREADS]``. Every figure is the least of many repeats, in milliseconds.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path as FilePath

import torch
from torch import Tensor

sys.path.insert(0, str(FilePath(__file__).parents[1]))

from renderers.mesh.operations import Backend, antialias, interpolate, rasterise, texture

VIEWS, SIDE, MAP = 5, 224, 512
Picture = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def ball(triangles: int) -> tuple[Tensor, Tensor, Tensor]:
    """A sphere of about that many triangles: vertices [P, 3], faces int32 [F, 3], texture coordinates [P, 2]."""
    rings = math.isqrt(triangles // 4)
    lines = torch.linspace(0.02, 0.98, rings + 1), torch.linspace(0, 1, 2 * rings + 1)[:-1]
    v, u = torch.meshgrid(*lines, indexing="ij")
    across, turn = (math.pi * v).sin(), 2 * math.pi * u
    vertices = torch.stack([turn.sin() * across, (math.pi * v).cos(), turn.cos() * across], -1)
    index = torch.arange(v.numel()).view_as(v)
    right = index.roll(-1, 1)
    a, b, c, d = index[:-1], right[:-1], index[1:], right[1:]
    faces = torch.stack([torch.stack([a, c, b], -1), torch.stack([b, c, d], -1)], 2).view(-1, 3)
    return vertices.view(-1, 3), faces.int(), torch.stack([u, v], -1).view(-1, 2)


def clip_of(vertices: Tensor) -> Tensor:
    """The ball from five sides, three radii away [V, P, 4]."""
    turn = torch.arange(VIEWS, device=vertices.device) * 2 * math.pi / VIEWS
    x = turn.cos()[:, None] * vertices[:, 0] + turn.sin()[:, None] * vertices[:, 2]
    z = turn.cos()[:, None] * vertices[:, 2] - turn.sin()[:, None] * vertices[:, 0] - 3
    y = vertices[:, 1].expand_as(x)
    return torch.stack([2.4 * x, 2.4 * y, -1.02 * z - 0.202, -z], -1)


def with_operations(backend: Backend) -> Picture:
    """The picture [V, H, W, 4] made by the four operations."""

    def draw(vertices: Tensor, faces: Tensor, uv: Tensor, maps: Tensor) -> Tensor:
        clip = clip_of(vertices)
        fragments = rasterise(clip, faces, (SIDE, SIDE), backend=backend)
        place, steps = interpolate(uv[None], faces, fragments, derivatives=True, backend=backend)
        colour = texture(maps, place, steps, "mipmap", backend=backend, fragments=fragments)
        seen = (fragments.triangle[..., None] >= 0).to(colour.dtype)
        picture = torch.cat([colour, seen], -1).flatten(0, 1)
        return antialias(picture, fragments, clip, faces, backend=backend)

    return draw


def with_pytorch3d() -> Picture:
    """The same ball in PyTorch3D's soft renderer (written to its public interface, not run by us)."""
    from pytorch3d import renderer
    from pytorch3d.structures import Meshes

    def draw(vertices: Tensor, faces: Tensor, uv: Tensor, maps: Tensor) -> Tensor:
        rotation, translation = renderer.look_at_view_transform(3.0, 0.0, torch.arange(VIEWS) * 360 / VIEWS)
        cameras = renderer.FoVPerspectiveCameras(R=rotation, T=translation, fov=45.2, device=vertices.device)
        settings = renderer.RasterizationSettings(SIDE, blur_radius=1e-5, faces_per_pixel=4)
        lights = renderer.AmbientLights(device=vertices.device)
        textures = renderer.TexturesUV(maps, faces[None].long(), torch.stack([uv[:, 0], 1 - uv[:, 1]], -1)[None])
        mesh = Meshes(vertices[None], faces[None].long(), textures).extend(VIEWS)
        rasteriser = renderer.MeshRasterizer(cameras, settings)
        shader = renderer.SoftPhongShader(device=vertices.device, cameras=cameras, lights=lights)
        picture: Tensor = renderer.MeshRenderer(rasteriser, shader)(mesh)
        return picture

    return draw


def measure(picture: Picture, triangles: int, device: str, seconds: float = 4.0) -> tuple[float, float]:
    """Least forward and least backward time in milliseconds among the repeats of a few seconds."""
    vertices, faces, uv = (tensor.to(device) for tensor in ball(triangles))
    draws = torch.Generator().manual_seed(0)
    maps = torch.rand(1, MAP, MAP, 3, generator=draws).to(device).requires_grad_()
    weights = torch.randn(VIEWS, SIDE, SIDE, 4, generator=draws).to(device)
    vertices.requires_grad_()

    def now() -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    forward = backward = float("inf")
    end, repeats = time.perf_counter() + seconds, 0
    while repeats < 3 or time.perf_counter() < end:
        vertices.grad = maps.grad = None
        start = now()
        drawn = picture(vertices, faces, uv, maps)
        middle = now()
        drawn.backward(weights)
        forward, backward = min(forward, middle - start), min(backward, now() - middle)
        repeats += 1
    return 1e3 * forward, 1e3 * backward


def main() -> None:
    """Prints the table."""
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    columns: list[tuple[str, Picture, str]] = [("warp", with_operations("warp"), "cpu")]
    if torch.cuda.is_available():
        columns.append(("warp, CUDA", with_operations("warp"), "cuda"))
        if importlib.util.find_spec("nvdiffrast") is not None:
            columns.append(("nvdiffrast, CUDA", with_operations("nvdiffrast"), "cuda"))
    if importlib.util.find_spec("pytorch3d") is not None:
        columns.append(("PyTorch3D", with_pytorch3d(), "cuda" if torch.cuda.is_available() else "cpu"))
    print(f"{torch.get_num_threads()} threads; forward + backward = total, ms")
    for triangles in (5_000, 50_000):
        row = f"{VIEWS} views {SIDE} x {SIDE}, {len(ball(triangles)[1]):6} triangles"
        for name, picture, device in columns:
            forward, backward = measure(picture, triangles, device)
            row += f"   {name} {forward:6.1f} + {backward:6.1f} = {forward + backward:6.1f}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
