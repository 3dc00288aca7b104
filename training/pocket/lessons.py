"""What the towers learn from: pictures with their facts, and texts with their claims."""

from __future__ import annotations

import random
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from training.pocket.recipes import Stage
from training.pocket.tokens import Compactor
from training.world.captions import ANY, NOTHING, Captions, Fact
from training.world.compose import Composer, Mix, jigsaw

MIXES = {
    "names": Mix(line=0.25, edges=0.06, shape=0.1, glyph=0.05, pair=0.0, recolour=0.05),
    "facts": Mix(line=0.24, edges=0.06, shape=0.12, glyph=0.04, pair=0.1, recolour=0.1),
    "words": Mix(shape=0.2, glyph=0.05, pair=0.45, recolour=0.25),
}
SCRIBBLES = Mix(line=0, edges=0, shape=0, glyph=0, pair=0, scribble=1)


class Pictures(NamedTuple):
    """Pictures [N + M, 3, H, W] in 0..1 and their facts, int64 [N + M, 8]; the last M show nothing."""

    pixels: Tensor
    facts: Tensor
    shown: int


class Texts(NamedTuple):
    """Texts as row numbers of the token embedding, and what they claim, int64 [N, 8].

    The texts are sorted by length and come in groups [N / 4, L], each as long as its longest text.
    """

    rows: list[Tensor]
    claims: Tensor


def draw_pictures(composer: Composer, stage: Stage, progress: float, generator: Generator) -> Pictures:
    """A batch of pictures.

    Args:
        composer: draws them.
        stage: for the sorts and the numbers of pictures and how much they vary.
        progress: share of the stage that is over.
        generator: source of all choices.
    """
    spread = stage.spread[0] + (stage.spread[1] - stage.spread[0]) * min(1.0, progress / 0.6)
    # Small chunks stay in the processor's cache: three times as fast.
    drawn = [composer.draw(32, generator, MIXES[stage.learns], spread) for _ in range(stage.batch // 32)]
    if stage.nothing:
        scribbles, none = composer.draw(stage.nothing // 2, generator, SCRIBBLES)
        cut = jigsaw(drawn[0][0][: stage.nothing // 2], generator)
        drawn += [(scribbles, none), (cut, torch.full_like(none, NOTHING))]
    pixels, facts = (torch.cat(parts) for parts in zip(*drawn, strict=True))
    # Noise of many strengths smooths the function, which aligns its gradients with what one sees.
    sigma = (torch.randn(len(pixels), 1, 1, 1, generator=generator) * stage.noise).abs()
    sigma[torch.rand(len(sigma), generator=generator) < 0.4] = 0
    return Pictures(pixels + sigma * torch.randn(pixels.shape, generator=generator), facts, stage.batch)


def draw_texts(composer: Composer, captions: Captions, compact: Compactor, count: int, generator: Generator) -> Texts:
    """A batch of texts, half of them bare names.

    Args:
        composer: for facts that occur together; its pictures are not used, so it may be small.
        captions: writes captions.
        compact: texts -> row numbers.
        count: number of texts, a multiple of 4.
        generator: source of all choices.
    """
    _, facts = composer.draw(count // 2, generator, MIXES["words"])
    rng = random.Random(int(torch.randint(1 << 62, (), generator=generator)))
    texts, claims = captions.describe(facts, rng)
    bare = torch.full((count - len(texts), len(Fact)), ANY)
    bare[:, Fact.OBJECT] = torch.randint(len(captions.names), (len(bare),), generator=generator)
    texts += [captions.names[index] for index in bare[:, Fact.OBJECT].tolist()]
    rows, claims = compact(texts), torch.cat([claims, bare])
    order = rows.argmax(1).argsort()
    groups = [group[:, : int(group.argmax(1).max()) + 1] for group in rows[order].chunk(4)]
    return Texts(groups, claims[order])
