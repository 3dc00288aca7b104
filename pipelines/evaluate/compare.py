"""Comparison of two batches: pairs of what was made from the same, and what the differences of their numbers say."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, mean, stdev
from typing import TYPE_CHECKING

import torch

from limn.errors import InputError
from pipelines.evaluate.subject import Subject

if TYPE_CHECKING:
    from pipelines.evaluate.evaluate import Evaluation

logger = logging.getLogger("limn")

DRAWS = 10_000
"""Bootstrap samples."""

LEVEL = 0.95
"""Of the confidence intervals."""


@dataclass(frozen=True)
class Comparison:
    """A number of two batches, pair by pair.

    Args:
        pairs: that have it on both sides.
        mean: of the first batch in these pairs.
        other: of the second.
        difference: the first minus the second.
        low: where the 95 % confidence interval of the difference begins.
        high: where it ends.
        effect: the difference over the standard deviation of the differences (Cohen's d of pairs); nan where all
            differences are the same.
        p: how probable such a difference is, in either direction, where there is none.
    """

    pairs: int
    mean: float
    other: float
    difference: float
    low: float
    high: float
    effect: float
    p: float


def paired_bootstrap(
    differences: Sequence[float], generator: torch.Generator, draws: int = DRAWS, level: float = LEVEL
) -> tuple[float, float, float]:
    """Confidence interval and p of a mean of differences, by drawing pairs with replacement.

    Args:
        differences: one of each pair, two or more.
        generator: of the draws.
        draws: how many samples.
        level: of the interval, 0..1.

    Returns:
        Where the interval begins and ends, and p of the two-sided test against 0: the share of samples of the centred
        differences whose mean is as far from 0 as that of the differences (with 1 added to both counts). Deviations
        from the mean are widened, so that the interval is not too narrow for few pairs.

    Source: Efron and Tibshirani, An introduction to the bootstrap, 1993 (chapters 13 and 16); widened as Hesterberg,
    What teachers should know about the bootstrap, 2015.
    """
    x = torch.tensor(differences, dtype=torch.float64)
    picked = torch.randint(len(x), (draws, len(x)), generator=generator)
    deviations = (x - x.mean())[picked].mean(dim=1) * _widening(len(x), level)
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = (x.mean() + deviations.quantile(tails)).tolist()
    far = int((deviations.abs() >= x.mean().abs() - 1e-12).sum())
    return low, high, (far + 1) / (draws + 1)


def _widening(count: int, level: float) -> float:
    """sqrt(N / (N - 1)) t / z, with the quantile t of Student's distribution by its Cornish-Fisher expansion."""
    z, free = NormalDist().inv_cdf((1 + level) / 2), count - 1
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return math.sqrt(count / free) * t / z


def compare(found: Evaluation, seed: int = 0) -> dict[str, Comparison]:
    """Every number of the two batches of an evaluation that has them, in pairs of the same words and the same seed.

    Args:
        found: with ``first``, the number of results of the first batch.
        seed: of the bootstrap.

    Raises:
        InputError: there are fewer than two pairs.
    """
    pairs = paired(found.subjects[: found.first], found.subjects[found.first :])
    compared = {}
    for name, column in found.numbers().items():
        both = [(column[a], column[found.first + b]) for a, b in pairs]
        values = [(a, b) for a, b in both if a is not None and b is not None]
        if len(values) < 2:
            continue
        differences = [a - b for a, b in values]
        low, high, p = paired_bootstrap(differences, torch.Generator().manual_seed(seed))
        spread = stdev(differences)
        effect = mean(differences) / spread if spread > 0 else math.nan
        means = mean(a for a, _ in values), mean(b for _, b in values)
        compared[name] = Comparison(len(values), *means, mean(differences), low, high, effect, p)
    return compared


def paired(firsts: Sequence[Subject], seconds: Sequence[Subject]) -> list[tuple[int, int]]:
    """The numbers of results of two batches that show the same from the same seed.

    Raises:
        InputError: there are fewer than two pairs.
    """
    places = {key: number for number, key in enumerate(_keys(seconds))}
    pairs = [(number, places[key]) for number, key in enumerate(_keys(firsts)) if key in places]
    if len(pairs) < 2:
        raise InputError(
            f"evaluate: against: {len(pairs)} of {len(firsts)} and {len(seconds)} results are pairs of the same prompt "
            "or target and the same seed; expected two or more"
        )
    left = len(firsts) + len(seconds) - 2 * len(pairs)
    if left:
        logger.warning("%d results have no partner of the same prompt or target and seed and are not compared", left)
    return pairs


def _keys(subjects: Sequence[Subject]) -> list[tuple[str, int, int]]:
    """What each shows, its seed, and how many were like that before it."""
    seen: Counter[tuple[str, int]] = Counter()
    keys = []
    for subject in subjects:
        key = (subject.words or subject.path.stem, subject.seed)
        keys.append((*key, seen[key]))
        seen[key] += 1
    return keys
