"""Teach the prior's memory what there is and which words name it."""

from __future__ import annotations

import random
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from guidance.pocket.prior.memory import HUES, SIDE, Memory
from guidance.pocket.prior.words import Words
from training.world.captions import ANY, COLOUR_NAMES, Captions, Fact
from training.world.compose import Composer, Mix
from training.world.sprites import Kind, Sprites

LOOKS = (Kind.COLOUR, Kind.FILLED, Kind.GLYPH)
"""Kinds of sprites that are kept, the first that a concept has."""

BATCH = 128  # captions in an update, beside as many bare names
RATE = 3e-3
TOLD = Mix(line=0.1, edges=0.0, shape=0.2, glyph=0.05, pair=0.4, recolour=0.2)
TOLD_GROUNDS = 0.6  # share of the backgrounds with a name that those captions tell
WHITE = COLOUR_NAMES.index("white")
QUESTIONS = (  # what stands alone, what is first (left, upper), what second: columns of claims
    (Fact.OBJECT, Fact.COLOUR),
    (Fact.OBJECT, Fact.COLOUR),
    (Fact.SECOND, Fact.SECOND_COLOUR),
)


def memory_of_world(sprites: Sprites, pooled: int) -> Memory:
    """One picture of every concept of the world; it knows no words before `learn`."""
    # The kinds are in the order in which they are wanted.
    usable = torch.isin(sprites.kind, torch.tensor(LOOKS, device=sprites.kind.device)).nonzero()[:, 0]
    usable = usable[sprites.kind[usable].argsort(stable=True)]
    chosen = usable[_first_of_each(sprites.concept[usable])]
    looks = sprites.pixels[chosen].float()
    looks[sprites.kind[chosen] != Kind.COLOUR, :3] *= 0.625  # grey, the lightest that takes on a colour whole
    small = F.interpolate(looks, size=SIDE, mode="bilinear", antialias=True)
    return Memory(small.round().byte(), pooled)


def learn(
    memory: Memory, words: Words, captions: Captions, composer: Composer, generator: Generator, updates: int
) -> float:
    """Teaches a memory which words name what: from captions, and as many bare names and empty texts.

    Args:
        memory: learns.
        words: texts to pooled embeddings.
        captions: of the world that the pictures are of.
        composer: for facts that occur together; its pictures are not used, so it may be small.
        generator: source of all choices.
        updates: of the questions.

    Returns:
        The share of right answers in the last batch.
    """
    count = len(captions.names)
    bare = torch.cat([words([*captions.names[k : k + BATCH], ""])[1] for k in range(0, count, BATCH)])
    named = torch.full((len(bare), len(Fact)), ANY)
    named[torch.arange(count) + torch.arange(count) // BATCH, Fact.OBJECT] = torch.arange(count)
    memory.requires_grad_(True)
    optimiser = torch.optim.AdamW(memory.parameters(), weight_decay=1e-4)
    right = torch.zeros(())
    for update in range(updates):
        optimiser.param_groups[0]["lr"] = RATE * (1 - update / updates)
        _, facts = composer.draw(BATCH, generator, TOLD)
        texts, claims = captions.describe(facts, random.Random(update), TOLD_GROUNDS)
        some = torch.randint(len(bare), (BATCH,), generator=generator)
        pooled = torch.cat([words(texts)[1], bare[some]])
        claims = torch.cat([claims, named[some]])
        answers = memory.things(pooled).unflatten(1, (3, -1))
        target = _targets(claims, captions.owners, len(memory.pictures))
        asked = target.sum(dim=-1) > 0
        loss = F.cross_entropy(answers[asked], target[asked])
        colours = claims[:, [colour for _, colour in QUESTIONS]]
        colours = torch.where(colours == ANY, HUES, colours)
        loss = loss + F.cross_entropy(memory.colours(pooled).unflatten(1, (3, -1))[asked], colours[asked])
        loss = loss + F.cross_entropy(memory.layout(pooled), claims[:, Fact.RELATION] + 1)
        ground = claims[:, Fact.GROUND]
        ground = torch.where((ground < 0) | (ground >= HUES), WHITE, ground)  # grain and gradients have no colour
        loss = loss + F.cross_entropy(memory.ground(pooled), ground)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        right = target[asked].gather(1, answers[asked].argmax(dim=1, keepdim=True)).gt(0.0).float().mean()
    memory.requires_grad_(False)
    return float(right)


def _targets(claims: Tensor, owners: Tensor, count: int) -> Tensor:
    """Probabilities of the right answers [N, 3, count + 1]; zero where a question makes no sense."""
    target = torch.zeros(len(claims), 3, count + 1, device=claims.device)
    pair = claims[:, Fact.SECOND] >= 0
    nothing = claims[:, Fact.OBJECT] == ANY
    target[nothing, 0, count] = 1.0
    for question, asked in enumerate((~pair & ~nothing, pair, pair)):
        column, _ = QUESTIONS[question]
        rows = asked.nonzero()[:, 0]
        for owner in owners[claims[rows, column]].unbind(dim=1):
            target[rows, question, owner] += 0.5
    return target


def first_looks(sprites: Sprites) -> Sprites:
    """The world with one picture for each concept and kind, scribbles aside: what a small memory can keep."""
    kept = _first_of_each(sprites.concept * len(Kind) + sprites.kind).sort().values
    fields = {name: getattr(sprites, name)[kept] for name in ("pixels", "concept", "kind", "view")}
    return replace(sprites, **fields)


def _first_of_each(key: Tensor) -> Tensor:
    """Where each value of a key [N] is found first, in the order of the values."""
    order = key.argsort(stable=True)
    return order[torch.cat([key.new_ones(1, dtype=torch.bool), key[order].diff() != 0])]
