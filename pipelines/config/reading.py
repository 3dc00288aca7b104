"""From a YAML file and overrides to a validated config."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from limn.errors import InputError, short
from limn.local_modules import importing_from
from limn.messages import fold
from pipelines.config.overrides import override
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.run_config import RunConfig
from pipelines.config.words import MAIN
from pipelines.config.yaml import parse_value, read_mapping

logger = logging.getLogger("limn")


def read_config(
    source: str | Path | Mapping[str, Any],
    overrides: Iterable[tuple[str, Any]] = (),
    finished: bool = False,
    beside: Iterable[Path] = (),
) -> RunConfig:
    """Reads a config, applies overrides and validates the outcome against its recipe.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: dotted keys and values, ``("losses.text.weight", 0.5)``; the key `MAIN` is the recipe's main setting.
        finished: the config is that of a run folder, whose input files may be gone.
        beside: further folders where files are sought, before that of the config.

    Raises:
        InputError: the file cannot be read or something in it is wrong.
    """
    data, model, folder, origin = merged(source, overrides)
    said: list[str] = []
    context = {"folders": [*beside, folder], "finished": finished, "said": said}
    with importing_from(_folders(data.get("import_from"))):
        try:
            config = model.model_validate(data, context=context)
        except ValidationError as error:
            raise InputError(f"{origin}: {fold(error, model, data)}") from error
    for line in dict.fromkeys(said):
        logger.info("%s", line)
    return config


def merged(
    source: str | Path | Mapping[str, Any], overrides: Iterable[tuple[str, Any]] = ()
) -> tuple[dict[str, Any], type[RunConfig], Path, str]:
    """A config with its overrides before it is validated.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: dotted keys and values; the key `MAIN` is the recipe's main setting.

    Returns:
        The settings, the model of the recipe, the folder in which files are sought, and the name for messages.

    Raises:
        InputError: the file cannot be read, or names no recipe; an override has no place.
    """
    folder, data, origin = Path.cwd(), source, "config"
    if not isinstance(data, Mapping):
        data, origin = read_mapping(Path(str(source))), str(source)
        folder = Path(origin).resolve().parent
        data.setdefault("name", safe_name(Path(origin).stem))
        data.setdefault("import_from", [str(folder)])
    data = dict(data)
    overrides = list(overrides)
    for key, value in overrides:
        if key == "recipe":
            data[key] = str(value)
        elif key == "import_from":
            data[key] = parse_value(value) if isinstance(value, str) else value
    recipe = data.get("recipe")
    if recipe is None:
        raise InputError(f"{origin}: 'recipe' is missing; known: {', '.join(RECIPES.names())}")
    if not isinstance(recipe, str):
        raise InputError(f"{origin}: recipe: expected a name, got {short(recipe)}")
    with importing_from(_folders(data.get("import_from"))):
        try:
            model = config_of(RECIPES.find(recipe))
        except InputError as error:
            raise InputError(f"{origin}: recipe: {error}") from error.__cause__
        if data.get("name", "") == "":
            data["name"] = safe_name(recipe.rpartition(":")[2])
        for key, value in overrides:
            override(data, _named(key, value, model), value, model)
    return data, model, folder, origin


def safe_name(name: str) -> str:
    """A name that a folder may have."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-")[:60]


def _folders(value: Any) -> list[str]:
    """Where modules lie, as far as a value says so; what is wrong with it is found when it is validated."""
    places = map(str, value) if isinstance(value, list) else []
    # Half of a character and a zero byte are in no path.
    return [place for place in places if not re.search("[\0\ud800-\udfff]", place)]


def _named(key: str, value: Any, model: type[RunConfig]) -> str:
    if key != MAIN:
        return key
    several = isinstance(value, list) and model.main != "target"
    if several or not model.main:
        raise InputError(
            f"{short(str(value[1] if several else value))} is not of the form key=value or section.key=value"
        )
    return model.main
