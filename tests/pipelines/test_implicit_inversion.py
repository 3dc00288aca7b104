"""imagine by CLIP alone: coarse parameters first, a robust start, aligned words, a blend of real pictures."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tasks import only_task

from guidance import Objective, load_encoder
from guidance.distillation.exemplars.embeddings import embed_pictures
from guidance.distillation.exemplars.pictures import read_collection
from guidance.embedding.neighbours import aligned, blend
from guidance.losses.pixels import PixelDistance
from guidance.prompt import embed_phrases
from guidance.target import Target
from limn.coarse_to_fine import CoarseToFine
from limn.errors import InputError
from pipelines import build, execute, read_config, run
from pipelines.loop.loop import Settings
from pipelines.loop.optimise import optimise
from pipelines.runs.status import read_status
from pipelines.task.start import Start
from renderers.fields.pictures.pyramid import pyramid
from renderers.registry import Canvas

COLOURS = {"a red apple": "#904040", "a blue fish": "#404090", "a green leaf": "#409040", "a yellow sun": "#909040"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Pictures of one colour each, whose names are their captions."""
    folder = tmp_path / "store"
    folder.mkdir()
    for caption, colour in COLOURS.items():
        Image.new("RGB", (16, 16), colour).save(folder / f"{caption}.png")
    return folder


def settings(tmp_path: Path, store: Path, **changes: Any) -> dict[str, Any]:
    return {
        "recipe": "imagine",
        "by": "clip",
        "prompt": "a blue fish",
        "renderer": {"finer": {"width": 8}},
        "robust_start": {"store": str(store), "steps": 60, "pairs": 0},
        "losses": {"clip": {"store": str(store), "pairs": 2}, "blend": {"store": str(store), "count": 2}},
        "output": str(tmp_path / "outputs"),
        "name": "runs",
        "size": 24,
        "steps": 4,
        "num_augs": 1,
        "precision": "float32",
        "video": {"formats": []},
    } | changes


def test_the_bump_goes_from_coarse_to_fine() -> None:
    bump = CoarseToFine(width=0.5)
    assert bump.factor(0.0, 0.0) == bump.factor(1.0, 1.0) == bump.factor(0.25, 0.25) == 1.0
    assert bump.factor(1.0, 0.5) == pytest.approx(math.exp(-0.5))
    still = CoarseToFine.model_validate({"peak": 0.5, "width": 0.25})
    assert still.factor(0.0, 0.0) == still.factor(1.0, 1.0) == pytest.approx(math.exp(-2))


def test_every_band_moves_by_its_share_of_the_learning_rate() -> None:
    """The first step of Adam is the learning rate itself."""
    renderer = pyramid(Canvas((16, 16), 2, torch.Generator().manual_seed(0)), frequency=4)
    (group,) = renderer.parameter_groups()
    before = [grid.detach().clone() for grid in group.parameters]
    near = Objective({"near": PixelDistance(Target(torch.rand(1, 3, 16, 16)))})
    bump = CoarseToFine(width=0.4)
    optimise(renderer, near, Settings(1, coarse_to_fine=bump, last=True))
    last = len(before) - 1
    for band, (grid, was) in enumerate(zip(group.parameters, before, strict=True)):
        moved = float((grid.detach() - was).abs().max())
        assert moved == pytest.approx(group.learning_rate * bump.factor(band / last, 0.0), rel=1e-3)


def test_by_clip_is_the_whole_method_and_what_is_given_stays(tmp_path: Path) -> None:
    words = {"recipe": "imagine", "prompt": "a red apple", "by": "clip"}
    config: Any = read_config(words)
    assert (config.renderer.name, config.robust_start.gamma) == ("finer", 0.05)
    assert (config.coarse_to_fine, config.size) == (CoarseToFine(), 96)
    assert [term.loss for term in config.losses.values()] == ["text_aligned", "text_blend"]
    siren: Any = read_config(words | {"renderer": {"siren": {"width": 8}}, "coarse_to_fine": None})
    assert (siren.renderer.name, siren.coarse_to_fine, siren.robust_start.steps) == ("siren", None, 150)
    pixels: Any = read_config(words | {"renderer": "pixels"})
    assert (pixels.coarse_to_fine, pixels.robust_start) == (None, None)
    other: Any = read_config(words | {"by": "both"})
    assert (other.renderer.name, other.coarse_to_fine, other.robust_start) == ("pixels", None, None)


