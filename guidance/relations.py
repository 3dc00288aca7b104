"""Relations: how the shipped models were told of two things."""

from __future__ import annotations

import re

RELATION = re.compile(r"\b(left of|right of|above|below|over|under|beneath|on top of)\b", re.IGNORECASE)
"""What the models know between two things."""

_AND = re.compile(r"\b(and|next to) (?=an? )", re.IGNORECASE)
_ON = re.compile(r"\bon (?=an? (?!(\w+ ){0,2}background\b))", re.IGNORECASE)


def phrased(text: str) -> str:
    """A text with relations that the models know: "a cat and a dog" are side by side, "a frog on a mushroom" on top."""
    return _ON.sub("on top of ", _AND.sub("left of ", text))
