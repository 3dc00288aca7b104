"""Zero-shot classification: whether a result is taken for what it shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from guidance.templates import best_templates, parse_templates
from pipelines.evaluate.judge import Judge, cosines
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject


def classify(cosine: Tensor, scale: float, own: int) -> tuple[float, int, int]:
    """What pictures of one thing are taken for.

    Args:
        cosine: of its V views and C classes [V, C].
        scale: factor before the softmax over classes.
        own: the number of its class.

    Returns:
        The probability of its class (mean over views), the rank of that among all, and the most probable class.
    """
    probability = (scale * cosine).softmax(dim=1).mean(dim=0)
    rank = int((probability >= probability[own]).sum())  # of what is alike, the last
    return float(probability[own]), rank, int(probability.argmax())


def without_article(text: str) -> str:
    """``A red mug.`` as ``red mug``."""
    return re.sub(r"^(a|an|the) ", "", text.lower().strip(" .,"))


def with_article(noun: str) -> str:
    """``owl`` as ``an owl``."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


class ZeroShot(Measure):
    """Whether a result is taken for its class: 1 or 0 among the first and the first five, and the probability.

    Its class is what it shows in words: its prompt, else the name of its target's file. The mean over results is the
    accuracy.

    Args:
        encoder: a CLIP.
        classes: to choose from, with or without articles; a class that is missing joins them.
        templates: sentences that each class is put into, whose embeddings are averaged, or their name: CLIP's 80 for
            ImageNet (``imagenet``), the 7 best of them (``imagenet_best``), see `parse_templates`.

    Source: Radford et al. 2021.
    """

    name: ClassVar[str] = "zero_shot"
    kinds = frozenset({"picture", "drawing", "model"})
    needs = frozenset({"words"})
    higher = ("zero_shot", "zero_shot_top5", "zero_shot_probability")

    def __init__(self, encoder: Judge, classes: list[str], templates: str | list[str] = "{}") -> None:
        self.judge, self.classes = encoder, [without_article(name) for name in classes]
        self.templates, self.keep = parse_templates(templates)

    def of_each(self, subjects: Sequence[Subject]) -> list[Reading]:
        """See `classify`."""
        own = [without_article(subject.words) for subject in subjects]
        classes = list(dict.fromkeys([*self.classes, *own]))
        nouns, templates = [self.sentence(each) for each in classes], self.templates
        if self.keep is not None:
            templates = best_templates(nouns, self.judge.encoder, templates, self.keep)
        words = self.judge.read(nouns, templates)
        readings: list[Reading] = []
        for subject, name in zip(subjects, own, strict=True):
            cosine = cosines(self.judge.see(subject), words)
            probability, rank, first = classify(cosine, self.judge.encoder.logit_scale, classes.index(name))
            readings.append(
                {
                    self.name: float(rank == 1),
                    f"{self.name}_top5": float(rank <= 5),
                    f"{self.name}_probability": probability,
                    f"{self.name}_taken_for": classes[first],
                }
            )
        return readings

    def sentence(self, noun: str) -> str:
        """What stands for ``{}`` in the templates."""
        return noun


class SketchRecognition(ZeroShot):
    """Whether a drawing is taken for ``a sketch of a(n) {class}``: CLIPasso's measure; otherwise as `zero_shot`.

    Args:
        encoder: a CLIP; the paper has ViT-B/32, and draws with RN101.
        classes: to choose from, with or without articles; a class that is missing joins them.

    Source: Vinker et al., CLIPasso, 2022.
    """

    name = "sketch_recognition"
    kinds = frozenset({"drawing"})
    higher = ("sketch_recognition", "sketch_recognition_top5", "sketch_recognition_probability")

    def __init__(self, encoder: Judge, classes: list[str]) -> None:
        super().__init__(encoder, classes, "A sketch of {}")

    def sentence(self, noun: str) -> str:
        """With its article."""
        return with_article(noun)
