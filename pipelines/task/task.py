"""Recipes: a task's configuration, and how it becomes something drawable and the judges of it.

A recipe is a registered function of one argument. The annotation of that argument is its configuration, the first line
of its docstring is what ``python run.py list`` says of it:

    class SketchConfig(RunConfig):
        strokes: int = 16

    @RECIPES.register("sketch")
    def sketch(config: SketchConfig) -> Task:
        \"\"\"A picture becomes a drawing of a few strokes.\"\"\"
        ...
        return Task(renderer, objective)

Everything else (run folder, loop, checkpoints, video, report) is the same for all recipes and not their concern. A
resumed run calls the recipe again and then restores the parameters, so a recipe must do the same thing each time that
it gets the same config: random draws come from ``Step(0, 1, config.seed).generator("name")``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from torch import Tensor

from guidance.objective import Objective
from limn.errors import InputError
from limn.registry import Registry
from pipelines.config.run_config import RunConfig
from pipelines.loop.optimise import CamerasAt
from renderers.base import Renderer


@dataclass(frozen=True)
class Task:
    """What a recipe makes of its config.

    Args:
        renderer: the scene at its start, S = ``best_of`` candidates.
        objective: its judges.
        pictures: what the report shows beside the result, by name ("target", "saliency"): [3, H, W] in 0..1.
        animation: candidate -> SVG that draws itself stroke by stroke, for scenes that have one.
        cameras: step -> the views to draw then, for scenes that have views; a judgement (``step.training`` False) has
            the same each time, and previews show those.
        turntable: count -> so many views around the scene, of which slices can be taken, for scenes that one can walk
            around.
    """

    renderer: Renderer
    objective: Objective
    pictures: Mapping[str, Tensor] = field(default_factory=dict)
    animation: Callable[[int], str] | None = None
    cameras: CamerasAt | None = None
    turntable: Callable[[int], Any] | None = None


Recipe = Callable[[Any], Task]

RECIPES: Registry[Recipe] = Registry(
    "recipe",
    {
        "draw": "pipelines.recipes.draw:draw",
        "edit": "pipelines.recipes.edit:edit",
        "fit_mesh": "pipelines.recipes.fit_mesh:fit_mesh",
        "illustrate": "pipelines.recipes.illustrate:illustrate",
        "imagine": "pipelines.recipes.imagine:imagine",
        "lettering": "pipelines.recipes.lettering:lettering",
        "sketch": "pipelines.recipes.sketch:sketch",
        "stylise_mesh": "pipelines.recipes.stylise_mesh:stylise_mesh",
    },
)


def config_of(recipe: Recipe) -> type[RunConfig]:
    """The configuration class of a recipe, read from the annotation of its argument.

    Raises:
        InputError: it does not take exactly one argument annotated with a `RunConfig`.
    """
    try:
        hints = get_type_hints(recipe)
        annotations = [hints.get(name) for name in inspect.signature(recipe).parameters]
    except (TypeError, NameError) as error:
        raise InputError(f"recipe {recipe!r} has no readable signature: {error}") from error
    if len(annotations) == 1 and isinstance(annotations[0], type) and issubclass(annotations[0], RunConfig):
        return annotations[0]
    raise InputError(f"a recipe takes one argument that is annotated with a RunConfig; {recipe!r} does not")
