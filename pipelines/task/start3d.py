"""What a thing starts from: a field of a run, a model, a cloud of points, or words for a solid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
from pydantic import AfterValidator, ValidationInfo

from guidance.target import ViewsAt
from limn.frames import Frames
from limn.registry import suggestion
from limn.step import Step
from pipelines.config.paths import find_file
from pipelines.task.models import read_model
from renderers.base import Renderer
from renderers.fields.surface.point_cloud import is_point_cloud, read_point_cloud
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.solids import captions, solid


def _found(start: str, info: ValidationInfo) -> str:
    if solid(start) is not None:
        return start
    try:
        return str(find_file(Path(start), info))
    except ValueError as error:
        near = "" if Path(start).suffix else suggestion(start, captions())
        raise ValueError(f"expected a field, a model, a cloud of points or words for a solid; {error}{near}") from error


Start3D = Annotated[str, AfterValidator(_found)]
"""A ``field.safetensors`` of a run, a model (OBJ, GLB, glTF, PLY, STL), a cloud of points (PLY without faces), or words
for a solid: "a red mug"."""


def start_of(start: str, candidates: int = 1) -> Renderer:
    """The scene that a config starts from, on the CPU.

    Args:
        start: see `Start3D`.
        candidates: S, all alike.

    Raises:
        InputError: the file cannot be read.
    """
    if start.endswith(".safetensors"):
        from renderers.fields.read import read_field  # starts Warp, which a config does not need

        return read_field(start, candidates)
    return MeshRenderer(_mesh(start), candidates=candidates)


def _mesh(start: str) -> Mesh:
    made = solid(start)
    if made is not None:
        return made.mesh()
    path = Path(start)
    if not is_point_cloud(path):
        return read_model(path)
    from renderers.fields.surface.from_mesh import mesh_of_points  # starts Warp

    return mesh_of_points(*read_point_cloud(path))


def seen_at_start(start: Renderer) -> ViewsAt:
    """A scene as it was, seen by the cameras of any frames.

    Args:
        start: a scene of one candidate that nobody changes.
    """

    @torch.no_grad()
    def render(frames: Frames, step: Step) -> Frames:
        size = (frames.rgb.shape[-2], frames.rgb.shape[-1])
        return step.share(("start", id(frames.cameras)), lambda: start.render(frames.cameras, size, step))

    return render
