"""Which settings a stage may have for itself."""

from __future__ import annotations

from collections.abc import Iterable

from limn.registry import unknown_key

OF_THE_RUN = (
    "recipe",
    "name",
    "run",
    "output",
    "import_from",
    "seed",
    "device",
    "threads",
    "best_of",
    "checkpoint_every",
    "checkpoint_minutes",
    "preview_every",
    "preview_size",
    "video",
    "stages",
)
"""Settings that all stages share."""


def stage_fault(keys: Iterable[str], known: Iterable[str]) -> str | None:
    """What is wrong with the first key that a stage may not have; None where all are well.

    Args:
        keys: of the stage.
        known: those of the recipe.
    """
    own = [key for key in known if key not in OF_THE_RUN]
    for key in keys:
        if key in OF_THE_RUN:
            return f"{key!r} is a setting of the whole run"
        if key not in own:
            return unknown_key(key, own)
    return None
