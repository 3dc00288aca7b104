"""Paths in a config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def find_file(path: Path, info: ValidationInfo) -> Path:
    """A file that a config names, as an absolute path.

    Args:
        path: a relative one is sought in the working directory, then beside the config.
        info: of the validation, whose context holds the ``folder`` of the config, and ``finished`` where it is that of
            a run folder, which keeps what it needs of its inputs.

    Raises:
        ValueError: there is none.
    """
    path = path.expanduser()
    folder = (info.context or {}).get("folder", Path())
    for base in (Path.cwd(), folder):
        if (found := base / path).exists():
            return found.resolve()
    if (info.context or {}).get("finished"):
        return path
    places = dict.fromkeys([Path.cwd(), Path(folder).resolve()])
    where = "" if path.is_absolute() else f" in {' or '.join(map(str, places))}"
    raise ValueError(f"no such file: {path}{where}")


InputPath = Annotated[Path, AfterValidator(find_file)]
"""A file that must exist. A relative path is sought in the working directory, then beside the config."""

OutputPath = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]
"""A place to write to; a relative path starts at the working directory."""
