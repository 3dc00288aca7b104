"""Paths in a config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo


def find_place(path: Path, info: ValidationInfo) -> Path:
    """A file or folder that a config names, as an absolute path.

    Args:
        path: a relative one is sought in the working directory, then beside the config.
        info: of the validation, whose context holds the ``folders`` where files are sought beside the working
            directory, and ``finished`` where the config is that of a run folder, which keeps what it needs of its
            inputs.

    Raises:
        ValueError: there is none.
    """
    path = _expanded(path)
    bases = list(dict.fromkeys(Path(base).resolve() for base in ("", *(info.context or {}).get("folders", ()))))
    for base in bases:
        try:
            (base / path).stat()
            return (base / path).resolve()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            reason = error
            break
    else:
        reason = None
    if (info.context or {}).get("finished"):
        return path
    if reason is not None:
        raise ValueError(f"cannot read {_short(path)}: {reason.strerror}")
    where = "" if path.is_absolute() else f" in {' or '.join(map(str, bases))}"
    raise ValueError(f"no such file: {_short(path)}{where}")


def find_file(path: Path, info: ValidationInfo) -> Path:
    """A file that a config names; arguments as of `find_place`.

    Raises:
        ValueError: there is none, or it is a folder or a device.
    """
    path = find_place(path, info)
    if path.is_dir():
        raise ValueError(f"expected a file, got the folder {_short(path)}")
    if path.exists() and not path.is_file():
        raise ValueError(f"expected a file, got a device: {_short(path)}")
    return path


def _find_mask(mask: str, info: ValidationInfo) -> str:
    if mask in ("auto", "none"):
        return mask
    try:
        return str(find_file(Path(mask), info))
    except ValueError as error:
        raise ValueError(f"expected auto, none or a picture; {error}") from error


def _fits(name: str) -> str:
    if len(name.encode()) > 200:
        raise ValueError(f"expected a name of at most 200 bytes, got {len(name.encode())}")
    return name


def _expanded(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("a path cannot have a zero byte in it")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"{_short(path)}: there is no user {path.parts[0][1:60]!r} on this machine") from None


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 300 else f"{text[:300]}..."


def _absolute(path: Path) -> Path:
    path = _expanded(path)
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # a name that is too long, or links that lead in a circle
        raise ValueError(f"cannot write {_short(path)}: {getattr(error, 'strerror', error)}") from None


InputPath = Annotated[Path, AfterValidator(find_file)]
"""A file that must exist. A relative path is sought in the working directory, then beside the config."""

MaskName = Annotated[
    str, AfterValidator(_find_mask), Field(json_schema_extra={"format": "path", "examples": ["auto", "none"]})
]
"""``auto``, ``none``, or the path of a picture."""

InputPlace = Annotated[Path, AfterValidator(find_place)]
"""A file or folder that must exist, sought like a file."""

OutputPath = Annotated[Path, AfterValidator(_absolute)]
"""A place to write to; a relative path starts at the working directory."""

SearchPath = Annotated[Path, AfterValidator(_expanded)]
"""A folder where something may be."""

FolderName = Annotated[str, Field(pattern=r"^(\w[\w.-]*)?$"), AfterValidator(_fits)]
"""The name of a folder, without a path."""
