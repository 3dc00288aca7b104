"""diffvg as a back end for comparisons, where pydiffvg is installed; it is slower and not deterministic."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.errors import InputError
from renderers.strokes.scene import WHITE, Path, Scene

SAMPLES = 2
"""Samples along each side of a pixel, as in CLIPasso and CLIPDraw."""


def rasterise_diffvg(scene: Scene) -> tuple[Tensor, Tensor]:
    """Draws the candidates one after the other with pydiffvg (written to its public interface, not tested here).

    Args:
        scene: what to draw.

    Returns:
        sRGB over the background [S, 3, H, W] and coverage [S, 1, H, W].

    Raises:
        InputError: pydiffvg is not installed.

    Source: Li et al. 2020, Differentiable Vector Graphics Rasterization for Editing and Learning.
    """
    try:
        import pydiffvg
    except ImportError:
        raise InputError(
            "backend 'diffvg' needs pydiffvg, which has no wheels: build it from github.com/BachiLi/diffvg, "
            "or use backend 'warp'"
        ) from None
    height, width = scene.size
    pydiffvg.set_device(scene.points.device)
    pydiffvg.set_use_gpu(scene.points.device.type == "cuda")
    background = scene.points.new_tensor(scene.background or WHITE)[:, None, None]
    pictures = []
    for candidate in range(scene.candidates):
        shapes, groups = _shapes(pydiffvg, scene, candidate)
        arguments = pydiffvg.RenderFunction.serialize_scene(width, height, shapes, groups)
        rgba = pydiffvg.RenderFunction.apply(width, height, SAMPLES, SAMPLES, 0, None, *arguments).permute(2, 0, 1)
        pictures.append(torch.cat([rgba[:3] * rgba[3:] + background * (1 - rgba[3:]), rgba[3:]]))
    stacked = torch.stack(pictures)
    return stacked[:, :3], stacked[:, 3:]


def _shapes(pydiffvg: Any, scene: Scene, candidate: int) -> tuple[list[Any], list[Any]]:
    """diffvg's shapes, one for each subpath of a fill or stroke, and a group for each fill or stroke."""
    shapes: list[Any] = []
    groups: list[Any] = []

    def add(index: int, path: Path, points: Tensor, fill: bool) -> None:
        ids = []
        for subpath, own in zip(path.subpaths, torch.split(points, [sub.points for sub in path.subpaths]), strict=True):
            controls = [2] * subpath.segments + [0] * (fill and not subpath.closed)
            half = scene.widths[candidate, index] / 2  # diffvg counts a stroke's width to one side
            ids.append(len(shapes))
            shapes.append(
                pydiffvg.Path(torch.tensor(controls), own.contiguous(), fill or subpath.closed, stroke_width=half)
            )
        colour = (scene.fill_colours if fill else scene.stroke_colours)[candidate, index]
        paint = {"fill_color": colour} if fill else {"fill_color": None, "stroke_color": colour}
        groups.append(
            pydiffvg.ShapeGroup(torch.tensor(ids), use_even_odd_rule=path.rule == "evenodd", **paint),
        )

    for index, (path, start) in enumerate(zip(scene.topology.paths, scene.topology.path_starts, strict=True)):
        points = scene.points[candidate, start : start + path.points]
        if path.filled:
            add(index, path, points, fill=True)
        if path.stroked:
            add(index, path, points, fill=False)
    return shapes, groups
