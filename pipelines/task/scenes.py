"""Scenes: what all recipes for things with views share: cameras, lights, backgrounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from limn.cameras import CAMERAS, Cameras, join, orbit, turntable
from limn.components import Component, OneOf
from limn.step import Step
from pipelines.config.preset import Terms
from pipelines.config.run_config import RunConfig
from pipelines.loop.loop import CamerasAt
from pipelines.loop.optimise import Result
from pipelines.task.named import named_renderer
from renderers.base import Renderer
from renderers.registry import RENDERERS, Canvas
from renderers.scene.backgrounds import BACKGROUNDS
from renderers.scene.light_samplers import LIGHTS
from renderers.scene.shading import SHADINGS


def named(name: str) -> Any:
    """A component's default, which is validated as if a config had it."""
    return Field(default=name)


class SceneConfig(RunConfig):
    """Settings that recipes for things with views share."""

    cameras: Annotated[Component, OneOf(CAMERAS)] = named("text2mesh")
    """The cameras of each step."""
    lights: Annotated[Component, OneOf(LIGHTS)] = named("directional")
    """The lights of each step."""
    shading: Annotated[Component, OneOf(SHADINGS)] = named("lambert")
    """What light makes of colours; ``unlit`` shows colours as they are."""
    background: Annotated[Component, OneOf(BACKGROUNDS)] = named("colour")
    """What is behind the thing at each step; evaluations and films have white."""
    eval_views: Annotated[int, Field(ge=1, le=64)] = 4
    """Views around the thing that are evaluated, without augmentation, and shown."""
    elevation: Annotated[float, Field(ge=-90, le=90)] = 20.0
    """Of the views that are evaluated and of the films, in degrees."""

    @property
    def pictures_at_once(self) -> int:
        """Every candidate is evaluated in some views."""
        return self.best_of * self.eval_views


class MadeSceneConfig(SceneConfig):
    """Settings that recipes share in which a config names what the thing is made of."""

    auto_prior: ClassVar[str] = "exemplars:solids"

    renderer: Annotated[Component, OneOf(RENDERERS, ("canvas",))] = named("field")
    """What the thing is made of: ``field``, ``mesh``, ``flexicubes``, or a renderer of your own that has views. A stage
    that names another one takes over the form from the stage before."""


def of_fields(renderer: Any) -> Terms:
    """The terms that keep the space around a field clear and its surface solid; none for other renderers.

    Args:
        renderer: as a config names it.
    """
    name = next(iter(renderer), "") if isinstance(renderer, Mapping) else renderer
    if name != "field":
        return {}
    return {"clear": {"loss": "opacity", "weight": 0.02}, "solid": {"loss": "opaque", "weight": 0.02}}


def around(config: SceneConfig, count: int) -> Cameras:
    """Evenly spaced views all around, over the renderer's own background; all have the same random draws of lights.

    Args:
        config: decides elevation and lights.
        count: of the views.
    """
    lights, draws, elevation = config.lights.make(), Step(0, 1, config.seed), math.radians(config.elevation)
    cameras = [orbit(2 * math.pi * number / count, elevation, 2.5, math.radians(50.0)) for number in range(count)]
    return join([replace(one, lights=lights(one, draws.generator("lights"))) for one in cameras])


def cameras_of(config: SceneConfig) -> CamerasAt:
    """The cameras of each step: drawn anew in training, always the same `around` the model in evaluations."""
    sampler, evaluated = config.cameras.make(), around(config, config.eval_views)

    def cameras(step: Step) -> Cameras:
        if not step.training:
            return evaluated
        return with_lighting(config, sampler(step.generator("cameras"), step.progress), step)

    return cameras


def with_lighting(config: SceneConfig, cameras: Cameras, step: Step) -> Cameras:
    """Cameras with the lights and backgrounds of a step."""
    background = config.background.make()
    return replace(
        cameras,
        lights=config.lights.make()(cameras, step.generator("lights")),
        background=background(len(cameras), config.shape(), step.generator("background")),
    )


def scene_of(config: MadeSceneConfig, before: Result | None, start: Renderer | None = None) -> Renderer:
    """The scene that a stage starts from.

    Args:
        config: names its renderer.
        before: what the stage before made.
        start: what the first stage takes over, where there is something.

    Raises:
        InputError: the renderer has no views, or cannot take over what the stage before made.
    """
    draws = Step(0, 1, config.seed)
    taken = start if before is None else before.renderer
    canvas = Canvas(
        config.shape(),
        config.best_of if taken is None else taken.candidates,
        draws.generator("scene"),
        before=taken,
        best=0 if before is None else before.candidate,
        lights=config.lights.make()(turntable(1), draws.generator("lights")),
        shading=config.shading.make(),
    )
    return named_renderer(config.renderer, canvas, views=True)
