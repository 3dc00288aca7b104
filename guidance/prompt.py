"""Prompt: what the picture should show, in weighted phrases."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders import Encoder
from guidance.split import split
from guidance.templates import PLAIN, best_templates, parse_templates
from guidance.vocabulary import Vocabulary
from limn.errors import InputError, short

logger = logging.getLogger("limn")

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*")

FARTHEST = 5.0
"""No distance of `text_similarity` is larger: 2 by cosine, 4.93 on the sphere."""


@dataclass(frozen=True)
class Phrase:
    """A phrase and how much it counts.

    Args:
        text: what the picture should show.
        weight: relative importance; negative for what it should not show.
        stop: the distance at which it has done enough: nearer than that it no longer pulls, and one with a negative
            weight no longer repels what is farther. None: never.
    """

    text: str
    weight: float = 1.0
    stop: float | None = None


@dataclass(frozen=True)
class Prompt:
    """Weighted phrases, each put into templates.

    Args:
        phrases: at least one.
        templates: sentences with ``{}`` where the phrase goes, like "a photo of {}"; their embeddings are averaged.
        keep: how many of the templates count, those whose texts agree best; None for all.
    """

    phrases: tuple[Phrase, ...]
    templates: tuple[str, ...] = PLAIN
    keep: int | None = None

    @classmethod
    def parse(cls, text: str, templates: str | Sequence[str] = PLAIN) -> Prompt:
        """Reads "a red apple:1:0.6 | blurry:-0.3": phrases between bars, with a weight and a stop behind colons.

        Args:
            text: the phrases; the weight is 1 and the stop never, where they are missing.
            templates: see `parse_templates`.

        Raises:
            InputError: no phrase, a weight without a phrase, no weight but 0, a wrong stop, or a template without
                ``{}``.

        Source: VQGAN-CLIP's ``text:weight:stop``.
        """
        phrases = tuple(_phrase(part) for part in text.split("|") if part.strip())
        if not phrases:
            raise InputError("the prompt is empty; expected words, like 'a red apple' or 'a red apple:1 | blurry:-0.3'")
        if not any(phrase.weight for phrase in phrases):
            raise InputError(f"the prompt {short(text)} has no weight but 0")
        return cls(phrases, *parse_templates(templates))

    @classmethod
    def read(cls, file: str | Path, templates: str | Sequence[str] = PLAIN) -> Prompt:
        """Reads a file as `read_phrases` does, then as `parse`.

        Raises:
            InputError: see both.
        """
        return cls.parse(read_phrases(file), templates)

    def embed(self, encoder: Encoder) -> Tensor:
        """One embedding of length 1 per phrase [P, D].

        A phrase is the mean of the normalised embeddings of its templates, normalised again (CLIP's zero-shot
        ensembles, StyleGAN-NADA); one beyond the context is split, its parts are averaged alike, and it is logged, as
        are words that the encoder has never met.
        """
        texts = [phrase.text for phrase in self.phrases]
        _name_unknown_words(texts, encoder)
        return embed_phrases(texts, encoder, self.chosen_templates(encoder))

    def chosen_templates(self, encoder: Encoder, *others: str) -> tuple[str, ...]:
        """The templates that count for an encoder.

        Args:
            encoder: reads the phrases.
            others: texts whose agreement counts, too.
        """
        if self.keep is None:
            return self.templates
        texts = [*(phrase.text for phrase in self.phrases), *others]
        chosen = best_templates(texts, encoder, self.templates, self.keep)
        logger.info("templates that agree best: %s", " | ".join(chosen))
        return chosen

    def wanted(self, loss: str) -> tuple[Phrase, ...]:
        """The phrases with a weight above 0.

        Args:
            loss: its name, for the message.

        Raises:
            InputError: there is none.
        """
        found = tuple(phrase for phrase in self.phrases if phrase.weight > 0)
        if not found:
            raise InputError(f"{loss}: no phrase of the prompt has a positive weight")
        return found

    @property
    def weights(self) -> Tensor:
        """The weights of the phrases [P]."""
        return torch.tensor([phrase.weight for phrase in self.phrases])

    @property
    def stops(self) -> Tensor | None:
        """The stops of the phrases [P], where never is 0 or, with a negative weight, inf; None where none has one."""
        if all(phrase.stop is None for phrase in self.phrases):
            return None
        never = [math.inf if phrase.weight < 0 else 0.0 for phrase in self.phrases]
        return torch.tensor([n if p.stop is None else p.stop for n, p in zip(never, self.phrases, strict=True)])

    def without_stops(self, loss: str) -> Prompt:
        """Itself, for a loss that measures no distance to a phrase.

        Raises:
            InputError: a phrase has a stop.
        """
        for phrase in self.phrases:
            if phrase.stop is not None:
                stop = f"{loss}: {phrase.text!r} has the stop {phrase.stop:g}, which means nothing here"
                raise InputError(f"{stop}; give this loss a prompt of its own without stops")
        return self


def embed_phrases(texts: Sequence[str], encoder: Encoder, templates: Sequence[str] = PLAIN) -> Tensor:
    """One embedding of length 1 per phrase [P, D], each in all templates; see `Prompt.embed`."""
    _name_long_texts(texts, templates[0], encoder)
    return _embedded(texts, encoder, templates)


def embed_in_each(texts: Sequence[str], encoder: Encoder, templates: Sequence[str]) -> Tensor:
    """The phrases in each of T templates by itself [T, P, D], of length 1; see `Prompt.embed`."""
    _name_long_texts(texts, templates[0], encoder)
    return torch.stack([_embedded(texts, encoder, (template,)) for template in templates])


def _embedded(texts: Sequence[str], encoder: Encoder, templates: Sequence[str]) -> Tensor:
    groups = [[made for template in templates for made in _sentences(text, template, encoder)] for text in texts]
    rows = iter(F.normalize(encoder.encode_text([sentence for group in groups for sentence in group]), dim=-1))
    means = [torch.stack([next(rows) for _ in group]).mean(dim=0) for group in groups]
    return F.normalize(torch.stack(means), dim=-1)


def known_templates(templates: Sequence[str], encoder: Encoder) -> tuple[str, ...]:
    """The templates whose words an encoder has met, as far as that is known; the phrase alone where it met none."""
    known = Vocabulary(encoder.vocabulary or ())
    kept = [each for each in templates if encoder.vocabulary is None or not known.unknown(each.replace("{}", "a"))]
    return tuple(kept) or PLAIN


def _sentences(text: str, template: str, encoder: Encoder) -> list[str]:
    def fits(part: str) -> bool:
        return encoder.count_tokens(template.replace("{}", part)) <= encoder.context

    return [template.replace("{}", part) for part in split(text, fits)]


def read_phrases(file: str | Path) -> str:
    """The phrases of a file, one a line, as the text of a prompt; lines that begin with ``#`` do not count.

    Raises:
        InputError: it cannot be read, or has no phrase.
    """
    try:
        lines = [line.strip() for line in Path(file).read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8 text"
        raise InputError(f"prompt file {str(file)!r}: {reason}") from error
    phrases = [line for line in lines if line and not line.startswith("#")]
    if not phrases:
        raise InputError(f"prompt file {str(file)!r}: is empty; expected a phrase a line, like 'a red apple:1:0.6'")
    return " | ".join(phrases)


def _phrase(part: str) -> Phrase:
    fields = part.rsplit(":", 2)
    numbers: list[float] = []
    while len(fields) > 1 and NUMBER.fullmatch(fields[-1]):
        numbers.insert(0, float(fields.pop()))
    text = ":".join(fields).strip()
    if not numbers:
        return Phrase(text)
    weight, stop = numbers[0], numbers[1] if len(numbers) > 1 else None
    if not text:
        raise InputError(f"the prompt has the weight {weight:g} without a phrase before it")
    if text.endswith(":") or (":" in text and NUMBER.fullmatch(text.rpartition(":")[2])):
        raise InputError(f"the prompt has {short(part.strip())}; expected text, text:weight or text:weight:stop")
    if abs(weight) > 1e6:
        raise InputError(f"the prompt has the weight {weight:g}; expected one up to a million")
    if stop is not None and weight < 0:
        stop = abs(stop)  # VQGAN-CLIP has it below zero there
    if stop is not None and not 0 <= stop <= FARTHEST:
        raise InputError(f"{text!r} has the stop {stop:g}; expected a distance from 0 to {FARTHEST:g}")
    return Phrase(text, weight, stop)


def _name_long_texts(texts: Sequence[str], template: str, encoder: Encoder) -> None:
    limit = f"{encoder.context} tokens that encoder {encoder.name} reads"
    for parts in (_sentences(text, template, encoder) for text in texts):
        if len(parts) > 1:
            logger.warning("prompt longer than the %s: averaged in %d parts: %s", limit, len(parts), " | ".join(parts))


def _name_unknown_words(texts: Sequence[str], encoder: Encoder) -> None:
    known = Vocabulary(encoder.vocabulary or ())
    unknown = [word for text in texts for word in known.unknown(text)] if encoder.vocabulary else []
    for word in dict.fromkeys(unknown):
        near = known.nearest(word, cutoff=0.0)
        logger.warning("encoder %s has never met the word %r; the nearest it knows is %r", encoder.name, word, near)
