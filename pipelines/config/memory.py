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


def least_memory(size: int, best_of: int, num_augs: int, encoder_size: int) -> int:
    """Bytes that a step needs at least: pictures with their alpha, and what the encoder looks at, with gradients.

    Args:
        size: height and width of the pictures.
        best_of: candidates.
        num_augs: augmented views of each picture.
        encoder_size: height and width of the views.
    """
    return 2 * BYTES * best_of * (4 * size**2 + 3 * num_augs * encoder_size**2)
