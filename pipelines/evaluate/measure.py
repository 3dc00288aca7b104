"""Measure: what is measured of results, and MEASURES, the measures by name."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar

from limn.registry import Registry
from pipelines.evaluate.subject import Subject
from pipelines.runs.record import Reading as Reading


class Measure(ABC):
    """Measures results one by one, and as a set.

    The arguments of the constructor are its settings. An argument of the type `Judge` is given: the encoder that its
    setting names, or that of the evaluation. An argument ``classes`` is the names of the evaluation where it is not
    set; without a default, the measure is made only where there are some.

    Attributes:
        kinds: what it applies to, one or more of ``Subject.kinds``.
        needs: what a result must have, of ``prompt``, ``target``, ``words`` and ``text``, attributes of `Subject`.
        higher: names of numbers of which more is better.
        lower: names of numbers of which less is better.
        encoder: the judge where neither setting nor evaluation should choose, such as ``vgg``; "" for the evaluation's.
        asked: True if it is measured only where it is asked for.
    """

    kinds: ClassVar[frozenset[str]]
    needs: ClassVar[frozenset[str]] = frozenset()
    higher: ClassVar[tuple[str, ...]] = ()
    lower: ClassVar[tuple[str, ...]] = ()
    encoder: ClassVar[str] = ""
    asked: ClassVar[bool] = False

    @classmethod
    def applies(cls, subject: Subject) -> bool:
        """True if a result is of the right kind and has what is needed."""
        return not cls.kinds.isdisjoint(subject.kinds) and all(getattr(subject, need) for need in cls.needs)

    def of(self, subject: Subject) -> Reading:
        """What is measured of one result."""
        return {}

    def of_each(self, subjects: Sequence[Subject]) -> list[Reading]:
        """What is measured of each of several results, which may depend on the others."""
        return [self.of(subject) for subject in subjects]

    def together(self, subjects: Sequence[Subject]) -> Reading:
        """What is measured of a set of results as a whole."""
        return {}


MEASURES: Registry[type[Measure]] = Registry(
    "measure",
    {
        "action": "pipelines.evaluate.measures.action:ActionClass",
        "adjacent_lpips": "pipelines.evaluate.measures.views:AdjacentLpips",
        "clip_score": "pipelines.evaluate.measures.clip_score:ClipScore",
        "cmmd": "pipelines.evaluate.measures.diversity:Cmmd",
        "depth_words": "pipelines.evaluate.measures.depth_words:DepthInWords",
        "diversity": "pipelines.evaluate.measures.diversity:Diversity",
        "drawing": "pipelines.evaluate.measures.drawing:DrawingFacts",
        "fooling": "pipelines.evaluate.measures.fooling:Fooling",
        "legibility": "pipelines.evaluate.measures.legibility:Legibility",
        "likelihood": "pipelines.evaluate.measures.likelihood:Likelihood",
        "lpips": "pipelines.evaluate.measures.likeness:LpipsDistance",
        "mesh": "pipelines.evaluate.measures.mesh:MeshValidity",
        "point_cloud": "pipelines.evaluate.measures.point_cloud:PointCloudClass",
        "psnr": "pipelines.evaluate.measures.likeness:Psnr",
        "r_precision": "pipelines.evaluate.measures.r_precision:RPrecision",
        "recall": "pipelines.evaluate.measures.recall:Recall",
        "sketch_recognition": "pipelines.evaluate.measures.zero_shot:SketchRecognition",
        "sound": "pipelines.evaluate.measures.sound:SoundClass",
        "clap_score": "pipelines.evaluate.measures.sound:ClapScore",
        "ssim": "pipelines.evaluate.measures.likeness:Ssim",
        "video_score": "pipelines.evaluate.measures.video:VideoScore",
        "video_similarity": "pipelines.evaluate.measures.video:VideoLikeness",
        "view_consistency": "pipelines.evaluate.measures.views:ViewConsistency",
        "zero_shot": "pipelines.evaluate.measures.zero_shot:ZeroShot",
    },
)
"""Classes derived from `Measure`, by name."""
