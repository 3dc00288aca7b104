"""The shipped prior: what it draws is what the words say, and score distillation by it brings that about."""

import pytest
import torch
import torch.nn.functional as F
from torch import Generator

from guidance import load_encoder
from guidance.distillation import Distillation, load_prior
from guidance.pocket import concepts
from guidance.pocket.prior import PocketPipeline, load_pipeline
from guidance.pocket.prior.memory import SIDE
from guidance.prompt import Prompt, embed_phrases
from limn.colours import COLOURS
from limn.frames import Frames
from limn.step import Step
from training.prior.evaluate import PriorEvaluation
from training.world.captions import with_article
from training.world.shapes import SHAPES

NAMES = ["frog", "sailboat", "teapot", "butterfly", "rose", "bicycle", "pineapple", "robot", "umbrella", "owl"]


@pytest.fixture(scope="module")
def pipeline() -> PocketPipeline:
    return load_pipeline()


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("a square", (0.625, 0.625, 0.625), COLOURS["white"]),  # grey: any colour
        ("a red square", COLOURS["red"], COLOURS["white"]),
        ("a green square on a blue background", COLOURS["green"], COLOURS["blue"]),
        ("a pink square on a brown background", COLOURS["pink"], COLOURS["brown"]),
    ],
)
def test_things_and_backgrounds_are_remembered_in_the_colours_that_are_told(
    pipeline: PocketPipeline, text: str, inside: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    collage = pipeline.memory(pipeline.words([text])[1])[0, :3]
    torch.testing.assert_close(collage[:, SIDE // 2, SIDE // 2], torch.tensor(inside), atol=0.1, rtol=0.0)
    torch.testing.assert_close(collage[:, 0, 0], torch.tensor(outside), atol=0.1, rtol=0.0)


@torch.no_grad()
def test_the_judge_names_what_it_draws(pipeline: PocketPipeline) -> None:
    judge, world = load_encoder("pocket-judge"), concepts("pocket-judge")
    pictures = pipeline.draw(NAMES, Generator().manual_seed(0), steps=16)
    seen = F.normalize(judge(pictures).embedding, dim=-1) @ embed_phrases(world, judge).T
    right = sum(world[best] == name for best, name in zip(seen.argmax(dim=1).tolist(), NAMES, strict=True))
    assert right >= 5  # chance is one in a thousand


def test_the_judge_sees_shapes_in_the_colours_that_were_asked_for(pipeline: PocketPipeline) -> None:
    """Of 20 shapes in colours it is to find more than half; by chance it would find one in 168."""
    coloured = [with_article(f"{colour} {shape}") for colour in COLOURS for shape in SHAPES]
    evaluation = PriorEvaluation(
        lambda texts, generator: pipeline.draw(texts, generator, steps=16), load_encoder("pocket-judge")
    )
    assert evaluation.recognised(coloured[::9][:20], coloured) >= 50.0


def test_a_judgement_tells_what_was_asked_from_other_things_and_from_nothing(pipeline: PocketPipeline) -> None:
    """A flat picture, whose noise is the easiest to tell, is no frog."""
    drawn = pipeline.draw(["frog", "taco"], Generator().manual_seed(0), steps=16)
    pictures = torch.cat([drawn, torch.full((1, 3, 32, 32), 0.5)])[:, None]
    loss = Distillation(Prompt.parse("a frog"), prior=load_prior("pocket"))
    frog, taco, flat = loss(Frames(pictures, torch.ones(3, 1, 1, 32, 32)), Step(0, 1, training=False))
    assert frog < taco and frog < flat


def test_distillation_by_it_paints_pixels(pipeline: PocketPipeline) -> None:
    """Free pixels, pulled for 40 steps, are green in the middle."""
    pixels = torch.full((1, 1, 3, 32, 32), 0.5, requires_grad=True)
    loss = Distillation(Prompt.parse("a green circle"), prior=load_prior("pocket"), samples=2)
    optimiser = torch.optim.Adam([pixels], lr=0.05)
    for step in range(40):
        optimiser.zero_grad()
        loss(Frames(pixels, torch.ones(1, 1, 1, 32, 32)), Step(step, 40)).sum().backward()
        optimiser.step()
    red, green, blue = pixels.detach()[0, 0, :, 12:20, 12:20].mean(dim=(1, 2))
    assert green > red + 0.2 and green > blue + 0.2
