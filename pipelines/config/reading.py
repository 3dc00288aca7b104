"""From a YAML file and overrides to a validated config."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from limn.errors import InputError
from pipelines.config.messages import fold
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.run_config import RunConfig


class _Loader(yaml.SafeLoader):
    """YAML without duplicate keys, and with 1e-3 as the number that it is in YAML 1.2."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise InputError(f"line {line}: a key must be a name, got {key!r}")
            if key in seen:
                raise InputError(f"line {line}: key {key!r} is given twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse_yaml(text: str) -> Any:
    """The data of a YAML text.

    Raises:
        InputError: it is no YAML, a key is given twice or is not a name; says in which line.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError(f"{place}not valid YAML: {problem}") from error


def read_config(source: str | Path | Mapping[str, Any], overrides: Iterable[tuple[str, Any]] = ()) -> RunConfig:
    """Reads a config, applies overrides and validates the outcome against its recipe.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: dotted keys and values, ``("losses.text.weight", 0.5)``.

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
        if key in ("recipe", "import_from"):
            data[key] = value
    if "recipe" not in data:
        raise InputError(f"{origin}: 'recipe' is missing; known: {', '.join(RECIPES.names())}")
    folders = data.get("import_from")
    for extra in [str(Path.cwd()), *(map(str, folders) if isinstance(folders, list) else ())]:
        if extra not in sys.path:
            sys.path.append(extra)
    try:
        model = config_of(RECIPES.find(str(data["recipe"])))
    except InputError as error:
        raise InputError(f"{origin}: recipe: {error}") from error
    data.setdefault("name", str(data["recipe"]).rpartition(":")[2])
    for key, value in overrides:
        _override(data, key, value, model)
    try:
        return model.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        raise InputError(f"{origin}: {fold(error, model, data)}") from error


def parse_override(text: str) -> tuple[str, Any]:
    """The key and the value of ``a.b=3``; the value is read as YAML.

    Raises:
        InputError: there is no ``=``, no key, or the value is not YAML.
    """
    key, equals, value = text.partition("=")
    if not equals or not key or not all(key.split(".")):
        raise InputError(f"{text!r} is not of the form key=value or section.key=value")
    try:
        return key, parse_yaml(value)
    except InputError as error:
        raise InputError(f"{text!r}: {error}") from error


def dump_yaml(config: BaseModel) -> str:
    """The config as YAML that reads back as the same config."""
    data = config.model_dump(mode="json", by_alias=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)


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


def _override(data: dict[str, Any], key: str, value: Any, model: type[BaseModel]) -> None:
    """Sets a value in place; a section that the file does not name starts from the recipe's defaults."""
    *sections, last = key.split(".")
    if sections and sections[0] in model.model_fields and sections[0] not in data:
        data[sections[0]] = _plain(model.model_fields[sections[0]].get_default(call_default_factory=True))
    here: Any = data
    for number, section in enumerate(sections):
        here = _step_into(here, section)
        if here is None:
            raise InputError(f"override {key!r}: {'.'.join(sections[: number + 1])} is not a section")
    if isinstance(here, list):
        item = _index(here, last)
        if item is None:
            raise InputError(f"override {key!r}: no item {last!r} in the list")
        here[item] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise InputError(f"override {key!r}: {'.'.join(sections)} is not a section")


def _plain(value: Any) -> Any:
    """A copy without models, as a file would give it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _step_into(here: Any, section: str) -> Any:
    if isinstance(here, list):
        item = _index(here, section)
        return None if item is None else here[item]
    if not isinstance(here, dict):
        return None
    if not isinstance(here.get(section), dict | list):
        here[section] = {} if here.get(section) is None else here[section]
    return here[section] if isinstance(here[section], dict | list) else None


def _index(items: list[Any], name: str) -> int | None:
    """The place of an item: its number, or the name of its loss."""
    if name.isdecimal():
        return int(name) if int(name) < len(items) else None
    names = [item.get("loss") if isinstance(item, dict) else None for item in items]
    return names.index(name) if name in names else None
