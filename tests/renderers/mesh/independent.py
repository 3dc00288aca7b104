"""Pictures of GLB files by others: read by trimesh, drawn by Mitsuba 3 (rays, float32, no graphics driver needed)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mitsuba as mi
import numpy as np
import trimesh

mi.set_variant("scalar_rgb")

Array = np.ndarray
SAMPLES = 16


def draw(glb: Path, view: Array, projection: Array, size: tuple[int, int], background: float = 1.0) -> Array:
    """An unlit picture: the base colour of what each pixel shows, over a grey background.

    Args:
        glb: the file.
        view: world to camera, the camera looks down -z [4, 4].
        projection: OpenGL's, perspective or orthographic, symmetric [4, 4].
        size: height and width.
        background: grey in 0..1.

    Returns:
        sRGB in 0..1 [H, W, 3]. Texels are filtered in linear light, pixels blended in sRGB, as in a browser.
    """
    scene: dict[str, Any] = {"type": "scene", "sensor": _sensor(np.asarray(view), np.asarray(projection), size)}
    scene["integrator"] = {"type": "aov", "aovs": "base:albedo", "light": {"type": "direct"}}
    scene |= {f"mesh{index}": mesh for index, mesh in enumerate(_meshes(glb))}
    image = np.array(mi.render(mi.load_dict(scene), seed=0))
    alpha, light = image[..., 3:4], image[..., 4:7]
    light = light / np.maximum(alpha, 1e-6)
    colour = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-8) ** (1 / 2.4) - 0.055)
    return np.clip(colour * alpha + background * (1 - alpha), 0, 1)


def _sensor(view: Array, projection: Array, size: tuple[int, int]) -> dict[str, Any]:
    turn = np.diag([-1.0, 1.0, -1.0, 1.0])  # Mitsuba's cameras look down +z with x to the left
    world = np.linalg.inv(view) @ turn
    film = {"type": "hdrfilm", "height": size[0], "width": size[1], "pixel_format": "rgba", "rfilter": {"type": "box"}}
    common = {"film": film, "sampler": {"type": "multijitter", "sample_count": SAMPLES}, "near_clip": 1e-3}
    if projection[3, 3] == 1:
        scale = np.diag([1 / projection[0, 0], 1 / projection[0, 0], 1.0, 1.0])
        return common | {"type": "orthographic", "to_world": mi.ScalarTransform4f(world @ scale)}
    fov = float(np.degrees(2 * np.arctan(1 / projection[1, 1])))
    return common | {"type": "perspective", "fov_axis": "y", "fov": fov, "to_world": mi.ScalarTransform4f(world)}


def _meshes(glb: Path) -> list[Any]:
    scene = trimesh.load_scene(glb, process=False)
    meshes = []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        geometry = scene.geometry[name]
        uv, colour = getattr(geometry.visual, "uv", None), geometry.visual.vertex_attributes.get("color")
        properties = mi.Properties()
        properties["bsdf"] = mi.load_dict(
            {"type": "twosided", "inner": {"type": "diffuse", "reflectance": _paint(geometry)}}
        )
        count = len(geometry.vertices)
        mesh = mi.Mesh(str(node), count, len(geometry.faces), properties, has_vertex_texcoords=uv is not None)
        if colour is not None:
            mesh.add_attribute("vertex_color", 3, np.asarray(colour, np.float32)[:, :3].ravel())
        values = mi.traverse(mesh)
        values["vertex_positions"] = trimesh.transform_points(geometry.vertices, matrix).astype(np.float32).ravel()
        values["faces"] = geometry.faces.astype(np.uint32).ravel()
        if uv is not None:
            values["vertex_texcoords"] = (uv * [1, -1] + [0, 1]).astype(np.float32).ravel()
        values.update()
        meshes.append(mesh)
    return meshes


def _paint(geometry: trimesh.Trimesh) -> dict[str, Any]:
    material = geometry.visual.material
    if material.baseColorTexture is not None:
        picture = np.array(material.baseColorTexture.convert("RGB"))
        return {"type": "bitmap", "bitmap": mi.Bitmap(picture), "filter_type": "bilinear", "wrap_mode": "repeat"}
    if "color" in geometry.visual.vertex_attributes:
        return {"type": "mesh_attribute", "name": "vertex_color"}
    plain = [255] * 3 if material.baseColorFactor is None else material.baseColorFactor[:3]
    return {"type": "rgb", "value": [float(value) / 255 for value in plain]}
