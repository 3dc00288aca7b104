"""Which pictures a text means."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.distillation.exemplars.captions import SAME, name_match, stems, words
from guidance.distillation.exemplars.tints import TINTS
from guidance.encoders import Encoder, load_encoder
from guidance.views import without_view
from guidance.vocabulary import Vocabulary
from guidance.words import things_of, words_of

logger = logging.getLogger("limn")

CAPTION_STRENGTH = 100.0
"""Natural logarithm of how much likelier a caption of the same words is than one without any of them."""

NAMED = 0.75
"""Match above which a picture shows the thing that a text names beside a colour, so that it may be tinted."""

MARGIN = 10.0
"""Pictures whose logarithmic probability lies this far below the best one's take no part."""

BESIDE_NAMES = 0.3
"""Weight of the encoder's judgement where names match in part. It may know more words for a thing, but it knows less
well which of two things a word usually means."""


class Choice:
    """Chooses pictures by the words of their captions and other names, and by how an encoder judges them.

    Where a text names a thing in a colour and no picture has both, pictures of the thing are chosen for a tint.

    Args:
        captions: of M pictures.
        keywords: other words for what each shows; none where nothing is said.
        seen: what an encoder makes of them, embeddings of length 1 [M, D].
        best: how many are chosen; without a text, all are.
        encoder: judges pictures against a text where captions leave something open; "" for captions alone.
        scale: factor on the encoder's logits.
        name: of the prior, for messages.
        device: where the encoder computes.
    """

    def __init__(
        self,
        captions: list[str],
        keywords: list[list[str]],
        seen: Callable[[Encoder], Tensor],
        best: int,
        encoder: str,
        scale: float,
        name: str,
        device: torch.device,
    ) -> None:
        self.captions, self.keywords = captions, keywords or [[] for _ in captions]
        self._seen, self._best, self._encoder, self._scale = seen, best, encoder, scale
        self._name, self._device = name, device

    def __call__(self, text: str) -> tuple[int, Tensor]:
        """What a text chooses.

        Args:
            text: anything; "" for all pictures alike. Words for a view are ignored, as no picture has them.

        Returns:
            The tint, a number in `TINTS` from 1, 0 for the pictures' own colours; and the probability of each [M].
        """
        text = without_view(text)
        if not text.strip():
            return 0, torch.full((len(self.captions),), 1.0 / len(self.captions))
        colour, logits = self._judge(text)
        least = logits.topk(min(self._best, len(logits))).values.min().clamp_min(logits.max() - MARGIN)
        return colour, logits.masked_fill(logits < least, -torch.inf).softmax(dim=0)

    def _judge(self, text: str) -> tuple[int, Tensor]:
        self._warn_of_unknown_words(text)
        things = things_of(text)
        first = " ".join((*things[0].colours, *things[0].words)) if len(things) > 1 else text
        for part in dict.fromkeys([text, first]):
            colour, thing = self._tinted(part) or (0, part)
            match = name_match(thing, self.captions, self.keywords)
            if float(match.max()) > (NAMED if part == first else SAME):
                if part != text:
                    logger.warning("prior %s shows one thing of %r: %r", self._name, text, part)
                return colour, self._logits(thing, match)
        return 0, self._logits(text, name_match(text, self.captions, self.keywords))

    def _tinted(self, text: str) -> tuple[int, str] | None:
        """The tint that the first thing of a text needs, and the other words; None where it needs none."""
        first = next(iter(things_of(text)), None)
        if first is None or len(first.colours) != 1:
            return None
        (colour,), words = first
        if stems(frozenset([f"{colour} {words[-1]}"])) <= self._known:
            return None
        return 1 + TINTS.index(colour), " ".join(words_of(text)).replace(colour, "", 1)

    def _logits(self, text: str, match: Tensor) -> Tensor:
        # Where a caption has the very words, no encoder is needed.
        if bool((match > SAME).any()) or not self._encoder:
            return CAPTION_STRENGTH * match
        encoder = load_encoder(self._encoder, str(self._device))
        cosines = (self._seen(encoder) @ F.normalize(encoder.encode_text([text]), dim=-1)[0]).cpu()
        named = bool(match.any())
        judged = self._scale * encoder.logit_scale * cosines
        logits = CAPTION_STRENGTH * match + (BESIDE_NAMES * judged if named else judged)
        if not named:
            guess = self.captions[int(logits.argmax())]
            logger.warning(
                "prior %s: no picture matches %r; encoder %s guesses %r", self._name, text, self._encoder, guess
            )
        return logits

    def _warn_of_unknown_words(self, text: str) -> None:
        unknown = sorted(self._vocabulary.unknown(text))
        if unknown:
            near = [repr(word) for word in map(self._vocabulary.nearest, unknown) if word is not None]
            hint = f"; near: {', '.join(near)}" if near else ""
            logger.warning("prior %s: no picture is about %s%s", self._name, ", ".join(map(repr, unknown)), hint)

    @cached_property
    def _known(self) -> frozenset[str]:
        """What the captions are about."""
        return frozenset().union(*(stems(words(caption)) for caption in self.captions))

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary([*self.captions, *(name for names in self.keywords for name in names), *TINTS], plurals=True)
