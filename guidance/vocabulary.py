"""Vocabulary: the words that a prior or an encoder knows, as far as that is known, without loading it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from guidance.distillation.exemplars.models import ModelLibraries
from guidance.distillation.exemplars.pictures import captions_at
from guidance.pocket.load import NAMES, known_words
from guidance.words import FILLERS, stem, words_of
from limn.cache import cached
from limn.colours import COLOURS


class Vocabulary:
    """The words that a prior or an encoder knows.

    Args:
        texts: words, or texts that are made of them.
        plurals: whether a word stands for its singular and its plural.
        makes: tells a text that is known as a whole.
    """

    def __init__(
        self, texts: Iterable[str], plurals: bool = False, makes: Callable[[str], bool] = lambda text: False
    ) -> None:
        self._key: Callable[[str], str] = stem if plurals else str
        words = [word for text in texts for word in words_of(text)]
        self._words = {self._key(word): word for word in words}
        self._makes = makes

    def unknown(self, text: str) -> list[str]:
        """The words of a text that are not known, in their order; symbols are words, too, where there are no others."""
        if self._makes(text):
            return []
        words = words_of(text) or tuple(text.split())
        return [word for word in dict.fromkeys(words) if not (word in FILLERS or self._key(word) in self._words)]

    def nearest(self, word: str, cutoff: float = 0.8) -> str | None:
        """The known word that is written most alike; None where none is."""
        near = difflib.get_close_matches(self._key(word), self._words, n=1, cutoff=cutoff)
        return self._words[near[0]] if near else None


def vocabulary_of_encoder(name: str) -> Vocabulary | None:
    """What an encoder knows, None where that is not known."""
    return _of_pocket(name) if name in NAMES else None


def vocabulary_of_prior(name: str, models: ModelLibraries | None = None) -> Vocabulary | None:
    """What a prior knows, None where that is not known.

    Args:
        name: of it, as `load_prior` takes it.
        models: opens libraries of models, for ``exemplars:<place>`` where that is one.

    Raises:
        InputError: exemplars that cannot be read.
    """
    entry, _, place = name.partition(":")
    if name == "pocket":
        return _of_pocket(name)
    if entry != "exemplars":
        return None
    library = models.open(place) if models is not None and place else None
    if library is not None:
        return Vocabulary([*library.captions, *COLOURS], plurals=True, makes=library.makes)
    return _of_pictures(place) if place else _of_world()


@cached(2)
def _of_pocket(name: str) -> Vocabulary:
    return Vocabulary(known_words(name))


@cached(1)
def _of_world() -> Vocabulary:
    return _of_pictures("")


def _of_pictures(place: str) -> Vocabulary:
    captions, keywords = captions_at(place)
    return Vocabulary([*captions, *(name for names in keywords for name in names), *COLOURS], plurals=True)
