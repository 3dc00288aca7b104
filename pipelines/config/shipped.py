"""The pipelines that come with Limn, by name; in an installed package and in a clone."""

from __future__ import annotations

import re
from pathlib import Path

import limn


def shipped_folder() -> Path:
    """The folder of the shipped configs."""
    package = Path(limn.__file__).parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def shipped_pipelines() -> dict[str, Path]:
    """Name -> YAML file, sorted by name."""
    return {file.stem: file for file in sorted(shipped_folder().glob("*.yaml"))}


def summary_of(file: Path) -> str:
    """What the first comment of a config says of it."""
    found = re.match(r"#\s*(.*)", file.read_text(encoding="utf-8"))
    return found[1] if found else ""
