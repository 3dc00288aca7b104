"""Readers: which priors and encoders read the words of a config, and which of these words none of them knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

from guidance import LOSSES
from guidance.embedding.expression import Expression
from guidance.encoders.augmented import AugmentedEncoder
from guidance.prompt import Prompt
from guidance.region import RegionPrompt
from guidance.vocabulary import Vocabulary, vocabulary_of_encoder, vocabulary_of_prior
from limn.errors import InputError
from limn.signature import arguments_of
from pipelines.config.given import given_type
from pipelines.config.terms import Term


class Worded(Protocol):
    """What of a `RunConfig` matters here."""

    encoder: str
    losses: dict[str, Term]

    @property
    def prompt_words(self) -> str:
        """The prompt."""

    @property
    def priors(self) -> dict[str, str]:
        """Priors beside those of the losses."""


class Reader(NamedTuple):
    """A prior or an encoder.

    Args:
        kind: which of the two.
        name: of it.
        key: the setting that names it.
    """

    kind: Literal["prior", "encoder"]
    name: str
    key: str

    @property
    def vocabulary(self) -> Vocabulary | None:
        """What it knows, None where that is not known; what cannot be read is said where it is loaded."""
        if self.kind == "encoder":
            return vocabulary_of_encoder(self.name)
        from pipelines.inputs.model_libraries import Libraries  # draws models: not for those who have none

        try:
            return vocabulary_of_prior(self.name, Libraries() if ":" in self.name else None)
        except InputError:
            return None


def check_words(config: Worded) -> None:
    """Refuses words that nobody who reads them knows.

    Words of phrases with a weight below zero may be unknown: what nobody knows nobody shows.

    Raises:
        ValueError: says where, which, who reads them, and what to do.
    """
    read: dict[tuple[str, str], list[Reader]] = {}
    for place, text, reader in _readings(config):
        read.setdefault((place, text), []).append(reader)
    for (place, text), readers in read.items():
        unknown = unknown_words_of(text, readers)
        if unknown:
            raise ValueError(f"{place}: {refusal(unknown, readers)}")


def unknown_words_of(text: str, readers: list[Reader]) -> list[str]:
    """The words of a prompt that none of its readers knows; none where there is one of whom that is not known."""
    try:
        phrases = [phrase.text for phrase in Prompt.parse(text).phrases if phrase.weight > 0]
    except InputError:  # said where it is read
        return []
    known = [vocabulary for reader in readers if (vocabulary := reader.vocabulary) is not None]
    if len(known) < len(readers) or not readers:
        return []
    first, *others = (dict.fromkeys(w for text in phrases for w in vocabulary.unknown(text)) for vocabulary in known)
    return [word for word in first if all(word in unknown for unknown in others)]


def refusal(unknown: list[str], readers: list[Reader]) -> str:
    """The line that refuses a prompt.

    Args:
        unknown: its words that nobody knows.
        readers: of it, one at least.
    """
    near = {found for reader in readers for w in unknown if (v := reader.vocabulary) and (found := v.nearest(w))}
    hint = f" (near: {', '.join(map(repr, sorted(near)))})" if near else ""
    who = " and ".join(dict.fromkeys(f"{reader.kind} {reader.name}" for reader in readers))
    knows = "knows" if len({reader[:2] for reader in readers}) == 1 else "know"
    words, steps = ", ".join(map(repr, unknown)), ", or ".join(_steps(unknown, readers))
    return f"{who} {knows} no {words}{hint}; take one that does: {steps}; or unknown_words=allow"


def _steps(unknown: list[str], readers: list[Reader]) -> Iterator[str]:
    """What names others, who know more."""
    priors = [reader for reader in readers if reader.kind == "prior"]
    encoders = [reader for reader in readers if reader.kind == "encoder"]
    if priors:
        flat = all(reader.name == "exemplars" for reader in priors)
        if flat and not unknown_words_of(" ".join(unknown), [Reader("prior", "pocket", "")]):
            yield _named(priors, "pocket")
        yield f"{_named(priors, 'org/name')} (a diffusers pipeline)"
    if encoders:
        yield _named(encoders, "ViT-B-32/openai")


def _named(readers: list[Reader], name: str) -> str:
    return " ".join(f"{reader.key}={name}" for reader in dict.fromkeys(readers))


def _readings(config: Worded) -> Iterator[tuple[str, str, Reader]]:
    """The key of a prompt, the prompt, and who reads it."""
    for name, term in config.losses.items():
        yield from _expressions(config, name, term)
        for reader in _readers(config, name, term):
            for index, region in enumerate(getattr(term, "regions", [])):
                yield f"losses.{name}.regions.{index}.prompt", region.prompt, reader
            if Prompt not in _given(term):
                continue
            own = getattr(term, "prompt", None)
            yield (f"losses.{name}.prompt", own, reader) if own else ("prompt", config.prompt_words, reader)
            for key in ("source_prompt", "start"):
                text = getattr(term, key, "")
                if text:
                    same = getattr(config, "source_prompt", None) == text
                    yield "source_prompt" if same else f"losses.{name}.{key}", text, reader
    for key, prior in config.priors.items():
        yield "prompt", config.prompt_words, Reader("prior", prior, key)
        if source := getattr(config, "source_prompt", ""):
            yield "source_prompt", source, Reader("prior", prior, key)


def _expressions(config: Worded, name: str, term: Term) -> Iterator[tuple[str, str, Reader]]:
    """The words in expressions of a loss."""
    own = getattr(term, "encoder", None)
    reader = Reader("encoder", own or config.encoder, f"losses.{name}.encoder" if own else "encoder")
    for key, argument in arguments_of(LOSSES.find(term.loss)).items():
        if given_type(argument) is Expression:
            for phrase in Expression(getattr(term, key)).phrases:
                yield f"losses.{name}.{key}", phrase, reader


def _given(term: Term) -> list[type | None]:
    return [given_type(argument) for argument in arguments_of(LOSSES.find(term.loss)).values()]


def _readers(config: Worded, name: str, term: Term) -> list[Reader]:
    """Who reads the words of a loss; none where it has none."""
    kinds = _given(term)
    if Prompt not in kinds and RegionPrompt not in kinds:
        return []
    prior = getattr(term, "prior", None)
    if isinstance(prior, str):
        key = "prior" if getattr(config, "prior", None) == prior else f"losses.{name}.prior"
        return [Reader("prior", prior, key)]
    several = getattr(term, "encoders", None)
    if isinstance(several, list):
        named = [(one.encoder, f"losses.{name}.encoders.{index}.encoder") for index, one in enumerate(several)]
    elif AugmentedEncoder in kinds and isinstance(own := getattr(term, "encoder", None), str | None):
        named = [(own, f"losses.{name}.encoder")]
    else:
        return []
    return [Reader("encoder", own or config.encoder, key if own else "encoder") for own, key in named]
