"""A measure such as a user could write."""

from __future__ import annotations

from limn.ranges import Positive
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject


class Ink(Measure):
    """How much of a picture is dark, 0..1."""

    kinds = frozenset({"drawing", "picture"})
    lower = ("ink",)

    def __init__(self, power: Positive = 1.0) -> None:
        self.power = power

    def of(self, subject: Subject) -> Reading:
        return {"ink": float((1 - subject.pictures(1)).pow(self.power).mean())}
