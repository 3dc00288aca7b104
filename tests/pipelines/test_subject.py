"""What of a picture is taken: an object that surely stands free, else the whole picture; and what counts less."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from skimage import data

from limn.errors import InputError
from pipelines import run
from pipelines.inputs.subject import Subject, find_subject

DATA = Path(data.__file__).parent


def _scene(noise: float) -> tuple[Image.Image, np.ndarray]:
    """A red disc before a green-blue ground, and where the disc is."""
    y, x = np.mgrid[:150, :200]
    ground = np.stack([60 + 0.1 * x, 120 + 0.2 * y, 140 + 0 * x], axis=-1)
    disc = (x - 100) ** 2 + (y - 75) ** 2 < 45**2
    ground[disc] = (200, 40, 30)
    ground += noise * np.random.default_rng(0).standard_normal(ground.shape)
    return Image.fromarray(ground.clip(0, 255).astype(np.uint8)), disc


def _find(folder: Path, picture: Image.Image, mask: str = "auto") -> Subject:
    picture.save(folder / "picture.png")
    return find_subject(folder / "picture.png", mask)


def _taken(subject: Subject) -> np.ndarray:
    return np.asarray(subject.picture)[..., 3] > 127


def _overlap(subject: Subject, expected: np.ndarray) -> float:
    return float((_taken(subject) & expected).sum() / (_taken(subject) | expected).sum())


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_auto_finds_the_disc(tmp_path: Path, noise: float) -> None:
    picture, disc = _scene(noise)
    subject = _find(tmp_path, picture)
    assert _overlap(subject, disc) > 0.9
    assert "the object" in subject.taken
    assert subject.weight.getextrema() == (255, 255)


@pytest.mark.parametrize(
    "box", [(90, 40, 102, 110), (0, 40, 110, 110), (60, 60, 130, 149)], ids=["thin", "enters left", "enters below"]
)
def test_auto_finds_what_is_thin_and_what_enters_by_a_side(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    picture, _ = _scene(4.0)
    picture.paste((70, 130, 140), (50, 25, 150, 125))
    ImageDraw.Draw(picture).rectangle(box, fill=(240, 230, 60))
    expected = Image.new("1", picture.size)
    ImageDraw.Draw(expected).rectangle(box, fill=1)
    assert _overlap(_find(tmp_path, picture), np.asarray(expected)) > 0.85


@pytest.mark.parametrize("name", ["logo.png", "color.png", "horse.png"])
def test_before_a_uniform_ground_everything_is_taken(name: str) -> None:
    subject = find_subject(DATA / name)
    rgb = np.asarray(Image.open(DATA / name).convert("RGB")).astype(int)
    differs = np.abs(rgb - rgb[0, 0]).sum(axis=-1) > 60
    assert (_taken(subject) & differs).sum() > 0.999 * differs.sum()
    assert "uniform ground" in subject.taken
    # Nothing of an object that is cut out counts less.
    weight = np.asarray(subject.weight)[differs]
    assert (weight < 255).mean() < 0.01


def test_nothing_that_has_edges_is_left_behind(tmp_path: Path) -> None:
    picture, _ = _scene(4.0)
    draw, boxes = ImageDraw.Draw(picture), [(150, 20, 185, 140), (12, 20, 40, 140)]
    for box, colour in zip(boxes, [(250, 250, 240), (20, 20, 40)], strict=True):
        draw.rectangle(box, outline=colour, width=5)
    taken = _taken(_find(tmp_path, picture))
    for left, top, right, bottom in [*boxes, (55, 30, 145, 120)]:
        middle = (top + bottom) // 2
        assert taken[middle, left + 2 : right - 1].all()


def test_a_picture_without_object_is_taken_whole_and_it_is_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    subject = _find(tmp_path, Image.fromarray(noise))
    assert _taken(subject).all()
    assert "the whole picture, as no object" in subject.taken


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_odd_shapes_are_taken_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    assert _taken(_find(tmp_path, Image.new("RGB", size, "red"))).all()


def test_a_cut_out_that_touches_the_edge_counts_in_full(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (60, 50), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((0, 0, 59, 49), fill="red")
    subject = _find(tmp_path, picture)
    assert subject.taken == "taken: what is not transparent"
    assert subject.weight.getextrema() == (255, 255)
    _, weight, mask = subject.on_canvas((64, 64), 0.05)
    assert float(weight.min()) == 1.0
    assert float(mask.mean()) == pytest.approx(torch.pi / 4 * 0.9 * 0.75, rel=0.03)


def test_a_dark_picture_fades_at_its_frame_and_stays_dark(tmp_path: Path) -> None:
    subject = _find(tmp_path, Image.new("RGB", (90, 60), (20, 20, 30)), "none")
    rgb, weight, _ = subject.on_canvas((40, 60))
    assert float(weight[..., [0, -1], :].max()) < 0.05
    assert float(weight[..., 8:-8, 8:-8].min()) > 0.9
    assert float(rgb.max()) < 0.15
    assert "all around" in subject.taken


def test_only_what_meets_the_frame_fades(tmp_path: Path) -> None:
    picture = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(picture).rectangle((40, 30, 100, 70), fill="black")
    weight = np.asarray(_find(tmp_path, picture, "none").weight)
    assert weight[:, :80].min() == 255
    assert weight[30:70, -1].max() == 0
    assert weight[:15].min() == 255


@pytest.mark.parametrize("name", ["rocket.jpg", "hubble_deep_field.jpg"])
def test_outlines_of_dark_photographs_are_not_their_frame(name: str) -> None:
    subject = find_subject(DATA / name, "none")
    width, height = subject.picture.size
    shape = round(224 * height / width), 224
    _, weight, _ = subject.on_canvas(shape)
    counted = subject.outlines(shape) * weight
    band = torch.ones(shape, dtype=torch.bool)
    band[6:-6, 6:-6] = False
    assert float(counted[0, 0][band].sum() / counted.sum()) < 0.02


@pytest.mark.parametrize("name", ["rocket.jpg", "hubble_deep_field.jpg"])
def test_strokes_do_not_move_to_the_frame(name: str, tmp_path: Path) -> None:
    short = {"size": 96, "strokes": 8, "steps": 30, "best_of": 1, "video": {"formats": []}}
    result = run("configs/sketch.yaml", target=str(DATA / name), mask="none", output=str(tmp_path), **short)
    points = dict(result.renderer.named_parameters())["points"][result.candidate].flatten(0, -2)
    height, width = result.renderer.render().rgb.shape[-2:]
    in_band = (torch.minimum(points, torch.tensor([width, height]) - points) < 3).any(dim=-1)
    assert float(in_band.float().mean()) < 0.1


def test_nothing_to_look_at_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="transparent everywhere"):
        _find(tmp_path, Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "none")
    Image.new("L", (20, 20), 0).save(tmp_path / "black.png")
    with pytest.raises(InputError, match="black everywhere"):
        _find(tmp_path, Image.new("RGB", (20, 20), "red"), str(tmp_path / "black.png"))
