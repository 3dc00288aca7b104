"""lettering: letters bend towards what words say (Word-As-Image, Iluz et al. 2023)."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from pydantic import Field

from guidance import Prompt
from limn.errors import InputError
from limn.ranges import PositiveRate
from limn.registry import suggestion
from pipelines.config.paths import InputPath
from pipelines.config.prompts import PromptText, Templates
from pipelines.task.drawn import DrawnConfig
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.strokes import Letters, read_glyphs


class LetteringConfig(DrawnConfig):
    """Settings of letters that become a picture."""

    main: ClassVar[str] = "text"

    text: str
    """A letter or a line of text."""
    letters: str = ""
    """Which letters of the text are bent, wherever they occur; all unless given."""
    prompt: PromptText = ""
    """What they become; what the text says unless given."""
    templates: Templates = ("{}",)
    """Sentences that the prompt is put into."""
    font: InputPath
    """A TrueType or OpenType file."""
    points: Annotated[int, Field(ge=4, le=2000)] = 100
    """Control points that each bent letter gets at least."""
    margin: float = Field(0.15, ge=0, lt=0.5)
    """White border as a fraction of the canvas's shorter side."""
    point_rate: PositiveRate = 1.0
    """Learning rate of the control points, in pixels."""

    @property
    def prompt_words(self) -> str:
        """What the letters become."""
        return self.prompt or self.text


def lettering(config: LetteringConfig) -> Task:
    """Bends letters until they look like what words say and still read (Word-As-Image)."""
    if not config.text.strip():
        raise InputError("text is empty; expected a letter or a line of text")
    for letter in config.letters:
        if letter not in config.text:
            raise InputError(f"letters: the text {config.text!r} has no {letter!r}{suggestion(letter, config.text)}")
    glyphs = read_glyphs(config.font, config.text)
    bent = [number for number, glyph in enumerate(glyphs) if glyph.letter in (config.letters or config.text)]
    renderer = Letters(
        glyphs,
        bent,
        config.shape(),
        points=config.points,
        margin=config.margin,
        candidates=config.best_of,
        rate=config.point_rate,
    ).to(config.torch_device())
    with torch.no_grad():
        start = renderer.render().rgb[:1, 0]
    prompt = Prompt.parse(config.prompt_words, config.templates)
    return Task(
        renderer,
        lambda: build_objective(config, target=start, prompt=prompt),
        pictures={"font": start[0].cpu()},
    )
