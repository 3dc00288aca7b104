"""Files: each is written completely or not at all; if the disk refuses, one line says so."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from limn.errors import InputError


def read_json(path: str | Path) -> dict[str, Any]:
    """The mapping in a JSON file; empty where there is none, or something else."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Turns the system's refusal to write ``path`` (full, read-only, not allowed) into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def make_folder(path: str | Path) -> Path:
    """Makes a folder, and those above it, where they are missing.

    Raises:
        InputError: the disk is full or refuses.
    """
    path = Path(path)
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def unfinished(path: str | Path) -> Path:
    """A hidden name beside ``path`` under which it is prepared, one that nobody else uses; `sweep` knows it."""
    path = Path(path)
    return path.with_name(f".{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.part")


def write_file(path: str | Path, content: bytes | str, durable: bool = False) -> Path:
    """Writes a file completely, or leaves it as it was.

    Args:
        path: the file.
        content: all of it.
        durable: wait until it is on the disk, so that a power cut cannot lose it.

    Raises:
        InputError: the disk is full or refuses.
    """
    path = Path(path)
    prepared = unfinished(path)
    with writing(path):
        if path.exists() and not path.is_file():
            raise OSError("it is there, and no file")
        try:
            with prepared.open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            prepared.replace(path)
        finally:
            prepared.unlink(missing_ok=True)
    return path


def process_exists(pid: int) -> bool:
    """True if this machine has a process of that number; always on Windows, where asking would disturb it."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def sweep(folder: str | Path) -> None:
    """Removes what processes of this machine that are gone left `unfinished` in a folder."""
    folder = Path(folder)
    for left in folder.glob(f".{socket.gethostname()}-*.part"):
        pid = left.name.split("-")[-2]
        if pid.isdecimal() and not process_exists(int(pid)):
            with suppress(OSError):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
