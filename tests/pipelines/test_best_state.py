"""Which state is the result: that of the least loss, that which the encoder finds most similar, or the last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from pixels import Near, Pixels
from test_optimise import Keeper
from torch import Tensor

import limn.cache
from guidance import Loss, Objective, Prompt
from guidance.encoders import Encoder, load_encoder
from guidance.encoders.loading import ENCODERS
from limn.errors import InputError
from limn.frames import Frames
from limn.schedule import Schedule
from limn.step import Step
from pipelines import Callback, Settings, build, execute, export, read_config, run
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise
from pipelines.runs.judges import judge_of, similarity

TARGET = torch.linspace(0, 1, 8).expand(1, 3, 8, 8).clone()
FLEES = {"colours": Schedule.model_validate({"from": 0.05, "to": 5.0, "start": 0.5, "end": 0.6})}


def population(size: int = 2) -> Pixels:
    return Pixels(torch.rand(size, 3, 8, 8, generator=torch.Generator().manual_seed(1)))


def near(target: Tensor = TARGET, **arguments: Any) -> Objective:
    return Objective({"near": Near(target, **arguments)})


@pytest.mark.parametrize("every", [4, 7])
def test_the_last_state_is_the_result_though_an_earlier_one_was_better(every: int) -> None:
    keeper, renderer = Keeper(), population()
    result = optimise(renderer, near(), Settings(40, 0, FLEES, every, last=True), [keeper])
    assert torch.equal(renderer.colours, keeper.colours[-1])
    at_end = near()(renderer.render(), Step(39, 40, training=False)).total()
    assert torch.equal(result.eval_losses, at_end)
    best = optimise(population(), near(), Settings(40, 0, FLEES, every))
    assert (best.eval_losses < at_end).all()


def test_a_judge_chooses_the_state_and_the_candidate() -> None:
    keeper, renderer = Keeper(), population()
    dark = near(torch.zeros_like(TARGET))
    result = optimise(renderer, near(), Settings(30, 0, {"bias": 0.0}, 1), [keeper], judge=dark)
    states = torch.stack([state.square().flatten(1).mean(dim=1) for state in [population().colours, *keeper.colours]])
    torch.testing.assert_close(result.eval_losses, states.amin(dim=0))
    assert result.candidate == int(states.amin(dim=0).argmin())


def test_a_last_state_that_is_no_number_gives_way_to_the_one_evaluated_before() -> None:
    class Poison(Callback):
        def step(self, loop: Loop) -> None:
            if loop.index == 18:
                loop.renderer.colours.data[0, 0, 0, 0] = torch.nan

    keeper, renderer = Keeper(), population()
    result = optimise(renderer, near(), Settings(20, eval_every=4, last=True), [keeper, Poison()])
    assert torch.equal(renderer.colours[0], keeper.colours[15][0])  # evaluated before step 16
    assert torch.equal(renderer.colours[1], keeper.colours[19][1])
    assert result.eval_losses.isfinite().all()


def test_what_no_picture_shows_is_looked_at_too() -> None:
    """A number that is none, in a corner that only a later step looks at, is not taken for good on the way."""

    class Hidden(Loss):
        def forward(self, frames: Frames, step: Step) -> Tensor:
            seen = frames.rgb if step.index > 12 else frames.rgb[..., 1:]
            return (seen - 0.5).square().flatten(1).mean(dim=1)

    class Poison(Callback):
        def step(self, loop: Loop) -> None:
            if loop.index == 3:
                loop.renderer.colours.data[0, 0, 0, 0] = torch.nan

    renderer = population()
    result = optimise(renderer, Objective({"hidden": Hidden()}), Settings(40, eval_every=2), [Poison()])
    assert renderer.colours.isfinite().all()
    assert result.skipped == [10, 0]
    assert result.eval_losses.max() < 0.01


@ENCODERS.register("watched")
def watched(place: str) -> Encoder:
    """Pocket, while there is a file."""
    Path(place).stat()
    return load_encoder("pocket", precision="float32")


def pictured(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return {
        "recipe": "imagine",
        "prompt": "a red apple",
        "output": str(tmp_path / "outputs"),
        "name": "apple",
        "import_from": [str(Path(__file__).parent)],
        "size": 32,
        "steps": 12,
        "eval_every": 3,
        "num_augs": 1,
        "precision": "float32",
        "best_of": 2,
        "video": {"formats": []},
        "losses": {"grey": {"loss": "panorama:Grey"}},
    } | changes


def test_the_encoder_chooses_the_state_most_similar_to_the_prompt(tmp_path: Path) -> None:
    result = run(pictured(tmp_path, best="clip"))
    assert result.folder is not None
    lines = [line for line in read_metrics(result.folder / "metrics.jsonl") if "eval_loss" in line]
    assert [line["step"] for line in lines] == [0, 3, 6, 9, 12]
    assert {line["judge"] for line in lines} == {"clip"}
    best = torch.tensor([line["eval_loss"] for line in lines]).amin(dim=0)
    torch.testing.assert_close(result.eval_losses, best)
    encoder = load_encoder("pocket")
    embedding = encoder.encode_image(result.renderer.render().rgb[:, 0]).embedding
    text = Prompt.parse("a red apple").embed(encoder)
    similar = torch.cosine_similarity(embedding, text)
    torch.testing.assert_close(1 - similar, best, atol=1e-4, rtol=0)
    assert "eval loss by clip" in (result.folder / "report.html").read_text()


def test_similarity_is_the_mean_over_the_views_of_a_scene(tmp_path: Path) -> None:
    views = torch.rand(2, 3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    judge = similarity(read_config(pictured(tmp_path)))
    step = Step(0, 1, training=False)

    def far(rgb: Tensor) -> Tensor:
        return judge(Frames(rgb, torch.ones_like(rgb[:, :, :1])), step).total()

    each = torch.stack([far(views[:, [view]]) for view in range(3)])
    torch.testing.assert_close(far(views), each.mean(dim=0))
    assert each.std(dim=0).min() > 1e-4


@pytest.mark.parametrize(
    ("changes", "judge"),
    [
        ({}, "objective"),
        ({"best": "clip"}, "clip"),
        ({"best": "last"}, "clip"),
        ({"best": "last", "best_of": 1}, "objective"),
    ],
)
def test_the_encoder_compares_last_states_where_there_are_words(
    tmp_path: Path, changes: dict[str, Any], judge: str
) -> None:
    config = read_config(pictured(tmp_path, **changes))
    assert config.judge == judge
    assert (judge_of(config) is not None) == (judge == "clip")
    (stage,) = build(config)
    assert stage.settings.last == (config.best == "last")


def test_clip_needs_words(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="best: clip compares pictures with a prompt, which this recipe has not"):
        read_config(settings | {"best": "clip"})


def test_stopped_it_ends_as_if_it_had_not_been_and_is_exported_without_an_encoder(tmp_path: Path) -> None:
    (tmp_path / "encoder").touch()
    runs = []
    for at in (99, 7):
        losses = {"grey": {"loss": "panorama:Grey"}, "stop": {"loss": "pixels:Interruption", "at": at}}
        folder = f"watched:{tmp_path / 'encoder'}"
        runs.append(run(pictured(tmp_path, best="last", losses=losses, encoder=folder, steps=9)))
    whole, stopped = (one.folder for one in runs)
    assert whole is not None
    assert stopped is not None
    assert runs[1].steps == 8
    again = execute(stopped)
    assert torch.equal(again.eval_losses, runs[0].eval_losses)
    assert (stopped / "picture.png").read_bytes() == (whole / "picture.png").read_bytes()
    (tmp_path / "encoder").unlink()
    limn.cache.clear()
    (stopped / "picture.png").unlink()
    assert export(stopped)
    assert execute(whole).artefacts == runs[0].artefacts
    assert (stopped / "picture.png").read_bytes() == (whole / "picture.png").read_bytes()
