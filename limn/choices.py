"""Choices: what is decided by measuring this machine, once, and kept with a run so that a resume computes the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from filelock import FileLock

from limn.files import write_file, writing

logger = logging.getLogger("limn")

_files: ContextVar[tuple[Path, ...]] = ContextVar("choices", default=())
"""The file of the run, and behind it that of its batch."""

_measured: dict[str, str] = {}
"""Of this process."""


@contextmanager
def keeping_choices(file: str | Path) -> Iterator[None]:
    """While active, choices are read from a JSON file where it has them, and written there where it has not.

    Inside another one, as the run of a batch is, what the own file lacks is read from the outer one. Processes that
    share an outer file measure one after the other, so that all choose the same.
    """
    token = _files.set((Path(file), *_files.get()))
    try:
        yield
    finally:
        _files.reset(token)


def choose(question: str, measure: Callable[[], str]) -> str:
    """The answer to a question: that of the run, else that of this process, else what is measured now.

    Args:
        question: what is decided, with all that it depends on.
        measure: finds the answer.

    Raises:
        InputError: the file of the run cannot be written.
    """
    return _choose(question, measure, _files.get())


def _choose(question: str, measure: Callable[[], str], files: tuple[Path, ...]) -> str:
    if not files:
        if question not in _measured:
            _measured[question] = measure()
        return _measured[question]
    own, *outer = files
    kept = _read(own)
    if question in kept:
        return kept[question]
    if outer:
        with writing(outer[0]), FileLock(f"{outer[0]}.lock"):
            answer = _choose(question, measure, tuple(outer))
    else:
        answer = _choose(question, measure, ())
    write_file(own, json.dumps({**kept, question: answer}, indent=1) + "\n")
    return answer


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(question): str(answer) for question, answer in found.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        logger.warning("%s is damaged; what it decided is decided again, and may differ", file)
        return {}
