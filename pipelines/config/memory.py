"""Memory: what a run needs at least, and what this machine has."""

from __future__ import annotations

import os

BYTES = 4
"""Of a number."""


def memory_of_machine() -> int | None:
    """Bytes of this machine's main memory; None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):  # on Windows
        return None


def least_memory(pictures: int, shape: tuple[int, int], looks: int, encoder_size: int) -> int:
    """Bytes that pictures with their alpha, and what an encoder looks at, take by themselves.

    Args:
        pictures: how many there are at once.
        shape: their height and width.
        looks: augmented views that the encoder looks at.
        encoder_size: their height and width.
    """
    height, width = shape
    return BYTES * (4 * pictures * height * width + 3 * looks * encoder_size**2)
