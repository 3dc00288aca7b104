"""Vectors of facts, between pictures and captions."""

import copy
import math
import random

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from training.pocket.facts import FactVectors
from training.world.captions import ANY, NOTHING, Captions, Fact, swapped
from training.world.compose import Composer, Mix
from training.world.sprites import Sprites, shape_sprites

SCALE = torch.tensor(20.0)


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return shape_sprites(scribbles=2)


@pytest.fixture
def vectors(sprites: Sprites) -> FactVectors:
    torch.manual_seed(0)
    return FactVectors(len(sprites.names), 96)


def drawn(sprites: Sprites, pair: float) -> Tensor:
    mix = Mix(line=0, edges=0, shape=1 - pair, glyph=0, pair=pair)
    facts = Composer(sprites, 16).draw(48, torch.Generator().manual_seed(0), mix)[1]
    distinct = (facts[:, Fact.OBJECT] != facts[:, Fact.SECOND]) & (
        facts[:, Fact.COLOUR] != facts[:, Fact.SECOND_COLOUR]
    )
    return facts[distinct]


def seen(vectors: FactVectors, facts: Tensor) -> Tensor:
    """Embeddings that an image tower without limits would give."""
    image = torch.randn(len(facts), 96, requires_grad=True)
    optimiser = torch.optim.Adam([image], lr=0.1)
    for _ in range(80):
        loss, _ = vectors.classify(F.normalize(image, dim=-1), facts, SCALE)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    return F.normalize(image.detach(), dim=-1)


def test_a_picture_that_is_rightly_classified_is_nearest_to_its_caption(vectors: FactVectors, sprites: Sprites) -> None:
    facts = drawn(sprites, pair=0.5)
    captions = Captions(sprites)
    image = seen(vectors, facts)
    _, right = vectors.classify(image, facts, SCALE)
    assert all(share == 1 for share in right.values())
    _, claims = captions.describe(facts, random.Random(0))
    said = (claims >= 0).sum(1) >= 2
    told = vectors.tell(claims, captions.owners)
    best = (image @ told.T).argmax(1)[said]
    assert captions.true_of(facts, claims)[said].gather(1, best[:, None]).float().mean() > 0.9


def test_exchanged_places_make_another_caption(vectors: FactVectors, sprites: Sprites) -> None:
    facts = drawn(sprites, pair=1.0)
    captions = Captions(sprites)
    image = seen(vectors, facts)
    true, false = (
        vectors.tell(captions.describe(table, random.Random(0))[1], captions.owners)
        for table in (facts, swapped(facts))
    )
    assert ((image * true).sum(1) > (image * false).sum(1)).all()


def test_a_caption_is_the_sum_of_what_it_claims(vectors: FactVectors, sprites: Sprites) -> None:
    owners = Captions(sprites).owners
    claims = torch.full((3, len(Fact)), ANY)
    claims[0, Fact.OBJECT] = claims[2, Fact.OBJECT] = 3
    claims[1, Fact.COLOUR] = claims[2, Fact.COLOUR] = 5
    thing, colour, both = vectors.tell(claims, owners)
    shares = torch.linalg.lstsq(torch.stack([thing, colour]).T, both).solution
    torch.testing.assert_close(both, shares[0] * thing + shares[1] * colour)
    assert (shares > 0.5).all()


def test_what_all_answers_have_in_common_counts_for_nothing(vectors: FactVectors, sprites: Sprites) -> None:
    """Or captions that name a background would be nearest to every picture."""
    owners = Captions(sprites).owners
    claims = torch.full((20, len(Fact)), ANY)
    claims[:, Fact.GROUND] = torch.arange(20) % len(vectors.grounds)
    shift = F.normalize(vectors.grounds[0].detach(), dim=-1)
    before = vectors.tell(claims, owners)
    shifted = copy.deepcopy(vectors)
    with torch.no_grad():
        shifted.grounds.copy_(F.normalize(shifted.grounds, dim=-1) + 3.0 * shift)
    assert (F.normalize(shifted.grounds, dim=-1) @ shift).min() > 0.8
    assert (shifted.tell(claims, owners) @ shift).mean() < (before @ shift).mean() + 0.1


def test_a_picture_of_nothing_is_to_look_like_every_object_alike(vectors: FactVectors) -> None:
    facts = torch.full((1, len(Fact)), NOTHING)
    like_one = F.normalize(vectors.objects[:1], dim=-1)
    away = F.normalize(vectors.objects, dim=-1)
    _, _, basis = torch.linalg.svd(away)
    like_none = basis[-1:]  # at a right angle to all objects
    losses = [float(vectors.classify(image, facts, SCALE)[0].detach()) for image in (like_none, like_one)]
    assert losses[0] == pytest.approx(math.log(len(vectors.objects)), rel=1e-4) and losses[1] > losses[0] + 1
