"""From a config to its stages."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from guidance.objective import Objective
from limn.errors import InputError, short
from pipelines.config.recipe import RECIPES
from pipelines.config.run_config import RunConfig
from pipelines.inputs.drawings import lost_of
from pipelines.loop.optimise import Result
from pipelines.task.drawn import DrawnConfig
from pipelines.task.stages import settings_of
from pipelines.task.start import Start, kept_in
from pipelines.task.task import Stage, Task
from renderers.base import Renderer
from renderers.strokes import Strokes


def build(config: RunConfig, start: Start | None = None) -> list[Stage]:
    """The stages of a config, on its device.

        (stage,) = build(read_config("configs/draw.yaml"))
        task = stage.task(None)
        optimise(task.renderer, task.objective(), stage.settings, cameras=task.cameras)

    Args:
        config: of the run.
        start: keeps what the recipe finds out before the first step.

    Raises:
        InputError: something that the config names is wrong, or the recipe returns something else than stages.
    """
    recipe = RECIPES.find(config.recipe)
    takes_start = len(inspect.signature(recipe).parameters) > 1
    start = start or Start()
    made = recipe(config, start) if takes_start else recipe(config)
    if isinstance(made, Task):
        only = made
        made = [Stage("", lambda before: only, settings_of(config))]
    elif not (isinstance(made, Sequence) and made and all(isinstance(stage, Stage) for stage in made)):
        raise InputError(f"recipe {config.recipe!r} returns {type(made).__name__}; expected a Task or a list of Stages")
    names = [stage.name for stage in made]
    if len(made) > 1 and len({*names, ""}) <= len(made):
        raise InputError(f"recipe {config.recipe!r}: every stage needs a name of its own, got {names}")
    return [_placed(stage, stage.config or config, start) for stage in made]


def _placed(stage: Stage, config: RunConfig, start: Start) -> Stage:
    """The stage with renderer and losses on the device of its config, and the best state that this asks for."""
    device = config.torch_device()

    def task(before: Result | None) -> Task:
        made = stage.task(before)
        if not isinstance(made.renderer, Renderer):
            raise InputError(f"the recipe's Task has {short(made.renderer)} as renderer; expected a Renderer")
        if "_modules" not in vars(made.renderer):
            raise InputError(f"the constructor of {type(made.renderer).__name__} does not call super().__init__()")
        if isinstance(config, DrawnConfig):
            if not isinstance(made.renderer, Strokes):
                raise InputError(f"paper: {type(made.renderer).__name__} draws no strokes or shapes")
            made.renderer.lay_on(config.sheet())
        made.renderer.to(device)
        if config.ordered and not made.renderer.order():
            raise InputError(f"ordered: {type(made.renderer).__name__} draws no strokes or shapes to order")
        target = getattr(config, "target", None)
        lost = lost_of(target) if isinstance(target, Path) else []
        return replace(made, objective=lambda: _objective(made, start).to(device), notes=[*lost, *made.notes])

    settings = replace(stage.settings, last=config.best == "last")
    return replace(stage, task=task, settings=settings, config=config)


def _objective(task: Task, start: Start) -> Objective:
    with kept_in(start):
        made = task.objective()
    if not isinstance(made, Objective):
        raise InputError(f"the recipe's Task has {short(made)} as objective; expected an Objective")
    return made
