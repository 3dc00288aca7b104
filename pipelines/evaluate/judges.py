"""Judges: an encoder that a run was optimised against does not judge it."""

from __future__ import annotations

from collections.abc import Sequence

from limn.errors import InputError
from pipelines.config.optimised import optimised_against
from pipelines.evaluate.subject import Subject


def check_judge(encoder: str, subjects: Sequence[Subject]) -> None:
    """Refuses an encoder as the judge of what was optimised against it.

    Raises:
        InputError: says which run, which of its settings, and what to do.
    """
    for subject in subjects:
        where = None if subject.config is None else optimised_against(subject.config).get(encoder)
        if where is not None:
            raise InputError(
                f"evaluate: {subject.path} was optimised against {encoder} ({where}), so that does not judge it; "
                "give another encoder=..., or judge=any"
            )
