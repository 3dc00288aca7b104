"""Cases: a command line and the files that it finds in its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any


@dataclass
class Case:
    """One command.

    Args:
        arguments: of ``limn``.
        files: path in the working directory -> content; None for a folder.
    """

    arguments: list[str]
    files: dict[str, bytes | None] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Writes the files."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            path = folder / name
            if content is None:
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


@dataclass
class Bases:
    """What is sound, and gets damaged.

    Args:
        configs: pipeline -> its resolved config, small.
        runs: name -> the files of a run folder.
        models: file name -> the files of a small model.
    """

    configs: Mapping[str, dict[str, Any]]
    runs: Mapping[str, dict[str, bytes]]
    models: Mapping[str, dict[str, bytes]]


Make = Callable[[Random, Bases], Case]

KINDS: dict[str, Make] = {}
"""Kind -> what makes a case of it. The number of a case decides its kind and its random numbers."""


def kind(make: Make) -> Make:
    """Decorator: enters a kind under the name of the function."""
    KINDS[make.__name__] = make
    return make


def case_of(number: int, bases: Bases) -> tuple[str, Case]:
    """The kind of a number and the case."""
    name = list(KINDS)[number % len(KINDS)]
    return name, KINDS[name](Random(number), bases)
