"""Code of one's own: which lines of a traceback lie in it."""

from __future__ import annotations

import sysconfig
import traceback
from functools import cache
from pathlib import Path

from limn.registry import parts_of_packages

OWN = ("limn", "guidance", "renderers", "pipelines", "run.py")
"""Packages beside this one that are no user's."""


def lines_in_user_code(error: BaseException | None) -> list[str]:
    """Where an error came through code of one's own: lines as of a traceback; none where it did not."""
    if error is None:
        return []
    lines = traceback.format_list([f for f in traceback.extract_tb(error.__traceback__) if _is_users(f.filename)])
    if isinstance(error, SyntaxError) and error.filename is not None and _is_users(error.filename):
        lines += traceback.format_exception_only(error)[:-1]
    return [line for text in lines for line in text.rstrip("\n").split("\n")]


@cache
def _is_users(file: str) -> bool:
    path = Path(file)
    if not path.is_absolute():  # "<frozen importlib>"
        return False
    root = Path(__file__).parents[1]
    if any(path.is_relative_to(root / name) for name in OWN):
        return False
    libraries = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for library in libraries:
        if path.is_relative_to(library):
            return path.relative_to(library).parts[0].removesuffix(".py") in parts_of_packages()
    return True
