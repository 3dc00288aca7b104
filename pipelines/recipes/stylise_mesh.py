"""stylise_mesh: words change the colours and the form of a model (text2mesh, CLIP-Mesh)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field

from guidance import Prompt
from guidance.target import Target
from limn.components import Component
from limn.errors import InputError
from limn.pictures import with_longer_side
from pipelines.config.paths import InputPath
from pipelines.config.prompts import PromptText, Templates
from pipelines.task.models import (
    ModelConfig,
    PartConfig,
    laid_out_for,
    on_device,
    read_model,
    renderer_of,
)
from pipelines.task.objective import build_objective
from pipelines.task.scenes import around, cameras_of
from pipelines.task.start import Start
from pipelines.task.start3d import seen_at_start
from pipelines.task.task import Task
from renderers.mesh.factory import PARAMETERS
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import remesh, subdivide

MODES = {"both": ["colour", "displacement"], "texture": ["colour"], "geometry": ["displacement"]}


class StyliseMeshConfig(ModelConfig):
    """Settings of a model that words change."""

    main: ClassVar[str] = "prompt"

    model: InputPath
    """The model: OBJ, GLB, glTF, PLY or STL."""
    prompt: PromptText
    """What it should become: "a golden vase", or weighted phrases such as "a golden vase:1 | a photo:-0.3"."""
    templates: Templates = ("{}",)
    """Sentences that the phrases are put into; their embeddings are averaged."""
    mode: Literal["both", "texture", "geometry"] = "both"
    """What may change, where ``parameters`` does not say it: text2mesh's style field gives colours, form or both."""
    parts: dict[str, PartConfig] = {}
    """Parts that losses may look at alone, by name: ``{cap: {group: red}, foot: {box: [[-1, -1, -1], [1, 0, 1]]}}``."""
    faces: Annotated[int, Field(ge=4, le=4_000_000)] | None = None
    """About how many triangles to have: fewer are faster, more show finer detail; as the model comes unless given."""
    longest_edge: Annotated[float, Field(ge=0.005, le=2)] | None = None
    """Edges are halved until none is longer; the model has radius 1."""


def stylise_mesh(config: StyliseMeshConfig, start: Start) -> Task:
    """Changes a model as words say: its colours, its form or both (text2mesh, CLIP-Mesh)."""
    device = config.torch_device()
    parameters = config.parameters or [_style_field(config.mode)]
    mesh = laid_out_for(config, _mesh_of(config), start)
    parts = _parts(config, mesh)
    mesh = on_device(mesh, device)
    prompt = Prompt.parse(config.prompt, config.templates)
    before = renderer_of(config, mesh, parameters, candidates=1).to(device)
    return Task(
        renderer_of(config, mesh, parameters, config.best_of),
        lambda: build_objective(config, prompt=prompt, target=Target(views=seen_at_start(before)), parts=parts),
        pictures={"before": _before(config, mesh)},
        cameras=cameras_of(config),
        turntable=lambda count: around(config, count),
    )


@torch.no_grad()
def _before(config: StyliseMeshConfig, mesh: Mesh) -> torch.Tensor:
    shape = with_longer_side(config.shape(), config.preview_size or max(config.shape()))
    frames = renderer_of(config, mesh, [], candidates=1).render(around(config, 1), shape)
    return frames.rgb[0, 0].cpu()


def _style_field(mode: str) -> Component:
    return PARAMETERS.read({"style_field": {"parts": MODES[mode]}})


def _mesh_of(config: StyliseMeshConfig) -> Mesh:
    mesh = read_model(config.model)
    if config.faces is not None:
        mesh = remesh(mesh, config.faces)
    if config.longest_edge is not None:
        mesh = subdivide(mesh, config.longest_edge)
    return mesh


def _parts(config: StyliseMeshConfig, mesh: Mesh) -> dict[str, torch.Tensor]:
    parts = {}
    for name, part in config.parts.items():
        try:
            parts[name] = part.faces(mesh)
        except InputError as error:
            raise InputError(f"parts.{name}: {error}") from error
    return parts
