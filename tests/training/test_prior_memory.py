"""The prior's memory: it learns which words name what, and lays pictures out as the words say."""

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor

from guidance.pocket.prior.memory import SIDE, Memory
from guidance.pocket.prior.words import Words
from limn.colours import COLOURS
from training.prior.memory import first_looks, learn, memory_of_world
from training.prior.words import words_of_pocket
from training.world.captions import Captions
from training.world.compose import Composer
from training.world.shapes import SHAPES
from training.world.sprites import Kind, Sprites, shape_sprites


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return shape_sprites(scribbles=2)


@pytest.fixture(scope="module")
def words() -> Words:
    return words_of_pocket()


@pytest.fixture(scope="module")
def taught(sprites: Sprites, words: Words) -> Memory:
    memory = memory_of_world(sprites, words.widths[1])
    assert learn(memory, words, Captions(sprites), Composer(sprites, 16), Generator().manual_seed(0), 100) > 0.9
    return memory


def look(memory: Memory, shape: str) -> Tensor:
    return memory.pictures[list(SHAPES).index(shape)].float() / 255.0


def test_a_look_of_each_concept_is_kept(sprites: Sprites) -> None:
    memory = memory_of_world(sprites, 4)
    assert memory.pictures.shape == (len(SHAPES), 4, SIDE, SIDE)
    square = look(memory, "square")
    assert square[3, 8:24, 8:24].min() == 1.0
    torch.testing.assert_close(square[:3, 16, 16], torch.full((3,), 0.625), atol=0.01, rtol=0.0)  # grey: to be tinted


@pytest.mark.parametrize("text", ["circle", "a red circle", "a photo of a circle on a blue background"])
def test_what_is_named_is_remembered(taught: Memory, words: Words, text: str) -> None:
    assert (taught(words([text])[1])[0, 3] - look(taught, "circle")[3]).abs().mean() < 0.05


def test_nothing_but_white_is_remembered_of_no_words(taught: Memory, words: Words) -> None:
    collage = taught(words([""])[1])[0]
    assert collage[3].mean() < 0.05
    assert collage[:3].mean() > 0.85


def test_each_of_two_things_has_the_colour_that_is_told(taught: Memory, words: Words) -> None:
    """Of twelve colours more than a third is learned in so little time, on either side; by chance it were one."""
    colours = list(COLOURS)
    asked = [colours, colours[5:] + colours[:5]]
    texts = [f"a {left} square left of a {right} square" for left, right in zip(*asked, strict=True)]
    middle = taught(words(texts)[1])[:, :3, SIDE // 2]
    for place, told in zip((SIDE // 4, SIDE * 3 // 4), asked, strict=True):
        nearest = torch.cdist(middle[:, :, place], taught.palette).argmin(dim=1)
        assert sum(colours[k] == colour for k, colour in zip(nearest.tolist(), told, strict=True)) > 4


@pytest.mark.parametrize(
    ("text", "first", "second", "axis"),
    [
        ("a red circle left of a blue square", "circle", "square", 1),
        ("a blue square right of a red circle", "circle", "square", 1),
        ("a green square above a black circle", "square", "circle", 0),
        ("a green circle below a black square", "square", "circle", 0),
    ],
)
def test_two_things_stand_as_the_words_say(
    taught: Memory, words: Words, text: str, first: str, second: str, axis: int
) -> None:
    """A square covers more of its box than a circle."""
    alpha = taught(words([text])[1])[0, 3]
    halves = alpha.chunk(2, dim=axis)
    covered = {"circle": look(taught, "circle")[3].mean() * 0.19, "square": look(taught, "square")[3].mean() * 0.19}
    for half, shape in zip(halves, (first, second), strict=True):
        assert abs(float(half.sum()) / SIDE**2 - float(covered[shape])) < 0.025
    assert alpha.narrow(1 - axis, 0, SIDE // 5).mean() < 0.02  # nothing above and below, or left and right


def test_files_bring_it_back(taught: Memory, words: Words, tmp_path: Path) -> None:
    taught.save(tmp_path)
    pooled = words(["a star", "a heart above a cross"])[1]
    torch.testing.assert_close(Memory.load(tmp_path)(pooled), taught(pooled), atol=0.01, rtol=0.0)


def test_first_looks_are_one_of_each_concept_and_kind(sprites: Sprites) -> None:
    few = first_looks(sprites)
    pairs = list(zip(few.concept.tolist(), few.kind.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs) == 2 * len(SHAPES) + 1
    assert pairs.count((-1, Kind.SCRIBBLE)) == 1
    assert torch.equal(few.pixels[0], sprites.pixels[0])
