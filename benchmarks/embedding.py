"""What the toolbox of guidance/embedding does on the shipped world.

Run by hand: ``python benchmarks/embedding.py [encoder]``; the encoder is ``pocket`` unless given. Pictures and captions
are the exemplars: drawn things, each in two sets, and shapes in colours. What is taught by one half of the things
(means, bases) is measured on the other half.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import Encoder, load_encoder
from guidance.distillation.exemplars.pictures import Collection, read_collection
from guidance.distillation.exemplars.tints import tint
from guidance.embedding.ideal_words import ideal_words
from guidance.embedding.modality import centred
from guidance.embedding.statistics import Statistics
from guidance.embedding.subspaces import factors_of, projected, without
from guidance.prompt import embed_phrases
from guidance.vgg import edges
from limn.colours import COLOURS
from training.world.shapes import SHAPES, held_out

SETS = 2
"""Pictures of each thing, one behind the other."""


THINGS, OBJECT_RANK = 200, 64
"""Things that teach subspaces, and as many that ask; directions of the objects' subspace."""


def main(name: str) -> None:
    """Prints every figure."""
    encoder, world = load_encoder(name, precision="float32"), read_collection("")
    things = [k for k in range(0, len(world.captions) - 1, SETS) if world.captions[k] == world.captions[k + 1]]
    taught, asked = things[::2], things[1::2]
    print(f"encoder {name}, {len(taught)} things teach, {len(asked)} are asked for")
    with torch.no_grad():
        retrieval(encoder, world, taught, asked)
        compositions(encoder, world)
        subspaces(encoder, world, taught, asked)


def retrieval(encoder: Encoder, world: Collection, taught: list[int], asked: list[int]) -> None:
    """Words find things among documents of which every second is a picture, the others are words (GR-CLIP)."""
    captions = [world.captions[k] for k in taught]
    statistics = Statistics.of(encoder, world.pictures[taught], captions)
    names = [world.captions[k] for k in asked]
    query = embed_phrases([f"a drawing of a {name}" for name in names], encoder)
    pictures, words = look(encoder, world.resized(64, asked)), embed_phrases(names, encoder)
    drawn = torch.arange(len(asked)) % 2 == 0
    print("\nretrieval among pictures and words: recall@1, recall@5; the same where the answer is a picture")
    for title, (q, p, w) in {
        "plain": (query, pictures, words),
        "centred": (
            centred(query, statistics.words.mean),
            centred(pictures, statistics.pictures.mean),
            centred(words, statistics.words.mean),
        ),
    }.items():
        documents = torch.where(drawn[:, None], p, w)
        scores = q @ documents.T
        rank = (scores >= scores.diagonal()[:, None]).sum(dim=1)
        print(f"  {title:8} {shares(rank, 1, 5)}   {shares(rank[drawn], 1, 5)}")


def compositions(encoder: Encoder, world: Collection) -> None:
    """Pictures of colours and shapes that were never seen together are named by ideal words."""
    place = {caption: k for k, caption in enumerate(world.captions)}
    colours = [colour for colour in COLOURS if f"{colour} circle" in place]
    seen = torch.tensor([[not held_out(shape, colour) for shape in SHAPES] for colour in colours])
    grid = list(product(colours, SHAPES))
    pictures = torch.stack([world.resized(64, [place[f"{c} {s}"]])[0] for c, s in grid])
    table = {
        "words": embed_phrases([f"a {c} {s}" for c, s in grid], encoder).view(*seen.shape, -1),
        "pictures": look(encoder, pictures).view(*seen.shape, -1),
    }
    asked = [k for k, (c, s) in enumerate(grid) if held_out(s, c)]
    other = torch.stack([world.resized(64, [place[f"{c} {s}"]])[0].flip(-1).roll(3, -1) for c, s in grid])[asked]
    views = look(encoder, other)
    print(f"\n{len(asked)} of {len(grid)} colours with shapes, never seen together, named among all: right")
    for title, rows in table.items():
        made = F.normalize(ideal_words(rows, seen).all_composed().flatten(0, 1), dim=-1)
        right = (views @ made.T).argmax(dim=1) == torch.tensor(asked)
        direct = (views @ rows.flatten(0, 1).T).argmax(dim=1) == torch.tensor(asked)
        print(f"  ideal {title:9} {right.float().mean():6.1%}   the {title} themselves {direct.float().mean():6.1%}")


def subspaces(encoder: Encoder, world: Collection, taught: list[int], asked: list[int]) -> None:
    """Whether a thing is found again in other styles, and whether its embedding can be moved to another style."""
    styles = styles_of(world, taught[:THINGS])
    factors = factors_of(torch.stack([look(encoder, style) for style in styles.values()], dim=1), OBJECT_RANK)
    table = torch.stack([look(encoder, style) for style in styles_of(world, asked[:THINGS]).values()], dim=1)
    count, number, _ = table.shape
    own = torch.arange(count)
    pairs = [(one, other) for one in range(number) for other in range(number) if one != other]
    kinds = {
        "embeddings as they are": table,
        "without the styles' means": table - factors.mean - factors.styles,
        "without the styles' subspace": without(table, factors.style_basis),
        "in the objects' subspace": projected(table - factors.mean, factors.object_basis),
    }
    print(f"\n{count} things in {number} styles ({', '.join(styles)})")
    for title, rows in kinds.items():
        unit = F.normalize(rows, dim=-1)
        right = [(unit[:, one] @ unit[:, other].T).argmax(dim=1) == own for one, other in pairs]
        print(f"  the same thing in another style, {title:29} {torch.stack(right).float().mean():6.1%}")
    ways = {
        "by its part in the styles' subspace": lambda rows, one, other: factors.restyled(rows, other),
        "by the difference of the styles' means": lambda rows, one, other: (
            rows + factors.styles[other] - factors.styles[one]
        ),
    }
    for title, way in ways.items():
        right = [nearest(way(table[:, one], one, other), table, one) == own * number + other for one, other in pairs]
        print(f"  moved to another style {title}: {torch.stack(right).float().mean():6.1%}")


def nearest(made: Tensor, table: Tensor, start: int) -> Tensor:
    """The number of the nearest of all pictures, but for that which each began with."""
    number = table.shape[1]
    scores = F.normalize(made, dim=-1) @ table.flatten(0, 1).T
    begun = torch.arange(len(made)) * number + start
    return scores.scatter(1, begun[:, None], -2.0).argmax(dim=1)


def styles_of(world: Collection, things: list[int]) -> dict[str, Tensor]:
    """Pictures of things in styles, each [K, 3, 64, 64]."""
    first = world.resized(64, things)
    grey = first.mean(dim=1, keepdim=True).expand_as(first)
    ink = 1.0 - torch.cat([edges(part) for part in torch.split(world.resized(128, things), 20)])
    return {
        "set 1": first,
        "set 2": world.resized(64, [k + 1 for k in things]),
        "grey": grey,
        "blue": tint(first, "blue").clamp(0, 1),
        "lines": F.interpolate(ink.expand(-1, 3, -1, -1), (64, 64), mode="area"),
        "silhouette": (first.amin(dim=1, keepdim=True) > 0.9).float().expand_as(first),
    }


def look(encoder: Encoder, pictures: Tensor) -> Tensor:
    """Embeddings of length 1."""
    return F.normalize(torch.cat([encoder(part).embedding for part in torch.split(pictures, 64)]), dim=-1)


def shares(rank: Tensor, *most: int) -> str:
    """How many ranks are so low."""
    return " ".join(f"{(rank <= number).float().mean():6.1%}" for number in most)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["pocket"]))
