"""Prompt: what the picture should show, in weighted phrases."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders import Encoder
from guidance.split import split
from guidance.vocabulary import Vocabulary
from limn.errors import InputError, short

logger = logging.getLogger("limn")

PLAIN = ("{}",)


@dataclass(frozen=True)
class Phrase:
    """A phrase and how much it counts.

    Args:
        text: what the picture should show.
        weight: relative importance; negative for what it should not show.
    """

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class Prompt:
    """Weighted phrases, each put into templates.

    Args:
        phrases: at least one.
        templates: sentences with ``{}`` where the phrase goes, like "a photo of {}"; their embeddings are averaged.
    """

    phrases: tuple[Phrase, ...]
    templates: tuple[str, ...] = PLAIN

    @classmethod
    def parse(cls, text: str, templates: Sequence[str] = PLAIN) -> Prompt:
        """Reads "a red apple:1 | blurry:-0.3": phrases between bars, each with a weight behind a last colon, else 1.

        Raises:
            InputError: no phrase, a weight without a phrase, or a template without ``{}``.
        """
        phrases = tuple(_phrase(part) for part in text.split("|") if part.strip())
        if not phrases:
            raise InputError("the prompt is empty; expected words, like 'a red apple' or 'a red apple:1 | blurry:-0.3'")
        for template in templates:
            if "{}" not in template:
                raise InputError(f"template {template!r} has no {{}} where the phrase goes")
        return cls(phrases, tuple(templates) or PLAIN)

    def embed(self, encoder: Encoder) -> Tensor:
        """One embedding of length 1 per phrase [P, D].

        A phrase is the mean of the normalised embeddings of its templates, normalised again (CLIP's zero-shot
        ensembles, StyleGAN-NADA); one beyond the context is split, its parts are averaged alike, and it is logged.
        """
        for phrase in self.phrases:
            _name_unknown_words(phrase.text, encoder)
        return embed_phrases([phrase.text for phrase in self.phrases], encoder, self.templates)

    @property
    def weights(self) -> Tensor:
        """The weights of the phrases [P]."""
        return torch.tensor([phrase.weight for phrase in self.phrases])


def embed_phrases(texts: Sequence[str], encoder: Encoder, templates: Sequence[str] = PLAIN) -> Tensor:
    """One embedding of length 1 per phrase [P, D], each in all templates; see `Prompt.embed`."""
    groups = [[made for template in templates for made in _sentences(text, template, encoder)] for text in texts]
    rows = iter(F.normalize(encoder.encode_text([sentence for group in groups for sentence in group]), dim=-1))
    means = [torch.stack([next(rows) for _ in group]).mean(dim=0) for group in groups]
    return F.normalize(torch.stack(means), dim=-1)


def _sentences(text: str, template: str, encoder: Encoder) -> list[str]:
    def fits(part: str) -> bool:
        return encoder.count_tokens(template.replace("{}", part)) <= encoder.context

    parts = split(text, fits)
    if len(parts) > 1:
        limit = f"{encoder.context} tokens that encoder {encoder.name} reads"
        logger.warning("prompt longer than the %s: averaged in %d parts: %s", limit, len(parts), " | ".join(parts))
    return [template.replace("{}", part) for part in parts]


def _phrase(part: str) -> Phrase:
    text, colon, number = part.rpartition(":")
    if colon and re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", number):
        if not text.strip():
            raise InputError(f"the prompt has the weight {number.strip()} without a phrase before it")
        if abs(float(number)) > 1e6:
            raise InputError(f"the prompt has the weight {short(number.strip())}; expected one up to a million")
        return Phrase(text.strip(), float(number))
    return Phrase(part.strip())


def _name_unknown_words(text: str, encoder: Encoder) -> None:
    known = Vocabulary(encoder.vocabulary or ())
    for word in known.unknown(text) if encoder.vocabulary else []:
        near = known.nearest(word, cutoff=0.0)
        logger.warning("encoder %s has never met the word %r; the nearest it knows is %r", encoder.name, word, near)
