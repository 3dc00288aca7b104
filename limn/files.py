"""Writing files: each is written completely or not at all; if the disk refuses, one line says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limn.errors import InputError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the system's refusal to write ``path`` (full, read-only, not allowed) into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def make_folder(path: Path) -> Path:
    """Makes a folder, and those above it, where they are missing.

    Raises:
        InputError: the disk is full or refuses.
    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def write_file(path: Path, content: bytes | str, durable: bool = False) -> Path:
    """Writes a file completely, or leaves it as it was.

    Args:
        path: the file.
        content: all of it.
        durable: wait until it is on the disk, so that a power cut cannot lose it.

    Raises:
        InputError: the disk is full or refuses.
    """
    unfinished = path.with_name(f".{path.name}.part")
    with writing(path):
        try:
            with unfinished.open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return path
