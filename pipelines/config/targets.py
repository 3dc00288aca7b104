"""Targets: the pictures that a config names, where it names more than one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from limn.errors import InputError
from pipelines.config.reading import merged
from pipelines.config.yaml import parse_value
from pipelines.inputs.pictures import PICTURES

logger = logging.getLogger("limn")


def targets_of(source: str | Path | Mapping[str, Any], overrides: Iterable[tuple[str, Any]] = ()) -> list[Path] | None:
    """The files that ``target`` names as a folder, a pattern or a list; None where it names one file, or there is none.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: dotted keys and values.

    Raises:
        InputError: the config cannot be read, or there are no such files.
    """
    data, model, folder, _ = merged(source, overrides)
    value = data.get("target")
    if "target" not in model.model_fields or not isinstance(value, str | Path | list):
        return None
    if isinstance(value, str) and value.startswith("[") and not Path(value).exists():
        value = parse_value(value)
    if not isinstance(value, list):
        return pictures_of(str(value), [folder])
    if not value:
        raise InputError("target: the list is empty; expected pictures")
    return [path for one in value for path in pictures_of(str(one), [folder]) or [Path(str(one))]]


def pictures_of(text: str, folders: Sequence[Path]) -> list[Path] | None:
    """The files that a folder or a pattern stands for, sorted by name; None for anything else.

    Args:
        text: the folder or pattern; a relative one is sought in the working directory, then in these:
        folders: where else.

    Raises:
        InputError: no file is like the pattern, or the folder has no picture.
    """
    given = Path(text).expanduser()
    bases = [Path.cwd(), *folders]
    if any((base / given).is_file() for base in bases):
        return None
    for base in bases:
        if (base / given).is_dir():
            return pictures_in(base / given)
    if not any(sign in text for sign in "*?["):
        return None
    if given.is_absolute():
        bases, given = [Path(given.anchor)], given.relative_to(given.anchor)
    for base in bases:
        if found := sorted(path for path in base.glob(str(given)) if path.is_file()):
            return found
    raise InputError(f"target: no file is like {text}")


def pictures_in(folder: Path, key: str = "target") -> list[Path]:
    """The pictures of a folder, sorted by name; what else lies there is said.

    Args:
        folder: where they lie.
        key: which names the folder, for messages.

    Raises:
        InputError: there is none.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    found = [path for path in files if path.suffix.lower() in PICTURES]
    if not found:
        raise InputError(f"{key}: no picture in the folder {folder}; expected {', '.join(PICTURES)}")
    others = [path.name for path in files if path not in found]
    if others:
        logger.warning("%s: left out, as no pictures: %s", key, ", ".join(others))
    return found
