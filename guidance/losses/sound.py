"""Sound: pictures of what is heard."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from guidance.encoders.augmented import AugmentedEncoder
from guidance.losses.text import TextSimilarity
from guidance.prompt import Phrase, Prompt
from guidance.sound.listener import Listener, load_listener
from guidance.sound.sound import Sound

logger = logging.getLogger("limn")

CLAP = "laion/clap-htsat-unfused"


def prompt_of_sound(sound: Sound, captions: Sequence[str], listener: Listener) -> Prompt:
    """The caption that a sound most probably is, as a prompt; how sure that is is logged.

    Sounds and pictures have no embedding in common, unless one encoder knew both: words lead from the one to the other.

    Args:
        sound: of one of the captions.
        captions: what it may be, two at least.
        listener: knows sounds and words.
    """
    probabilities = listener.probabilities(sound, captions)
    best = int(probabilities.argmax())
    logger.info("the sound is %r (%.0f %% of %d)", captions[best], 100 * probabilities[best], len(captions))
    return Prompt((Phrase(captions[best]),))


class SoundSimilarity(TextSimilarity):
    """`text_similarity` to the caption that a sound most probably is, see `prompt_of_sound`.

    Args:
        encoder: looks at the pictures.
        sound: what they should show sounds like this.
        captions: what it may be.
        listener: a CLAP of transformers on the hub, or ``local-dir:`` and its folder.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        sound: Sound,
        captions: Annotated[list[str], Field(min_length=2)],
        listener: str = CLAP,
    ) -> None:
        super().__init__(encoder, prompt_of_sound(sound, captions, load_listener(listener)))
