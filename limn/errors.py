"""InputError: the exception for wrong input. Any other exception is a defect of the program."""

from __future__ import annotations

import re
import reprlib


class InputError(ValueError):
    """Bad input from outside: a config, picture, mesh, SVG or checkpoint.

    Its message is one line that says what is wrong, where, what was expected and, for names, the nearest valid one.
    The command line prints it and exits with code 2.
    """


def short(value: object) -> str:
    """A value for a message, never more of it than fits there."""
    text = re.sub(r" at 0x[0-9a-f]+", "", _SHORT.repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 60, 60
