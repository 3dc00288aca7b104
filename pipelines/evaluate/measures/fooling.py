"""Fooling: how much of what the encoder that was optimised against sees a judge does not see."""

from __future__ import annotations

from guidance.encoders import load_encoder
from guidance.fooling import measure_fooling
from limn.errors import InputError
from pipelines.config.names import EncoderName
from pipelines.config.optimised import optimised_against
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.runs.fooling import prompt_of


class Fooling(Measure):
    """How much a result fools the encoder that it was optimised against, `measure_fooling`; of models, held-out views.

    ``fooling`` is the share of what that encoder sees that the judge does not see, 0..1. The others are cosines with
    the prompt: by the encoder, by the judge, and by the encoder after JPEG, blur and shift.

    Args:
        encoder: the judge, a CLIP.
        optimised: the encoder that it was optimised against; the first of the run unless given.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    needs = frozenset({"prompt"})
    higher = ("fooling_judge", "fooling_jpeg", "fooling_blur", "fooling_shift")
    lower = ("fooling",)
    asked = True

    def __init__(self, encoder: Judge, optimised: EncoderName | None = None) -> None:
        self.judge, self.optimised = encoder, optimised

    def of(self, subject: Subject) -> Reading:
        """See `measure_fooling`."""
        config = subject.config
        assert config is not None  # else it has no prompt
        prompt = prompt_of(config)
        if prompt is None:
            return {}
        name = self.optimised or next(iter(optimised_against(config)), config.encoder)
        encoder = load_encoder(name, str(next(self.judge.encoder.parameters()).device), "float32")
        if not encoder.reads:
            raise InputError(f"evaluate: fooling: {subject.path}: {name} knows no words; give optimised: a CLIP")
        return dict(measure_fooling(subject.pictures(self.judge.views), prompt, encoder, self.judge.encoder))
