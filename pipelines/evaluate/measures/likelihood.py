"""Likelihood: how usual a result is among the pictures that an encoder's statistics were made of."""

from __future__ import annotations

from guidance.embedding import log_likelihood, statistics_of, whitening_of
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject


class Likelihood(Measure):
    """How usual a result is, by the whitened embeddings of an encoder: `log_likelihood`, mean over views.

    Args:
        encoder: whose statistics are known: ``pocket``, ``pocket-judge``, or those that `limn statistics` has made.

    Source: Betser et al., Whitened CLIP, 2025.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    higher = ("likelihood",)
    asked = True

    def __init__(self, encoder: Judge) -> None:
        self.judge = encoder
        pictures = statistics_of(encoder.encoder).pictures
        self.whitening = whitening_of(pictures.mean, pictures.covariance)

    def of(self, subject: Subject) -> Reading:
        """See `log_likelihood`."""
        return {"likelihood": float(log_likelihood(self.judge.see(subject), self.whitening).mean())}