def test_what_has_no_order_and_what_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="coarse_to_fine: nothing in the renderer PixelImage is coarser"):
        run(settings(tmp_path, tmp_path, renderer="pixels", robust_start=None, coarse_to_fine={}, losses={}))
    with pytest.raises(InputError, match="no folder of pictures"):
        build(read_config(settings(tmp_path, tmp_path / "stor")))
    with pytest.raises(InputError, match=r"coarse_to_fine.width: expected .* 0.01, got 0"):
        read_config(settings(tmp_path, tmp_path, coarse_to_fine={"width": 0}))


def test_a_picture_begins_as_the_nearest_of_the_store_found_once(tmp_path: Path, store: Path) -> None:
    config = read_config(settings(tmp_path, store))
    start = Start(tmp_path / "start")
    (stage,) = build(config, start)
    task = stage.task(None)
    encoder, files = load_encoder("pocket", precision="float32"), read_collection(str(store))
    nearest = (embed_pictures(encoder, files) @ embed_phrases(["a blue fish"], encoder)[0]).argmax()
    colour = files.resized(16)[nearest, :, :1, :1]
    torch.testing.assert_close(task.pictures["start"], colour.expand_as(task.pictures["start"]))
    off = (task.renderer.render().rgb - colour).abs().mean()
    assert off < 0.5 * (0.5 - colour).abs().mean()
    shutil.rmtree(store)  # the pictures are not needed again
    (again,) = build(config, start)
    assert torch.equal(again.task(None).renderer.render().rgb, task.renderer.render().rgb)


def test_the_losses_are_by_the_store(tmp_path: Path, store: Path) -> None:
    objective = only_task(read_config(settings(tmp_path, store, robust_start=None))).objective()
    aligned_loss, blend_loss = objective.losses
    encoder, files = load_encoder("pocket", precision="float32"), read_collection(str(store))
    captions = embed_phrases(files.captions, encoder)
    pictures = embed_pictures(encoder, files)
    words = aligned(embed_phrases(["a blue fish"], encoder), captions, pictures, pairs=2)
    torch.testing.assert_close(aligned_loss.text, words, rtol=0, atol=2e-3)  # kept in half precision
    wanted = blend(aligned(embed_phrases(["a blue fish"], encoder), captions, pictures), pictures, count=2)
    torch.testing.assert_close(blend_loss.text, wanted, rtol=0, atol=2e-3)


def test_a_resumed_run_ends_as_one_that_was_not_stopped(tmp_path: Path, store: Path) -> None:
    terms = {"clip": "text_aligned", "blend": "text_blend"}
    losses = {name: {"loss": loss, "store": str(store)} for name, loss in terms.items()}

    def folder_of(name: str, at: int) -> Path:
        stop = {"stop": {"loss": "pixels:Interruption", "at": at}}
        own = {"run": name, "losses": losses | stop, "checkpoint_every": 2, "import_from": [str(Path(__file__).parent)]}
        own["robust_start"] = {"store": str(store), "steps": 3}
        result = run(settings(tmp_path, store, **own))
        assert result.folder is not None
        return result.folder

    whole, stopped = folder_of("whole", at=99), folder_of("stopped", at=2)
    assert read_status(stopped).state == "interrupted"
    execute(stopped)
    for file in ("picture.png", "start.png", "start/robust.safetensors", "checkpoint/step-0000004.safetensors"):
        assert (stopped / file).read_bytes() == (whole / file).read_bytes(), file
