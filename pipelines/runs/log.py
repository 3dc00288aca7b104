"""The log of a run, which holds what this run says and nothing of others in the same process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from limn.errors import InputError
from limn.files import writing

logger = logging.getLogger("limn")

_current: ContextVar[Path | None] = ContextVar("log", default=None)


class _LogFile(logging.FileHandler):
    """A log that does not swallow a full disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        return str(_current.get()) == self.baseFilename

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        error = sys.exception()
        if isinstance(error, OSError):
            raise InputError(f"cannot write {self.baseFilename}: {error.strerror}") from error
        super().handleError(record)


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """While active, what this thread logs goes to a file, too."""
    path = path.absolute()
    with writing(path):
        handler = _LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    token = _current.set(path)
    try:
        yield
    finally:
        _current.reset(token)
        logger.removeHandler(handler)
        handler.close()
