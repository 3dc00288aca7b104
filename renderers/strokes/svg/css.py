"""The syntax of style sheets: rules, declarations and comments, in one pass over the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_SIGN = re.compile(r"[{};\"']")
_IMPORTANT = re.compile(r"!\s*important$", re.IGNORECASE)

Declarations = list[tuple[str, str, bool]]
"""Name, value and whether it is important, in their order."""


def rules(text: str) -> Iterator[tuple[str, str]]:
    """What stands before each block, and the block; a statement without a block has an empty one."""
    text = _COMMENT.sub(" ", text)
    depth, start, head, quote = 0, 0, "", ""
    for found in _SIGN.finditer(text):
        sign, place = found[0], found.start()
        if quote or sign in "\"'":
            quote = "" if sign == quote else quote or sign
        elif sign == "{":
            depth += 1
            if depth == 1:
                head, start = text[start:place].strip(), place + 1
        elif sign == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                if head:
                    yield head, text[start:place]
                head, start = "", place + 1
        elif depth == 0:
            yield text[start:place].strip(), ""
            start = place + 1
    if head:  # the end of the text closes what is open
        yield head, text[start:]


def declarations(text: str) -> Declarations:
    """The declarations of a block or of a ``style`` attribute."""
    found = []
    for part in split(_COMMENT.sub(" ", text), ";"):
        name, colon, value = part.partition(":")
        if colon:
            bare = _IMPORTANT.sub("", value.strip())
            found.append((name.strip().lower(), bare.strip(), bare != value.strip()))
    return found


def split(text: str, separator: str) -> list[str]:
    """Parts between separators that stand outside of quotes and parentheses."""
    parts, start, depth, quote = [], 0, 0, ""
    for found in re.finditer(r"[\"'()]|" + separator, text):
        sign = found[0]
        if quote or sign in "\"'":
            quote = "" if sign == quote else quote or sign
        elif sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif depth == 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]
