"""Films: all frames together against the prompt, or against another film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from torch import Tensor

from guidance.losses.video import video_embedding
from pipelines.config.paths import InputPlace
from pipelines.evaluate.judge import Judge, cosines
from pipelines.evaluate.looks import SIZE
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.measures.clip_score import clip_score
from pipelines.evaluate.subject import Subject
from pipelines.inputs.films import FRAMES, read_film

Count = Annotated[int, Field(ge=1, le=1000)]
"""Of frames, evenly spread over the film."""


def see_film(judge: Judge, subject: Subject, frames: int) -> Tensor:
    """`video_embedding` of the turntable of a result, else of its film [D]."""
    film = subject.first("turntable") or subject.first("film")
    assert film is not None
    seen = judge.keep(subject, f"{frames} frames", lambda: read_film(film.path, (SIZE, SIZE), frames))
    return video_embedding(seen)


class VideoScore(Measure):
    """How well a film fits the prompt: `clip_score` of the mean of its frames, see `video_embedding`.

    Of a run it is the turntable, else the film of how it came into being.

    Args:
        encoder: a CLIP.
        frames: that it looks at.
    """

    kinds = frozenset({"turntable", "film"})
    needs = frozenset({"prompt"})
    higher = ("video_score",)

    def __init__(self, encoder: Judge, frames: Count = FRAMES) -> None:
        self.judge, self.frames = encoder, frames

    def of(self, subject: Subject) -> Reading:
        """The score, 0..100."""
        seen = see_film(self.judge, subject, self.frames)
        return {"video_score": float(clip_score(seen[None], self.judge.read([subject.prompt])))}


class VideoLikeness(Measure):
    """The cosine of the `video_embedding` of a film and that of another, in whatever order their frames are.

    Args:
        target: the other one: MP4, MOV, WebM, GIF, or a folder of pictures.
        encoder: of pictures.
        frames: that it looks at.
    """

    kinds = frozenset({"turntable", "film"})
    higher = ("video_similarity",)
    asked = True

    def __init__(self, target: InputPlace, encoder: Judge, frames: Count = FRAMES) -> None:
        self.judge, self.frames = encoder, frames
        self.target = video_embedding(encoder.look(read_film(Path(target), (SIZE, SIZE), frames)))

    def of(self, subject: Subject) -> Reading:
        """The cosine, -1..1."""
        seen = see_film(self.judge, subject, self.frames)
        return {"video_similarity": float(cosines(seen[None], self.target[None]))}
