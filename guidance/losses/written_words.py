"""Written words: CLIPs reward pictures that say a prompt in letters, and these are kept from doing so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from pydantic import Field
from torch import Tensor

from guidance.encoders import Encoder
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.prompt import Prompt, embed_phrases
from limn.frames import Frames
from limn.step import Step

SIDE = 224
PAPERS = (("black", "white"), ("white", "black"), ("red", "white"), ("black", "yellow"))
"""Colours of letters and paper."""

CAPTIONS = ('the word "{}"', "a text that says {}", "a sign that says {}")


def written_words(embedding: Tensor, directions: Tensor, margin: float = 0.0) -> Tensor:
    """How far pictures lie in the directions of written words: mean over looks and directions of max(0, cos - margin).

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        directions: see `written_directions` [K, D], of any length.
        margin: the cosine that does no harm.

    Returns:
        [S].

    Source: Materzynska et al., Disentangling Visual and Written Concepts in CLIP, 2022; Lin et al., Parrot Captions
    Teach CLIP to Spot Text, 2023.
    """
    cosine = F.normalize(embedding, dim=-1) @ F.normalize(directions, dim=-1).T
    return (cosine - margin).clamp_min(0.0).flatten(1).mean(dim=1)


def rendered(text: str, ink: str, paper: str) -> Tensor:
    """A picture of a text in letters [1, 3, 224, 224], in lines of words that fill it."""
    words = text.split()
    lines = "\n".join(words if len(words) < 4 else (" ".join(words[i : i + 2]) for i in range(0, len(words), 2)))
    picture = Image.new("RGB", (SIDE, SIDE), paper)
    draw = ImageDraw.Draw(picture)
    box = draw.multiline_textbbox((0, 0), lines, font=ImageFont.load_default(40))
    fit = 40 * 0.9 * SIDE / max(1.0, box[2] - box[0], box[3] - box[1])
    font = ImageFont.load_default(fit)
    draw.multiline_text((SIDE / 2, SIDE / 2), lines, fill=ink, font=font, anchor="mm", align="center")
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255.0


def written_directions(texts: Sequence[str], encoder: Encoder) -> Tensor:
    """The ways from what words mean to the same words in letters, two for each text [2 T, D], of length 1.

    The first leads from the text to captions of it in letters; the second from blank sheets to pictures of the letters.

    Args:
        texts: words.
        encoder: reads them, and looks at pictures of them.
    """
    captions = embed_phrases(texts, encoder, CAPTIONS) - embed_phrases(texts, encoder)
    with torch.no_grad():
        sheets = [[rendered(text, *colours) for colours in PAPERS] for text in ["", *texts]]
        device = captions.device
        seen = encoder.encode_image(torch.cat([sheet for row in sheets for sheet in row]).to(device)).embedding
        blank, *letters = F.normalize(seen, dim=-1).view(len(sheets), len(PAPERS), -1).unbind(0)
        pictures = torch.stack([(row - blank).mean(dim=0) for row in letters])
    return F.normalize(torch.stack([captions, pictures], dim=1).flatten(0, 1), dim=-1)


class WrittenWords(Loss):
    """`written_words` of the prompt, so that pictures show it and do not write it.

    Args:
        encoder: looks at the pictures.
        prompt: what they should show without letters; of its phrases, those with a weight above 0 count.
        margin: the cosine that does no harm.

    Raises:
        InputError: no phrase of the prompt has a weight above 0, or one has a stop.
    """

    directions: Tensor

    def __init__(
        self, encoder: AugmentedEncoder, prompt: Prompt, margin: Annotated[float, Field(ge=-1, le=1)] = 0.0
    ) -> None:
        super().__init__()
        self.encoder, self.margin = encoder, margin
        texts = [phrase.text for phrase in prompt.without_stops("written_words").wanted("written_words")]
        self.register_buffer("directions", written_directions(texts, encoder.encoder), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return written_words(self.encoder(frames, step).embedding, self.directions, self.margin)
