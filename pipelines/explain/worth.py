"""Worth of parts, for drawings and models alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from guidance.attribution import leave_one_out, shapley
from guidance.attribution.parts import Game
from limn.files import write_file

EVALUATIONS = 400
"""Of the score for Shapley values, or so many as `FEWEST` orders take."""

FEWEST = 4
"""Orders of parts; fewer say little."""

MOST = 250
"""Parts that Shapley values are found for."""


@dataclass(frozen=True)
class Worth:
    """What each of n parts is worth.

    Args:
        without: how much the score falls when a part is left out [n].
        shapley: the mean of what it adds in any order [n]; None where that takes too long.
    """

    without: Tensor
    shapley: Tensor | None

    @property
    def best(self) -> Tensor:
        """Shapley values where there are, as parts may stand in for each other."""
        return self.without if self.shapley is None else self.shapley


@torch.no_grad()
def worth_of(game: Game, count: int, seed: int, most: int = MOST) -> Worth:
    """The worth of parts.

    Args:
        game: the score of any of them.
        count: n.
        seed: draws orders.
        most: parts that Shapley values are found for.
    """
    permutations = max(FEWEST, EVALUATIONS // (count + 1) // 2 * 2)
    draws = torch.Generator().manual_seed(seed)
    return Worth(leave_one_out(game, count), shapley(game, count, permutations, draws) if count <= most else None)


def write_tables(folder: Path, stem: str, names: Sequence[str], worth: Worth) -> None:
    """Writes the table as JSON and CSV, the worthiest part first."""
    order = worth.best.argsort(descending=True).tolist()
    rows = [
        {"name": names[n], "without": round(float(worth.without[n]), 6)}
        | ({} if worth.shapley is None else {"shapley": round(float(worth.shapley[n]), 6)})
        for n in order
    ]
    write_file(folder / f"{stem}.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_file(folder / f"{stem}.csv", text.getvalue())


def words_of_worth(worth: Worth) -> str:
    """How it was measured, for the reader."""
    if worth.shapley is None:
        return "the fall of the score without it"
    return "its Shapley value: what it adds to those before it, in the mean of many orders"
