"""CLIP R-Precision: whether a result is retrieved by the words that it was made from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Literal

from torch import Tensor

from limn.errors import InputError
from limn.ranges import Distance, Fov
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.looks import SIZE
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.retrieval import dream_fields, from_above, retrieved
from pipelines.evaluate.scene import drawn_again
from pipelines.evaluate.subject import Subject

logger = logging.getLogger("limn")


class RPrecision(Measure):
    """Whether the prompt of a result is the nearest of many captions: 1 or 0, and its rank.

    The mean over results is R-Precision. The captions are the prompts of all results and the classes. A run with sides
    is drawn from its checkpoint, from 45 degrees above; without one its model is looked at.

    Args:
        encoder: a CLIP, another than made the results.
        classes: further captions; ``dream_fields`` for its 153, each with a full stop, as it has them.
        distance: of the camera; Dream Fields has 4.
        fov: of the camera in degrees; Dream Fields has 39.6. The defaults fill the picture with a thing of radius 1.

    Source: Park et al. 2021, as in Dream Fields (Jain et al. 2022).
    """

    kinds = frozenset({"picture", "drawing", "model"})
    needs = frozenset({"prompt"})
    higher = ("r_precision",)
    lower = ("r_precision_rank",)

    def __init__(
        self,
        encoder: Judge,
        classes: Literal["dream_fields"] | list[str] = [],  # noqa: B006
        distance: Distance = 2.5,
        fov: Fov = 50.0,
    ) -> None:
        self.judge, self.distance, self.fov = encoder, distance, fov
        self.stop = classes == "dream_fields"
        self.captions = dream_fields() if classes == "dream_fields" else list(classes)

    def of_each(self, subjects: Sequence[Subject]) -> list[Reading]:
        """1 or 0, the rank, and the nearest caption; nothing where there is but one caption."""
        captions = list(dict.fromkeys([*self.captions, *(subject.prompt for subject in subjects)]))
        if len(captions) < 2:
            return [{} for _ in subjects]
        readings: list[Reading] = []
        for subject in subjects:
            seen = self.judge.keep(subject, f"above {self.distance} {self.fov}", partial(self._look, subject))
            (found,) = retrieved(seen, [subject.prompt], captions, self.judge.read, self.stop)
            hit, rank = float(found.rank == 1), float(found.rank)
            readings.append({"r_precision": hit, "r_precision_rank": rank, "r_precision_taken_for": found.taken_for})
        return readings

    def _look(self, subject: Subject) -> Tensor:
        cameras = from_above(self.distance, self.fov)
        if subject.main.kind == "model" and subject.folder is not None:
            try:
                return drawn_again(subject.folder, cameras, (SIZE, SIZE))
            except InputError as error:
                logger.warning("%s; its model is looked at", error)
        return subject.seen_from(cameras)
