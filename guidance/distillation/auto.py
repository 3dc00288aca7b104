"""auto: which of the priors that come with Limn suits some words."""

from __future__ import annotations

import re

from guidance.distillation.exemplars.pictures import captions_at
from guidance.prompt import Prompt
from guidance.relations import RELATION, phrased
from guidance.vocabulary import vocabulary_of_prior
from guidance.words import stem, things_of, words_of
from limn.cache import cached

AUTO = "auto"


def choose(*prompts: str) -> tuple[str, str]:
    """The prior that knows what some prompts are about.

    Exemplars show one thing, finely. The learned prior ``pocket`` knows one look of the same things, and how two of
    them lie, each in its colour, on a background.

    Args:
        prompts: as `Prompt.parse` takes them; one prior is to show them all.

    Returns:
        Its name, and why, in words that follow "as".

    Raises:
        InputError: see `Prompt.parse`.
    """
    texts = [phrase.text for prompt in prompts for phrase in Prompt.parse(prompt).phrases if phrase.weight > 0]
    several = [text for text in texts if not _one_picture(text)]
    for text in several:
        if found := RELATION.search(phrased(text)):
            return "pocket", f"{text!r} is about two things, one {found[0]} the other"
        if re.search(r"\bbackground\b", text, re.IGNORECASE):
            return "pocket", f"{text!r} has a background"
    exemplars, pocket = (vocabulary_of_prior(name) for name in ("exemplars", "pocket"))
    assert exemplars is not None and pocket is not None
    unknown = [word for text in texts for word in exemplars.unknown(text)]
    if unknown and not any(pocket.unknown(text) for text in texts):
        return "pocket", f"exemplars have no {unknown[0]!r}"
    if several:
        return "exemplars", f"{several[0]!r} has no background, and no two things of which it says how they lie"
    return (
        "exemplars",
        f"{' and '.join(map(repr, texts))} {'is one thing' if len(texts) == 1 else 'are one thing each'}",
    )


def _one_picture(text: str) -> bool:
    """Whether one picture shows all that a text says, but for a colour."""
    things = things_of(text)
    if len({colour for thing in things for colour in thing.colours}) > 1:
        return False
    asked = {stem(word) for thing in things for word in thing.words}
    return any(asked <= said for said in _said())


@cached(1)
def _said() -> list[frozenset[str]]:
    """The words of the caption and of the other names of every exemplar."""
    captions, keywords = captions_at("")
    named = [" ".join([caption, *others]) for caption, others in zip(captions, keywords, strict=True)]
    return list(dict.fromkeys(frozenset(map(stem, words_of(text))) for text in named))
