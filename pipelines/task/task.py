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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from guidance.objective import Objective
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
