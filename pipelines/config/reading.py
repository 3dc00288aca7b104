"""From a YAML file and overrides to a validated config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from limn.errors import InputError
from limn.local_modules import importing_from
from limn.messages import fold
from pipelines.config.overrides import MAIN, override
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.run_config import RunConfig
from pipelines.config.yaml import parse_yaml


def read_config(
    source: str | Path | Mapping[str, Any], overrides: Iterable[tuple[str, Any]] = (), finished: bool = False
) -> RunConfig:
    """Reads a config, applies overrides and validates the outcome against its recipe.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: dotted keys and values, ``("losses.text.weight", 0.5)``; the key `MAIN` is the recipe's main setting.
        finished: the config is that of a run folder, whose input files may be gone.

    Raises:
        InputError: the file cannot be read or something in it is wrong.
    """
    folder, data, origin = Path.cwd(), source, "config"
    if not isinstance(data, Mapping):
        folder, origin = Path(str(source)).resolve().parent, str(source)
        data = _load(Path(str(source)))
        data.setdefault("name", Path(str(source)).stem)
        data.setdefault("import_from", [str(folder)])
    data = dict(data)
    overrides = list(overrides)
    for key, value in overrides:
        if key == "recipe":
            data[key] = str(value)
        elif key == "import_from":
            data[key] = parse_yaml(value) if isinstance(value, str) else value
    if "recipe" not in data:
        raise InputError(f"{origin}: 'recipe' is missing; known: {', '.join(RECIPES.names())}")
    folders = data.get("import_from")
    with importing_from([str(place) for place in folders] if isinstance(folders, list) else []):
        try:
            model = config_of(RECIPES.find(str(data["recipe"])))
        except InputError as error:
            raise InputError(f"{origin}: recipe: {error}") from error
        data.setdefault("name", str(data["recipe"]).rpartition(":")[2])
        for key, value in overrides:
            override(data, _named(key, value, model), value, model)
        try:
            return model.model_validate(data, context={"folder": folder, "finished": finished})
        except ValidationError as error:
            raise InputError(f"{origin}: {fold(error, model, data)}") from error


def _named(key: str, value: Any, model: type[RunConfig]) -> str:
    if key != MAIN:
        return key
    if not model.main:
        raise InputError(f"{str(value)!r} is not of the form key=value or section.key=value")
    return model.main


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot read the config {path}: {reason}") from error
    try:
        data = parse_yaml(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a mapping of settings")
    return data
