"""How much the result of a run fools the encoder that it was optimised against."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from torch import Tensor

from guidance import Prompt
from guidance.encoders import load_encoder
from guidance.fooling import measure_fooling
from guidance.templates import PLAIN
from guidance.vocabulary import vocabulary_of_encoder
from limn.frames import Frames
from pipelines.config.optimised import optimised_against
from pipelines.config.run_config import RunConfig
from pipelines.runs.folder import RunFolder
from pipelines.runs.record import FILE, measured, write_evaluation

NAME = "fooling"
"""Of the measure, in ``evaluation.json``."""

JUDGES = ("pocket-judge", "pocket")
"""The first that a run was not optimised against, and that knows its words, judges it."""

CHANGES = {"jpeg": "JPEG", "blur": "blur", "shift": "shift"}
"""What the score is taken again after, and what the report calls it."""

VIEWS = 4
"""Views of a scene that are looked at, at most."""


def judge_fooling(folder: RunFolder, config: RunConfig, frames: Frames, candidate: int) -> None:
    """Measures the end of a run and writes that into ``evaluation.json``, once.

    Nothing is measured where a run has no prompt, or no encoder that reads words looked at it.

    Args:
        folder: of the run.
        config: of its last stage.
        frames: its end, S candidates in V views.
        candidate: the best of them.
    """
    file, prompt = folder.path / FILE, prompt_of(config)
    if prompt is None or measured(file, NAME):
        return
    against = optimised_against(folder.config)
    device = str(config.torch_device())
    for name in sorted(against, key=lambda name: name != config.encoder):
        size = config.encoder_size if name == config.encoder else None
        encoder = load_encoder(name, device, "float32", size)
        if encoder.reads:
            judge = judge_for(prompt, against)
            loaded = None if judge is None else load_encoder(judge, device, "float32")
            pictures = evenly(frames.rgb[candidate], VIEWS)
            numbers = measure_fooling(pictures, prompt, encoder, loaded)
            made_by = {"measure": NAME, "encoder": judge, "optimised": name}
            write_evaluation(file, {NAME: dict(numbers)}, {NAME: made_by})
            return


def prompt_of(config: RunConfig) -> Prompt | None:
    """What the result should show; None where that is not said in words."""
    words = config.prompt_words
    prompt = Prompt.parse(words, getattr(config, "templates", PLAIN)) if words else None
    return prompt if prompt and max(prompt.weights) > 0 else None


def judge_for(prompt: Prompt, against: Collection[str]) -> str | None:
    """The first of `JUDGES` that was not optimised against and knows all words; None where there is none."""
    words = " ".join(phrase.text for phrase in prompt.phrases if phrase.weight > 0)
    for name in JUDGES:
        known = vocabulary_of_encoder(name)
        if name not in against and known is not None and not known.unknown(words):
            return name
    return None


def evenly(pictures: Tensor, count: int) -> Tensor:
    """At most so many pictures [count, ...] of [V, ...], evenly spread."""
    views = len(pictures)
    return pictures[[number * views // count for number in range(count)]] if views > count else pictures


def fooling_facts(folder: Path) -> dict[str, str]:
    """What the report says of it, by title; nothing where nothing was measured."""
    found = measured(folder / FILE, NAME)
    if found is None:
        return {}
    numbers, made_by = found
    own, judge = made_by["optimised"], made_by["encoder"]
    facts = {"score": f"{numbers['fooling_score']:.2f} by {own}, which it was optimised against"}
    if judge:
        facts["score"] += f"; {numbers['fooling_judge']:.2f} by {judge}, which nobody optimised against"
    left = [f"{title} {numbers[f'fooling_{name}']:.2f}" for name, title in CHANGES.items()]
    facts["score after"] = ", ".join(left)
    if judge:
        facts["fooling"] = f"{numbers['fooling']:.0%} of what {own} sees in it, {judge} does not see"
    return facts
