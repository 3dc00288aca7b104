"""Likelihood: how usual a result is among the pictures that an encoder's statistics were made of."""

from __future__ import annotations

from guidance.embedding import load_whitening, log_likelihood
from pipelines.config.paths import InputPath
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject


class Likelihood(Measure):
    """How usual a result is, by the whitened embeddings of an encoder: `log_likelihood`, mean over views.

    Args:
        encoder: whose statistics are known.
        statistics: a file of `Whitening.save`; those of ``pocket`` and ``pocket-judge`` are shipped.

    Source: Betser et al., Whitened CLIP, 2025.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    higher = ("likelihood",)
    asked = True

    def __init__(self, encoder: Judge, statistics: InputPath | None = None) -> None:
        self.judge = encoder
        self.whitening = load_whitening(statistics or encoder.name)

    def of(self, subject: Subject) -> Reading:
        """See `log_likelihood`."""
        return {"likelihood": float(log_likelihood(self.judge.see(subject), self.whitening).mean())}
