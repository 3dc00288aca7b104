"""Recipes by name, and the configuration of each.

A recipe is a function of its configuration, which the annotation of its first argument names. The first line of its
docstring is what ``limn list`` says of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import get_type_hints

from limn.errors import InputError, short
from limn.registry import Registry
from pipelines.config.run_config import RunConfig

Recipe = Callable[..., object]
"""A config, and for those that ask for it a `Start` -> a `Task` or a list of `Stage`s."""

RECIPES: Registry[Recipe] = Registry(
    "recipe",
    {
        "draw": "pipelines.recipes.draw:draw",
        "edit": "pipelines.recipes.edit:edit",
        "edit_3d": "pipelines.recipes.edit_3d:edit_3d",
        "fit_field": "pipelines.recipes.fit_field:fit_field",
        "fit_mesh": "pipelines.recipes.fit_mesh:fit_mesh",
        "illustrate": "pipelines.recipes.illustrate:illustrate",
        "imagine": "pipelines.recipes.imagine:imagine",
        "lettering": "pipelines.recipes.lettering:lettering",
        "optimise_noise": "pipelines.recipes.optimise_noise:optimise_noise",
        "scene": "pipelines.recipes.scene:scene",
        "sketch": "pipelines.recipes.sketch:sketch",
        "stylise": "pipelines.recipes.stylise:stylise",
        "stylise_mesh": "pipelines.recipes.stylise_mesh:stylise_mesh",
        "text_to_3d": "pipelines.recipes.text_to_3d:text_to_3d",
        "vectorise": "pipelines.recipes.vectorise:vectorise",
    },
)


def config_of(recipe: Recipe) -> type[RunConfig]:
    """The configuration class of a recipe, read from the annotation of its first argument.

    Raises:
        InputError: its first argument is not annotated with a `RunConfig`, or it takes more than a second one.
    """
    try:
        hints = get_type_hints(recipe)
        annotations = [hints.get(name) for name in inspect.signature(recipe).parameters]
    except (TypeError, ValueError, NameError, AttributeError, SyntaxError) as error:
        raise InputError(f"{_name(recipe)} has no readable signature: {error}") from error
    if 1 <= len(annotations) <= 2 and isinstance(annotations[0], type) and issubclass(annotations[0], RunConfig):
        return annotations[0]
    raise InputError(
        f"a recipe takes a config annotated with a RunConfig, and a Start if it wants; {_name(recipe)} does not"
    )


def _name(recipe: Recipe) -> str:
    return short(getattr(recipe, "__name__", recipe))
