import random

import numpy as np
import pytest
import torch

from guidance.views import VIEWS as VIEW_NAMES
from limn.colours import COLOURS
from training.world.captions import ANY, NOTHING, VIEWS, Captions, Fact, swapped
from training.world.compose import Composer, Mix, jigsaw
from training.world.models import model_sprites
from training.world.shapes import SHAPES, held_out
from training.world.sprites import Kind, Sprites, shape_sprites

SHAPES_ONLY = Mix(line=0, edges=0.1, shape=0.6, glyph=0, pair=0.4, recolour=0)


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return shape_sprites(scribbles=4)


def _drawn(sprites: Sprites, seed: int, mix: Mix = SHAPES_ONLY) -> tuple[torch.Tensor, torch.Tensor]:
    return Composer(sprites, 64).draw(32, torch.Generator().manual_seed(seed), mix)


def test_same_seed_same_pictures(sprites: Sprites) -> None:
    pictures, facts = _drawn(sprites, 1)
    again, same = _drawn(sprites, 1)
    other, _ = _drawn(sprites, 2)
    assert torch.equal(pictures, again) and torch.equal(facts, same)
    assert not torch.equal(pictures, other)
    assert pictures.shape == (32, 3, 64, 64) and pictures.min() >= 0 and pictures.max() <= 1


def test_one_in_seven_combinations_is_held_out(sprites: Sprites) -> None:
    kept = sum(held_out(shape, colour) for shape in SHAPES for colour in COLOURS)
    assert kept == len(SHAPES) * len(COLOURS) // 7
    for out in (False, True):
        mix = Mix(line=0, edges=0, shape=1, glyph=0, pair=0, held_out=out)
        _, facts = _drawn(sprites, 3, mix)
        shapes, colours = list(SHAPES), list(COLOURS)
        for row in facts.tolist():
            assert held_out(shapes[row[Fact.OBJECT]], colours[row[Fact.COLOUR]]) is out


def test_a_filled_shape_has_its_colour(sprites: Sprites) -> None:
    pictures, facts = _drawn(sprites, 4, Mix(line=0, edges=0, shape=1, glyph=0, pair=0))
    red = facts[:, Fact.COLOUR] == list(COLOURS).index("red")
    if red.any():
        strongest = (pictures[red, 0] - pictures[red, 1:].amax(1)).flatten(1).amax(1)
        assert (strongest > 0.3).all()


def test_scribbles_show_nothing(sprites: Sprites) -> None:
    _, facts = _drawn(sprites, 5, Mix(0, 0, 0, 0, 0, scribble=1.0))
    assert (facts[:, Fact.OBJECT] == NOTHING).all()
    assert (sprites.concept[sprites.kind == Kind.SCRIBBLE] == -1).all()


def test_own_caption_is_true_and_near_misses_are_not(sprites: Sprites) -> None:
    captions = Captions(sprites)
    _, facts = _drawn(sprites, 6)
    _, claims = captions.describe(facts, random.Random(0))
    assert captions.true_of(facts, claims).diagonal().all()
    pairs = facts[(facts[:, Fact.SECOND] >= 0) & (facts[:, Fact.OBJECT] != facts[:, Fact.SECOND])]
    _, misses = captions.describe(swapped(pairs), random.Random(0))
    assert not captions.true_of(pairs, misses).diagonal().any()


def test_models_are_seen_from_sides_that_captions_name(sprites: Sprites) -> None:
    seen = model_sprites(32)
    names = [name for name, _, _ in seen]
    assert len(set(names)) == 7 and all(names.count(name) == 16 for name in names)
    sides = {
        view: np.stack([picture for name, picture, at in seen if (name, at) == ("mug", view)]) for view in range(4)
    }
    assert tuple(views[0] for views in VIEWS) == VIEW_NAMES
    widths = {view: (pictures[:, 3] > 128).any(axis=1).sum(axis=1).max() for view, pictures in sides.items()}
    assert widths[0] > 18  # the handle is at the side
    assert (sides[3][:, :3, 16, 16] > 0).all()  # from above one looks into it
    shapes = shape_sprites(scribbles=0)
    mug = Sprites(
        torch.from_numpy(sides[3]),
        torch.zeros(4, dtype=torch.long),
        torch.zeros(4, dtype=torch.long),
        torch.full((4,), 3),
        ["mug", *shapes.names],
        [[]] * (1 + len(shapes.names)),
        [False] * (1 + len(shapes.names)),
    )
    _, facts = Composer(mug, 32).draw(8, torch.Generator().manual_seed(1), Mix(0, 0, 0, 0, 0))
    assert (facts[:, Fact.VIEW] == 3).all()
    captions = Captions(mug)
    texts = {text for seed in range(20) for text in captions.describe(facts[:1], random.Random(seed))[0]}
    assert {", from above" in text for text in texts} == {True, False}
    told, claims = captions.describe(facts.repeat(8, 1), random.Random(1))
    for text, claim in zip(told, claims.tolist(), strict=True):
        assert (claim[Fact.VIEW] == 3) == text.split(" on ")[0].endswith(VIEWS[3])
    front = facts.clone()
    front[:, Fact.VIEW] = 0
    assert torch.equal(captions.true_of(front, claims[:8]).diagonal(), claims[:8, Fact.VIEW] == ANY)


def test_a_caption_says_what_is_there(sprites: Sprites) -> None:
    captions = Captions(sprites)
    circle, square = list(SHAPES).index("circle"), list(SHAPES).index("square")
    red, blue = list(COLOURS).index("red"), list(COLOURS).index("blue")
    fact = torch.tensor([[circle, red, square, blue, 0, -2, 0, -2]])
    texts = {captions.describe(fact, random.Random(seed))[0][0] for seed in range(80)}
    assert "a red circle left of a blue square" in texts
    assert "a blue square to the right of a red circle" in texts
    changed = {captions.describe(swapped(fact), random.Random(seed))[0][0] for seed in range(80)}
    assert "a blue square left of a red circle" in changed and not changed & texts
    words = {word for text in texts for word in text.split()}
    assert words <= captions.words()


def test_claims_leave_open_what_they_do_not_say(sprites: Sprites) -> None:
    captions = Captions(sprites)
    facts = torch.tensor([[0, 3, ANY, ANY, ANY, -2, 0], [0, 4, ANY, ANY, ANY, -2, 1], [0, 4, 1, 2, 0, -2, 0]])
    claims = torch.tensor([[0, ANY, ANY, ANY, ANY, ANY, ANY], [0, 4, ANY, ANY, ANY, ANY, ANY]])
    assert captions.true_of(facts, claims).tolist() == [[True, False], [True, True], [False, False]]


def test_jigsaw_keeps_every_pixel() -> None:
    picture = torch.rand(2, 3, 8, 8)
    cut = jigsaw(picture, torch.Generator().manual_seed(0))
    assert not torch.equal(cut, picture)
    assert torch.equal(cut.flatten(2).sort(-1).values, picture.flatten(2).sort(-1).values)
