"""Illustrations from samples of a prior, and letters that bend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tasks import only_task

from guidance import Prompt, Step
from guidance.distillation import load_prior
from guidance.distillation.sample import sample
from pipelines import read_config
from pipelines.cli.main import main
from pipelines.loop.callback import Callback
from pipelines.loop.checkpoint import Snapshot
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise
from pipelines.runs.build import settings_of

ROOT = Path(__file__).parents[2]
PRIOR: dict[str, Any] = {"side": 16, "best": 4, "shift": 1}
WORDS = {"loss": "distillation", "prior_options": PRIOR}
ILLUSTRATE: dict[str, Any] = {
    "recipe": "illustrate",
    "prompt": "a frog",
    "sample": {"options": PRIOR, "count": 1, "steps": 10},
    "paths": 8,
    "segments": 4,
    "size": 48,
    "steps": 12,
    "losses": {"fit": {"loss": "tone", "weight": {"from": 1, "to": 0, "start": 0.5, "end": 0.5}}, "words": WORDS},
}
LETTERING: dict[str, Any] = {
    "recipe": "lettering",
    "text": "CAT",
    "letters": "A",
    "prompt": "a cat",
    "font": str(ROOT / "configs" / "assets" / "DejaVuSans-Bold.ttf"),
    "size": 48,
    "steps": 12,
    "losses": {"words": WORDS, "shape": {"loss": "conformal"}, "tone": {"loss": "tone"}},
}


class Shot(Callback):
    def __init__(self, at: int) -> None:
        self.at = at
        self.snapshot: Snapshot | None = None

    def step(self, loop: Loop) -> None:
        if loop.index == self.at:
            self.snapshot = loop.snapshot()


@pytest.mark.parametrize(
    "config",
    [
        ILLUSTRATE | {"best_of": 2, "reinitialise": {"every": 3, "area": 0.02, "until": 1.0}},
        ILLUSTRATE | {"best_of": 2, "start": "random", "losses": {"words": WORDS | {"variant": "vsd"}}},
        LETTERING | {"best_of": 2},
    ],
    ids=["sample", "particles", "letters"],
)
def test_a_resumed_run_is_a_whole_one_bit_by_bit(config: dict[str, Any]) -> None:
    """Vanished paths included: in the first case every path is too small sooner or later."""
    read = read_config(config)
    first, again = only_task(read), only_task(read)
    shot = Shot(at=5)
    whole = optimise(first.renderer, first.objective(), settings_of(read), [shot])
    rest = optimise(again.renderer, again.objective(), settings_of(read), resume=shot.snapshot)
    for one, other in zip(whole.renderer.state_dict().values(), rest.renderer.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(whole.eval_losses, rest.eval_losses)


def test_a_sample_is_what_the_prior_knows() -> None:
    prior = load_prior("exemplars", **PRIOR)
    found = sample(prior, Prompt.parse("a frog"), 3, torch.Generator().manual_seed(0), steps=20)
    known = prior.decode(prior.exemplars("a frog"))  # with borders to be shifted into
    windows = known.unfold(2, 16, 1).unfold(3, 16, 1).permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
    distance = (found[:, None] - windows[None]).square().flatten(2).mean(dim=2).amin(dim=1)
    assert found.shape == (3, 3, 16, 16)
    assert (distance < 1e-3).all()


@pytest.mark.parametrize("style", ["shapes", "pixels", "strokes"])
@pytest.mark.parametrize("start", ["sample", "random"])
def test_every_style_starts_from_everything(style: str, start: str) -> None:
    losses = {"words": WORDS}
    prepared = only_task(read_config(ILLUSTRATE | {"style": style, "start": start, "losses": losses, "best_of": 2}))
    rgb = prepared.renderer.render().rgb.detach()
    assert ("sample" in prepared.pictures) == (start == "sample")
    if start == "sample" and style != "strokes":
        away = (rgb[:, 0] - prepared.pictures["sample"]).abs().mean(dim=(1, 2, 3))
        assert (away < 0.1).all()
    if start == "random" or style == "strokes":
        assert not torch.equal(rgb[0], rgb[1])
    groups = {group.name for group in prepared.renderer.parameter_groups()}
    assert groups == {"shapes": {"points", "colour"}, "pixels": {"colour"}, "strokes": {"points"}}[style]


@pytest.mark.parametrize("style", ["shapes", "pixels"])
def test_a_picture_takes_the_place_of_the_sample(style: str) -> None:
    target = str(ROOT / "configs" / "assets" / "logo.svg")
    config = ILLUSTRATE | {"style": style, "paths": 12, "target": target, "losses": {"fit": {"loss": "pixels"}}}
    read = read_config(config)
    assert read.priors == {}
    prepared = only_task(read)
    sample = prepared.pictures["sample"]
    rgb = prepared.renderer.render().rgb.detach()[0, 0]
    assert (rgb - sample).square().mean() < 0.3 * (1 - sample).square().mean()
    drawn = only_task(
        read_config({"recipe": "draw", "prompt": "a boat", "size": 48, "target": target, "losses": config["losses"]})
    )
    assert torch.equal(drawn.pictures["target"], sample)
    assert drawn.objective()(drawn.renderer.render(), Step(0, 1)).total().requires_grad


def test_a_fit_comes_nearer_to_its_sample() -> None:
    read = read_config(ILLUSTRATE | {"losses": {"fit": {"loss": "tone"}}, "steps": 20, "start": "sample"})
    prepared = only_task(read)
    with torch.no_grad():
        before = float((prepared.renderer.render().rgb[0, 0] - prepared.pictures["sample"]).square().mean())
    result = optimise(prepared.renderer, prepared.objective(), settings_of(read))
    with torch.no_grad():
        after = float((result.renderer.render().rgb[0, 0] - prepared.pictures["sample"]).square().mean())
    assert after < 0.9 * before


def test_letters_stay_letters_where_only_their_shape_counts() -> None:
    read = read_config(LETTERING | {"losses": {"shape": {"loss": "conformal"}, "tone": {"loss": "tone"}}})
    prepared = only_task(read)
    start = prepared.renderer.state_dict()["points"].clone()
    result = optimise(prepared.renderer, prepared.objective(), settings_of(read))
    assert (result.renderer.state_dict()["points"] - start).abs().max() < 1e-3


TABLE: dict[str, tuple[dict[str, Any], str]] = {
    "missing font": (LETTERING | {"font": "nowhere.ttf"}, "font: no such file: nowhere.ttf"),
    "empty text": (LETTERING | {"text": "  ", "letters": ""}, "text is empty; expected a letter or a line of text"),
    "letter not in the text": (LETTERING | {"letters": "AX"}, "letters: the text 'CAT' has no 'X'"),
    "letter not in the font": (LETTERING | {"text": "A漢", "letters": ""}, "has no letter '漢'"),
    "only a space": (LETTERING | {"text": "A B", "letters": " "}, "' ' has no outline to bend"),
    "no font at all": (LETTERING | {"font": str(ROOT / "README.md")}, "not a readable TrueType or OpenType font"),
    "a target by chance": (
        ILLUSTRATE | {"start": "random"},
        "losses.fit: tone needs a target, which this recipe has not",
    ),
    "an unknown prior": (ILLUSTRATE | {"sample": {"prior": "exemplas"}}, "unknown prior 'exemplas'"),
    "an unknown setting": (
        ILLUSTRATE | {"reinitialise": {"evry": 3}},
        "reinitialise: unknown key 'evry'; did you mean 'every'?",
    ),
    "squares that do not fit": (
        ILLUSTRATE | {"style": "pixels", "paths": 7},
        "paths: 7 squares do not fill 48 x 48 pixels; expected 6 or 8",
    ),
}


@pytest.mark.parametrize(("config", "says"), TABLE.values(), ids=TABLE.keys())
def test_what_is_wrong_is_one_line(
    config: dict[str, Any], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(config | {"output": str(tmp_path / "out")}))
    assert main([str(file)]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert says in error[-1]
    assert not list((tmp_path / "out").rglob("*.svg"))
