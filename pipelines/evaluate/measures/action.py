"""Action: what is done in a film."""

from __future__ import annotations

from guidance.losses.action import action_text
from guidance.losses.probabilities import class_probabilities
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.measures.video import Count, see_film
from pipelines.evaluate.subject import Subject
from pipelines.inputs.films import FRAMES


class ActionClass(Measure):
    """The most probable of several actions in a film, as ActionCLIP finds it without training.

    Of a run it is the turntable, else the film of how it came into being.

    Args:
        classes: actions, like ``[dancing, sleeping]``.
        encoder: a CLIP; of ActionCLIP's sixteen sentences those count whose words it knows.
        frames: that it looks at.
    """

    kinds = frozenset({"turntable", "film"})
    asked = True

    def __init__(self, classes: list[str], encoder: Judge, frames: Count = FRAMES) -> None:
        self.classes, self.judge, self.frames = classes, encoder, frames
        self.text = action_text(classes, encoder.encoder).cpu()

    def of(self, subject: Subject) -> Reading:
        """The action, and its probability."""
        seen = see_film(self.judge, subject, self.frames)
        found = class_probabilities(seen[None, None], self.text, self.judge.encoder.logit_scale)[0, 0]
        best = int(found.argmax())
        return {"action": self.classes[best], "action_probability": float(found[best])}
