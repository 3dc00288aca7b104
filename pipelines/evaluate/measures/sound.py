"""Sounds: what is heard in them, and how well a picture shows that."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from guidance.losses.sound import CLAP, prompt_of_sound
from guidance.sound import load_listener, read_wav
from pipelines.config.paths import InputPath
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.measures.clip_score import clip_score
from pipelines.evaluate.subject import Subject

Captions = Annotated[list[str], Field(min_length=2)]


class SoundClass(Measure):
    """The most probable of several captions of a WAV file, by CLAP.

    Args:
        classes: captions, like ``[a dog, a bell]``.
        listener: a CLAP of transformers on the hub, or ``local-dir:`` and its folder.
    """

    kinds = frozenset({"sound"})

    def __init__(self, classes: list[str], listener: str = CLAP) -> None:
        self.classes, self.listener = classes, load_listener(listener)

    def of(self, subject: Subject) -> Reading:
        """The caption, and its probability."""
        found = self.listener.probabilities(read_wav(subject.main.path), self.classes)
        best = int(found.argmax())
        return {"sound": self.classes[best], "sound_probability": float(found[best])}


class ClapScore(Measure):
    """How well a result shows what a sound most probably is, see `prompt_of_sound`: `clip_score`, mean over views.

    Args:
        sound: a WAV file.
        captions: what it may be.
        encoder: a CLIP.
        listener: a CLAP of transformers on the hub, or ``local-dir:`` and its folder.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    higher = ("clap_score",)
    asked = True

    def __init__(self, sound: InputPath, captions: Captions, encoder: Judge, listener: str = CLAP) -> None:
        self.judge = encoder
        self.heard = prompt_of_sound(read_wav(sound), captions, load_listener(listener)).phrases[0].text

    def of(self, subject: Subject) -> Reading:
        """The score, 0..100, and the caption that was heard."""
        score = clip_score(self.judge.see(subject), self.judge.read([self.heard]))
        return {"clap_score": float(score.mean()), "clap_score_caption": self.heard}
