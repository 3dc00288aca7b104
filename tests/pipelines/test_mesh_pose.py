"""Poses of a cube are recovered from pictures by the one loop."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.pose import recover


def test_starts_within_60_degrees_end_under_one() -> None:
    errors, _ = recover(60, guesses=1, steps=60, size=48)
    assert (errors < 1).all(), errors
