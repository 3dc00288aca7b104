"""From a config to its stages."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace

from limn.errors import InputError
from pipelines.config.recipe import RECIPES
from pipelines.config.run_config import RunConfig
from pipelines.loop.optimise import Result, Settings
from pipelines.task.start import Start
from pipelines.task.task import Stage, Task


def build(config: RunConfig, start: Start | None = None) -> list[Stage]:
    """The stages of a config; no stage is built yet but the only one of a recipe that has one.

    Args:
        config: of the run.
        start: keeps what the recipe finds out before the first step.

    Raises:
        InputError: something that the config names is wrong, or the recipe returns something else than stages.
    """
    recipe = RECIPES.find(config.recipe)
    takes_start = len(inspect.signature(recipe).parameters) > 1
    made = recipe(config, start or Start()) if takes_start else recipe(config)
    if isinstance(made, Task):
        return [Stage("", lambda before: made, settings_of(config))]
    if not (isinstance(made, Sequence) and made and all(isinstance(stage, Stage) for stage in made)):
        raise InputError(f"recipe {config.recipe!r} returns {type(made).__name__}; expected a Task or a list of Stages")
    names = [stage.name for stage in made]
    if len({*names, ""}) <= len(names):
        raise InputError(f"recipe {config.recipe!r}: every stage needs a name of its own, got {names}")
    return list(made)


def task_of(stage: Stage, config: RunConfig, before: Result | None) -> Task:
    """The renderer and the judges of a stage, on the device of the config."""
    task = stage.task(before)
    device = config.torch_device()
    task.renderer.to(device)
    return replace(task, objective=lambda: task.objective().to(device))


def settings_of(config: RunConfig) -> Settings:
    """What the loop needs to know of a config that has one stage."""
    return Settings(config.steps, config.seed, config.learning_rates, config.eval_every)
