"""Choices: what is decided by measuring this machine, once, and kept with a run so that a resume computes the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from limn.files import write_file

logger = logging.getLogger("limn")

_file: ContextVar[Path | None] = ContextVar("choices", default=None)

_measured: dict[str, str] = {}
"""Of this process."""


@contextmanager
def keeping_choices(file: str | Path) -> Iterator[None]:
    """While active, choices are read from a JSON file where it has them, and written there where it has not."""
    file = Path(file)
    token = _file.set(file)
    try:
        yield
    finally:
        _file.reset(token)


def choose(question: str, measure: Callable[[], str]) -> str:
    """The answer to a question: that of the run, else that of this process, else what is measured now.

    Args:
        question: what is decided, with all that it depends on.
        measure: finds the answer.

    Raises:
        InputError: the file of the run cannot be written.
    """
    file = _file.get()
    kept = _read(file) if file is not None else {}
    if question in kept:
        return kept[question]
    if question not in _measured:
        _measured[question] = measure()
    if file is not None:
        write_file(file, json.dumps({**kept, question: _measured[question]}, indent=1) + "\n")
    return _measured[question]


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(question): str(answer) for question, answer in found.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        logger.warning("%s is damaged; what it decided is decided again, and may differ", file)
        return {}
