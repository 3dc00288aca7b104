"""The prior's training on two squares: it learns, it hears the words, it goes on where it stopped."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Generator, Tensor

from guidance.distillation import Distillation
from guidance.encoders import load_encoder
from guidance.pocket.prior import PocketPipeline, as_prior
from guidance.prompt import Prompt
from limn.colours import COLOURS
from limn.frames import Frames
from limn.step import Step
from training.prior.evaluate import PriorEvaluation
from training.prior.recipes import RECIPES, Recipe, Stage
from training.prior.train import PriorTrainer, spread_levels
from training.world.captions import COLOUR_NAMES
from training.world.compose import Mix
from training.world.shapes import SHAPES
from training.world.sprites import Sprites, shape_sprites

SIDE = 8
STAGE = Stage(1.0, (8e-3, 5e-4), SIDE, pictures=8, looks=3, spread=0.0)
RECIPE = Recipe(2, (STAGE,), 30, Mix(line=0.0, edges=0.0, shape=1.0, glyph=0.0, pair=0.0, recolour=0.0))
SIZE = {"num_single_layers": 1, "num_attention_heads": 4, "attention_head_dim": 16}
UPDATES = 140


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return shape_sprites(scribbles=1)


def begun(sprites: Sprites, folder: Path) -> PriorTrainer:
    """A world of red and of blue squares, most of them on white."""
    trainer = PriorTrainer(sprites, folder, RECIPE, size=SIZE)
    square = list(SHAPES).index("square")
    pairs = [[square, COLOUR_NAMES.index(colour)] for colour in ("red", "blue")]
    trainer.composer.combinations[False] = torch.tensor(pairs)
    return trainer


@pytest.fixture(scope="module")
def trained(sprites: Sprites, tmp_path_factory: pytest.TempPathFactory) -> tuple[PocketPipeline, list[float]]:
    trainer = begun(sprites, tmp_path_factory.mktemp("prior"))
    losses = [float(trainer.update(STAGE, step / UPDATES)) for step in range(UPDATES)]
    return trainer.pipeline(), losses


def warmth(pictures: Tensor) -> Tensor:
    """Red less blue in the middle [N]."""
    middle = pictures[..., 2:-2, 2:-2].mean(dim=(-1, -2))
    return middle[:, 0] - middle[:, 2]


def test_learns(trained: tuple[PocketPipeline, list[float]]) -> None:
    _, losses = trained
    first, last = sum(losses[:10]) / 10, sum(losses[-10:]) / 10
    assert first > 1.2 and last < 0.5 * first


def test_half_precision_learns_the_same_on_every_processor(
    sprites: Sprites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = []
    for dtype in (torch.float32, torch.bfloat16):
        monkeypatch.setattr("training.prior.train.fast_dtype", lambda device, dtype=dtype: dtype)
        trainer = begun(sprites, tmp_path)
        losses.append(torch.stack([trainer.update(STAGE, 0.0) for _ in range(16)]))
    assert (losses[0] - losses[0][0]).abs().max() > 0.1
    torch.testing.assert_close(*losses, atol=0.01, rtol=0.0)


def test_draws_the_named_colour(trained: tuple[PocketPipeline, list[float]]) -> None:
    pipeline, _ = trained
    red, blue = (
        pipeline.draw([f"a {colour} square"] * 8, Generator().manual_seed(0), steps=8) for colour in ("red", "blue")
    )
    assert (warmth(red) > warmth(blue)).all()
    assert warmth(red).mean() > 0.2 and warmth(blue).mean() < -0.2


def test_distillation_leads_a_grey_picture_to_the_named_colour(trained: tuple[PocketPipeline, list[float]]) -> None:
    prior = as_prior(trained[0])
    for colour, sign in (("red", 1.0), ("blue", -1.0)):
        picture = torch.full((1, 1, 3, SIDE, SIDE), 0.5, requires_grad=True)
        loss = Distillation(
            Prompt.parse(f"a {colour} square"), prior=prior, variant="sds", guidance_scale=5.0, samples=16
        )
        loss(Frames(picture, torch.ones(1, 1, 1, SIDE, SIDE)), Step(0, 10)).sum().backward()
        assert picture.grad is not None
        assert sign * warmth(-picture.grad[0]) > 0


def test_goes_on_bitwise_where_it_stopped(sprites: Sprites, tmp_path: Path) -> None:
    trainer = begun(sprites, tmp_path)
    trainer.update(STAGE, 0.0)
    trainer.save()
    again = begun(sprites, tmp_path)
    assert (again.steps, again.seen) == (1, 24)
    assert torch.equal(trainer.update(STAGE, 0.5), again.update(STAGE, 0.5))
    for part in ("transformer", "words", "memory"):
        ours, theirs = (getattr(t.pipeline(), part).state_dict() for t in (trainer, again))
        assert all(torch.equal(value, theirs[key]) for key, value in ours.items())


def test_goes_on_with_the_words_that_it_began_with(sprites: Sprites, tmp_path: Path) -> None:
    """Even where pocket's embeddings have other widths since."""
    trainer = begun(sprites, tmp_path)
    trainer.save()
    with safe_open(trainer.path, framework="pt") as file:
        metadata = file.metadata()
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    wide = ("tower.text_projection", "text_embedder.linear_1.weight", "things.weight", "layout.weight")
    wide += ("colours.weight", "ground.weight")
    narrow = {key: value[:, :32].contiguous() if key.endswith(wide) else value for key, value in arrays.items()}
    metadata["words"] = json.dumps(json.loads(metadata["words"]) | {"output_dim": 32})
    save_file({k: v for k, v in narrow.items() if not k.startswith("optimiser.")}, trainer.path, metadata)
    again = begun(sprites, tmp_path)
    assert again.words.widths == (128, 32)
    assert again.update(STAGE, 0.0) > 0.0


def test_levels_are_spread_evenly_and_logit_normally() -> None:
    levels = spread_levels(4096, Generator().manual_seed(0))
    logits = (levels.logit() - 0.5) / 1.5
    assert abs(float(logits.mean())) < 0.01 and abs(float(logits.std()) - 1.0) < 0.02
    ranks = torch.special.ndtr(logits.sort().values) * 4096
    assert (ranks.floor()[1:-1] == torch.arange(4096)[1:-1]).float().mean() > 0.99


@pytest.mark.parametrize("device", RECIPES)
def test_recipes_draw_whole_batches(device: str) -> None:
    for stage in RECIPES[device].stages:
        assert stage.pictures % 4 == 0 and stage.size % 8 == 0 and stage.rate[0] > stage.rate[1]


def squares(texts: list[str], generator: Generator) -> Tensor:
    pictures = torch.full((len(texts), 3, 64, 64), 0.98)
    for picture, text in zip(pictures, texts, strict=True):
        colour = next(COLOURS[word] for word in text.split() if word in COLOURS)
        picture[:, 14:50, 14:50] = torch.tensor(colour)[:, None, None]
    return pictures


def liar(texts: list[str], generator: Generator) -> Tensor:
    return squares([text.replace("black", "yellow") for text in texts], generator)


def test_evaluation_counts_what_the_encoder_recognises() -> None:
    texts, encoder = ["a yellow square", "a black square", "a yellow square", "a yellow square"], load_encoder("pocket")
    assert PriorEvaluation(squares, encoder).recognised(texts, texts) == 100.0
    assert PriorEvaluation(liar, encoder).recognised(texts, texts) == 75.0
