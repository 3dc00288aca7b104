"""CLIP score: how well a result fits the words that it was made from."""

from __future__ import annotations

from torch import Tensor

from pipelines.evaluate.judge import Judge, cosines
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject


def clip_score(pictures: Tensor, words: Tensor) -> Tensor:
    """100 max(cos, 0) of each picture and its words.

    Args:
        pictures: embeddings [N, D], of any length.
        words: embedding [D] or [1, D], of any length.

    Returns:
        [N], 0..100.

    Source: Hessel et al., CLIPScore, 2021, with the factor 100 that torchmetrics has in place of 2.5.
    """
    return 100.0 * cosines(pictures, words.view(1, -1))[:, 0].clamp_min(0.0)


class ClipScore(Measure):
    """How well a result fits its prompt, `clip_score`: mean over the views of a model.

    Args:
        encoder: a CLIP.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    needs = frozenset({"prompt"})
    higher = ("clip_score",)

    def __init__(self, encoder: Judge) -> None:
        self.judge = encoder

    def of(self, subject: Subject) -> Reading:
        """The score."""
        score = clip_score(self.judge.see(subject), self.judge.read([subject.prompt]))
        return {"clip_score": float(score.mean())}
