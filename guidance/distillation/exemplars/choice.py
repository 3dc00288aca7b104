"""Which pictures a text means."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.distillation.exemplars.captions import SAME, known_words, name_match, singular, words
from guidance.distillation.exemplars.tints import TINTS, without_colour
from guidance.distillation.views import without_view
from guidance.encoders import Encoder, load_encoder

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
        match = name_match(text, self.captions, self.keywords)
        parts = without_colour(text)
        # A colour that no caption has is ignored in a match.
        if parts is not None and (float(match.max()) <= SAME or parts[0] not in self._known):
            colour, thing = parts
            of_thing = name_match(thing, self.captions, self.keywords)
            if float(of_thing.max()) > NAMED:
                self._warn_of_unknown_words(thing)
                return 1 + TINTS.index(colour), self._logits(thing, of_thing)
        self._warn_of_unknown_words(text)
        return 0, self._logits(text, match)

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
        unknown = sorted(word for word in words(text) if singular(word) not in self._known)
        if unknown:
            near = [m for word in unknown for m in difflib.get_close_matches(word, self._known, n=1, cutoff=0.75)]
            hint = f"; near: {', '.join(map(repr, near))}" if near else ""
            logger.warning("prior %s: no picture is about %s%s", self._name, ", ".join(map(repr, unknown)), hint)

    @cached_property
    def _known(self) -> list[str]:
        return sorted(known_words([*self.captions, *(name for names in self.keywords for name in names)]))
