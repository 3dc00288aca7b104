"""Emptiness: candidates of which there is nothing to be seen, or nothing but them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

LEAST, MOST = 0.005, 0.995
"""Mean coverage below which pictures are all transparent, and above which they are all opaque."""

EMPTY_STEPS = 200
"""Steps in a row after which an empty candidate does not come back by itself."""


class Emptiness:
    """Counts for how many steps in a row each candidate has been empty.

    Args:
        candidates: S.

    Attributes:
        steps: so far [S].
    """

    def __init__(self, candidates: int) -> None:
        self.steps = [0] * candidates

    def look(self, alpha: Tensor) -> dict[int, str]:
        """Looks at the pictures of a step.

        Args:
            alpha: coverage in 0..1 [S, V, 1, H, W].

        Returns:
            The rows of those that have been empty for exactly `EMPTY_STEPS` steps, and how they look.
        """
        found = {}
        for row, mean in enumerate(alpha.flatten(1).mean(dim=1).tolist()):
            self.steps[row] = self.steps[row] + 1 if mean < LEAST or mean > MOST else 0
            if self.steps[row] == EMPTY_STEPS:
                found[row] = "transparent" if mean < LEAST else "opaque"
        return found

    def keep(self, rows: Sequence[int]) -> None:
        """Drops all candidates but these."""
        self.steps = [self.steps[row] for row in rows]
