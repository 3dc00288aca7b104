"""Facts about a picture, captions that tell some of them, and which caption is true of which picture."""

from __future__ import annotations

import random
from enum import IntEnum

import torch
from torch import Tensor

from limn.colours import COLOURS
from training.world.sprites import Sprites

COLOUR_NAMES = list(COLOURS)
GRADIENT, NOISY = len(COLOURS), len(COLOURS) + 1

# Values of a fact beside its indices.
ANY = -1  # in a claim: not said; in a fact: there is none (no second object)
UNNAMED = -2  # there is one, but no caption names it (a style's own colours, a pastel background)
NOTHING = -3  # the picture shows nothing that has a name


class Fact(IntEnum):
    """Columns of a table of facts or claims."""

    OBJECT = 0
    COLOUR = 1
    SECOND = 2
    SECOND_COLOUR = 3
    RELATION = 4  # 0: the object is left of the second, 1: above it
    GROUND = 5  # colour index, GRADIENT or NOISY
    MEDIUM = 6  # 0: in colour, 1: a line drawing
    VIEW = 7  # of a solid object: index into VIEWS


COLOUR_TEMPLATES = (
    "{}",
    "{}",
    "{}",
    "a picture of {}",
    "a drawing of {}",
    "an emoji of {}",
    "an icon of {}",
    "a photo of {}",
    "a painting of {}",
    "an image of {}",
)
LINE_TEMPLATES = (
    "{}",
    "{}",
    "a drawing of {}",
    "a picture of {}",
    "a sketch of {}",
    "a line drawing of {}",
    "a pencil sketch of {}",
    "a black and white drawing of {}",
    "an ink drawing of {}",
)
LINE_ONLY = frozenset(LINE_TEMPLATES[4:])
RELATIONS = (("left of", "to the left of", "next to and left of"), ("above", "over", "on top of"))
VIEWS = (  # in the order of guidance.views.VIEWS
    ("front view", "from the front"),
    ("side view", "from the side"),
    ("back view", "from behind"),
    ("overhead view", "from above"),
)
INVERSE_RELATIONS = (("right of", "to the right of", "next to and right of"), ("below", "under", "beneath"))


class Captions:
    """Writes captions of the world's pictures.

    Args:
        sprites: names and keywords come from here.
    """

    def __init__(self, sprites: Sprites) -> None:
        self.names = sprites.names
        keyword_owners: dict[str, list[int]] = {}
        for index, words in enumerate(sprites.keywords):
            for word in words:
                keyword_owners.setdefault(word, []).append(index)
        self.keyword_ids = {word: len(self.names) + k for k, word in enumerate(keyword_owners)}
        self.keywords = sprites.keywords
        owners = [[i, i] for i in range(len(self.names))] + [[o[0], o[-1]] for o in keyword_owners.values()]
        self.owners = torch.tensor(owners)

    def words(self) -> set[str]:
        """Every word that a caption may use."""
        texts = [*self.names, *self.keyword_ids, *COLOUR_NAMES, "gray", "a an the on background gradient noisy plain"]
        texts += [*COLOUR_TEMPLATES, *LINE_TEMPLATES, *sum(RELATIONS + INVERSE_RELATIONS + VIEWS, ())]
        return {word for text in texts for word in text.replace("{}", " ").split()}

    def describe(self, facts: Tensor, rng: random.Random, grounds: float = 0.3) -> tuple[list[str], Tensor]:
        """Write one caption for each picture.

        Args:
            facts: int64 [N, 8], columns as ``Fact``; no row may be ``NOTHING``.
            rng: source of all choices.
            grounds: share of the backgrounds with a name that are told.

        Returns:
            N captions and the int64 [N, 8] claims they make, ``ANY`` where nothing is said.
        """
        captions, claims = [], []
        for row in facts.tolist():
            caption, claim = self._describe(row, rng, grounds)
            captions.append(caption)
            claims.append(claim)
        return captions, torch.tensor(claims).reshape(-1, len(Fact))

    def true_of(self, facts: Tensor, claims: Tensor) -> Tensor:
        """Which claims hold in which pictures.

        Args:
            facts: int64 [N, 8].
            claims: int64 [M, 8].

        Returns:
            bool [N, M].
        """
        holds = facts[:, None] == claims[None]
        holds |= claims[None] == ANY
        for column in (Fact.OBJECT, Fact.SECOND):
            said = claims[:, column]
            shown = facts[:, column, None]
            owned = (shown[..., None] == self.owners[said.clamp(min=0)][None]).any(-1)
            holds[..., column] = torch.where(said >= 0, owned, shown == ANY)
        return holds.all(-1)

    def _noun(self, index: int, colour: int, rng: random.Random, bare: bool) -> tuple[str, int, int]:
        """A noun phrase and what it claims: object (or keyword) and colour."""
        name, claimed = self.names[index], index
        if self.keywords[index] and rng.random() < 0.15:
            name = rng.choice(self.keywords[index])
            claimed = self.keyword_ids[name]
        said = colour >= 0 and rng.random() < 0.8
        if said:
            word = COLOUR_NAMES[colour]
            name = f"{'gray' if word == 'grey' and rng.random() < 0.5 else word} {name}"
        if not bare:
            one = name.startswith(("letter", "digit")) and not said
            name = f"the {name}" if one else with_article(name)
        return name, claimed, colour if said else ANY

    def _describe(self, fact: list[int], rng: random.Random, grounds: float) -> tuple[str, list[int]]:
        claim = [ANY] * len(Fact)
        pair = fact[Fact.SECOND] >= 0
        template = rng.choice(LINE_TEMPLATES if fact[Fact.MEDIUM] else COLOUR_TEMPLATES)
        bare = template == "{}" and not pair and rng.random() < 0.5
        text, claim[Fact.OBJECT], claim[Fact.COLOUR] = self._noun(fact[Fact.OBJECT], fact[Fact.COLOUR], rng, bare)
        if pair:
            second, *claim[Fact.SECOND : Fact.RELATION] = self._noun(
                fact[Fact.SECOND], fact[Fact.SECOND_COLOUR], rng, bare
            )
            relation = claim[Fact.RELATION] = fact[Fact.RELATION]
            if rng.random() < 0.5:
                text = f"{text} {rng.choice(RELATIONS[relation])} {second}"
            else:
                text = f"{second} {rng.choice(INVERSE_RELATIONS[relation])} {text}"
        if template in LINE_ONLY:
            claim[Fact.MEDIUM] = 1
        text = template.format(text)
        if fact[Fact.VIEW] >= 0 and rng.random() < 0.5:
            claim[Fact.VIEW] = fact[Fact.VIEW]
            text += f", {rng.choice(VIEWS[fact[Fact.VIEW]])}"
        ground = fact[Fact.GROUND]
        if ground >= 0 and rng.random() < grounds:
            claim[Fact.GROUND] = ground
            word = (*COLOUR_NAMES, "gradient", "noisy")[ground]
            text += f" on {'an' if word == 'orange' else 'a'} {word} background"
        return text, claim


def with_article(noun: str) -> str:
    """A noun behind "a" or "an", by its first letter."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def swapped(facts: Tensor) -> Tensor:
    """Facts of the pictures in which the two objects have changed places.

    Args:
        facts: int64 [N, 8] of pictures with two objects.
    """
    both = {Fact.OBJECT: Fact.SECOND, Fact.COLOUR: Fact.SECOND_COLOUR}
    both |= {second: first for first, second in both.items()}
    return facts[:, [both.get(column, column) for column in Fact]]
