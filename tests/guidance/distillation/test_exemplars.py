"""The ideal denoiser of a set of pictures, and the pictures that a text chooses."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from guidance import Objective, Prompt, Step
from guidance.distillation import Distillation, load_prior
from guidance.distillation.exemplars import (
    Collection,
    ExemplarPrior,
    local_posterior_mean,
    posterior_mean,
    read_collection,
)
from guidance.distillation.exemplars.captions import caption_match, name_match
from guidance.distillation.exemplars.embeddings import embed_pictures, embeddings, fingerprint, write_embeddings
from guidance.distillation.exemplars.tints import tint
from guidance.encoders import load_encoder
from limn.colours import COLOURS
from limn.errors import InputError
from limn.frames import Frames

REACH = 1


@pytest.fixture
def scene() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(4, 3, 7, 7, generator=generator, dtype=torch.float64)
    noisy = pictures[:2, :, 1:6, 1:6] + 0.5 * torch.randn(2, 3, 5, 5, generator=generator, dtype=torch.float64)
    weights = torch.rand(2, 4, generator=generator, dtype=torch.float64)
    return noisy, torch.tensor([0.5, 1.5], dtype=torch.float64), pictures, weights


def test_posterior_mean_is_brute_force(scene: tuple[Tensor, ...]) -> None:
    noisy, sigma, pictures, weights = scene
    expected = torch.zeros_like(noisy)
    for n in range(2):
        total = 0.0
        for m in range(4):
            for dy in range(3):
                for dx in range(3):
                    y = pictures[m, :, dy : dy + 5, dx : dx + 5]
                    p = weights[n, m] * (-(noisy[n] - y).square().sum() / (2 * sigma[n] ** 2)).exp()
                    expected[n] += p * y
                    total += p
        expected[n] /= total
    torch.testing.assert_close(posterior_mean(noisy, sigma, pictures, weights, REACH), expected)


def test_local_posterior_mean_is_brute_force(scene: tuple[Tensor, ...]) -> None:
    noisy, sigma, pictures, weights = scene
    expected = torch.zeros_like(noisy)
    for n in range(2):
        for i in range(5):
            for j in range(5):
                rows, columns = slice(max(0, i - 1), i + 2), slice(max(0, j - 1), j + 2)
                total = 0.0
                for m in range(4):
                    for dy in range(3):
                        for dx in range(3):
                            y = pictures[m, :, dy : dy + 5, dx : dx + 5]
                            far = (noisy[n, :, rows, columns] - y[:, rows, columns]).square().sum()
                            p = weights[n, m] * (-far / (2 * sigma[n] ** 2)).exp()
                            expected[n, :, i, j] += p * y[:, i, j]
                            total += p
                expected[n, :, i, j] /= total
    found = local_posterior_mean(noisy, sigma, pictures, weights, REACH, 3)
    torch.testing.assert_close(found, expected)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, colour in (("red-square", "red"), ("blue_sky", "blue"), ("odd", "lime")):
        Image.new("RGB", (20, 12), colour).save(tmp_path / f"{name}.png")
    (tmp_path / "captions.txt").write_text("odd.png: a green field\n")
    return tmp_path


def test_a_folder_and_its_captions(folder: Path) -> None:
    collection = read_collection(str(folder), 16)
    assert collection.captions == ["blue sky", "a green field", "red square"]
    assert collection.pictures.shape == (3, 3, 16, 16)
    assert collection.pictures[0, :, 8, 8].tolist() == [0, 0, 255]
    assert collection.pictures[0, :, 0, 0].tolist() == [255, 255, 255]
    prior = ExemplarPrior(str(folder), encoder="")
    assert prior.chosen("a red square") == ["red square"]
    assert len(prior.chosen("")) == 3


def test_an_array_file(tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    save_file({"pictures": torch.zeros(2, 3, 8, 8, dtype=torch.uint8)}, path, metadata={"captions": '["a", "b"]'})
    assert read_collection(str(path)).captions == ["a", "b"]
    save_file({"pictures": torch.zeros(2, 3, 8, 8)}, path, metadata={"captions": '["a", "b"]'})
    with pytest.raises(InputError, match="expected pictures as uint8"):
        read_collection(str(path))


def test_errors_are_one_line(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InputError, match="no folder of pictures"):
        load_prior(f"exemplars:{folder}x")
    with pytest.raises(InputError, match="has no pictures"):
        load_prior(f"exemplars:{tmp_path_factory.mktemp('empty')}")
    (folder / "captions.txt").write_text("ood.png: a green field\n")
    with pytest.raises(InputError, match=r"line 1: no 'ood.png' in the folder; did you mean 'odd.png'"):
        read_collection(str(folder))
    with pytest.raises(InputError, match="unknown key 'besst'; did you mean 'best'"):
        load_prior("exemplars", besst=3)


def test_captions_match_by_words() -> None:
    match = caption_match("a red apple", ["red apple", "green apple", "frog", "red apples"])
    assert match[0] == pytest.approx(1.0)
    assert match[0] > match[3] > match[1] > match[2] == 0
    assert caption_match("letter a", ["letter a", "letter b"]).tolist()[0] == pytest.approx(1.0)


def test_the_world_has_what_words_say() -> None:
    prior = load_prior("exemplars", encoder="")
    assert isinstance(prior, ExemplarPrior)
    assert prior.chosen("a frog") == ["frog", "frog"]
    assert prior.chosen("a blue star") == ["blue star"]
    assert set(prior.chosen("a red apple")) == {"red apple"}


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("a red apple with green leaves", "red apple"),
        ("a green apple with red leaves", "green apple"),
        ("a purple cat with green eyes", "purple: cat"),
        ("a red lantern", "red paper lantern"),
        ("a gray cat", "grey: cat"),
        ("an apple that is blue", "blue: green apple"),
        ("wolves", "wolf"),
        ("a cat with a red hat", "cat"),
    ],
)
def test_a_colour_belongs_to_the_noun_that_it_precedes(text: str, chosen: str) -> None:
    prior = load_prior("exemplars", encoder="")
    assert isinstance(prior, ExemplarPrior)
    assert prior.chosen(text)[0] == chosen


def test_it_says_that_it_shows_one_thing_of_two(caplog: pytest.LogCaptureFixture) -> None:
    prior = load_prior("exemplars", encoder="")
    assert isinstance(prior, ExemplarPrior)
    prior.chosen("a frog on a blue square")
    assert "prior exemplars shows one thing of 'a frog on a blue square': 'frog'" in caplog.text


@pytest.mark.parametrize("name", ["rocket", "sun", "umbrella", "house"])
def test_other_things_of_that_name_stay_away_where_there_is_the_thing_itself(name: str) -> None:
    """An astronaut is called a rocket, too."""
    prior = load_prior("exemplars")
    assert isinstance(prior, ExemplarPrior)
    assert set(prior.chosen(f"a {name}")) == {name}


def test_what_is_forbidden_is_not_shown() -> None:
    match = name_match("a bike", ["no bicycles", "bicycle"], [["bike", "no"], ["bike", "cycle"]])
    assert match[0] == 0.0 < match[1]
    assert name_match("no bicycles", ["no bicycles", "bicycle"], [[], []]).argmax() == 0


@pytest.mark.parametrize(
    ("text", "meant"),
    [("a puppy", "dog face"), ("a kitten", "cat"), ("a bunny", "rabbit"), ("a dog, back view", "dog")],
)
def test_things_have_other_names(text: str, meant: str) -> None:
    prior = load_prior("exemplars")
    assert isinstance(prior, ExemplarPrior)
    assert meant in prior.chosen(text)[0]


def test_words_that_no_picture_is_about_say_nothing_and_are_named(caplog: pytest.LogCaptureFixture) -> None:
    prior = load_prior("exemplars")
    assert isinstance(prior, ExemplarPrior)
    assert prior.chosen("a frog, trending on artstattion") == ["frog", "frog"]
    assert "no picture is about 'artstattion', 'trending'" in caplog.text
    prior.chosen("a zebrra")
    assert "no picture is about 'zebrra'; near: 'zebra'" in caplog.text
    assert "no picture matches 'a zebrra'; encoder pocket guesses" in caplog.text


def test_a_thing_in_a_colour_of_which_there_is_no_picture_is_tinted() -> None:
    prior = load_prior("exemplars", encoder="", shift=0)
    assert isinstance(prior, ExemplarPrior)
    assert prior.chosen("a blue sailboat") == ["blue: sailboat", "blue: sailboat"]
    assert prior.chosen("a green apple") == ["green apple", "green apple"]  # there is one
    assert prior.chosen("a blue circle") == ["blue circle"]
    assert not prior.chosen("blue")[0].startswith("blue: ")
    red, blue = (prior.exemplars(text)[0] for text in ("a red apple", "a blue apple"))
    assert (red[0] > red[2] + 0.5).float().mean() > 0.3  # the red of the one is blue in the other
    assert (blue[2] > blue[0] + 0.5)[(red[0] > red[2] + 0.8) & (red[1] < 0)].float().mean() > 0.9
    white = red.amin(dim=0) > 0.99
    assert white.float().mean() > 0.2
    assert float((red - blue)[:, white].abs().max()) < 0.02


def test_a_tint_keeps_grey_and_what_has_another_hue() -> None:
    picture = torch.tensor([[0.8, 0.1, 0.1], [0.9, 0.4, 0.3], [0.5, 0.5, 0.5], [0.1, 0.6, 0.1]]).T.reshape(1, 3, 2, 2)
    tinted = tint(picture, "blue")
    expected = torch.tensor([COLOURS["blue"], COLOURS["blue"]]).T * torch.tensor([0.7, 0.6]) + torch.tensor([0.1, 0.3])
    torch.testing.assert_close(tinted[0, :, 0], expected)
    torch.testing.assert_close(tinted[0, :, 1], picture[0, :, 1])


def test_embeddings_are_shipped_for_pocket_and_kept_for_others(
    folders: dict[str, Path], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pocket, world = load_encoder("pocket"), read_collection("")
    shipped = embeddings(pocket, world)
    assert not (tmp_path / "cache").exists(), "python -m training exemplars --embed"
    some = Collection(world.pictures[:4], world.captions[:4])
    torch.testing.assert_close(shipped[:4], embed_pictures(pocket, some), rtol=0.05, atol=0.02)

    tiny, own = load_encoder(f"local-dir:{folders['resnet']}"), read_collection(str(folder))
    made = embeddings(tiny, own)
    (kept,) = (tmp_path / "cache" / "limn").iterdir()
    torch.testing.assert_close(embeddings(tiny, own), made, rtol=0.01, atol=1e-3)
    write_embeddings(kept, torch.eye(3, made.shape[1]), kept.stem)
    assert torch.equal(embeddings(tiny, own), torch.eye(3, made.shape[1]))  # read, not made again
    changed = Collection(255 - own.pictures, own.captions)
    assert fingerprint(tiny, changed) != kept.stem
    kept.write_bytes(b"damaged")
    torch.testing.assert_close(embeddings(tiny, own), made, rtol=0.01, atol=1e-3)


def test_rows_of_different_conditions_do_not_mix() -> None:
    prior = load_prior("exemplars", encoder="", patch=5, local_below=1.0)
    z = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    times = torch.tensor([0.7, 0.3, 0.7])
    rows = [prior.embed(text)["weights"] for text in ("a frog", "a frog", "a house")]
    together = prior.predict_noise(z, times, {"weights": torch.cat(rows)})
    for n in range(3):
        alone = prior.predict_noise(z[n : n + 1], times[n : n + 1], {"weights": rows[n]})
        torch.testing.assert_close(together[n : n + 1], alone, rtol=1e-3, atol=1e-3)


def test_scales_are_further_exemplars(folder: Path) -> None:
    prior = ExemplarPrior(str(folder), encoder="", scales=(1.0, 0.5))
    assert len(prior.exemplars("")) == 6
    assert float(prior.embed("red square")["weights"].sum()) == pytest.approx(1.0)


def test_pixels_become_the_picture() -> None:
    prior = load_prior("exemplars", encoder="", shift=1)
    assert isinstance(prior, ExemplarPrior)
    pixels = torch.full((1, 1, 3, 32, 32), 0.5, requires_grad=True)
    adam = torch.optim.Adam([pixels], 0.05)
    objective = Objective({"d": Distillation(Prompt.parse("a banana"), prior=prior, samples=2)})
    for index in range(60):
        frames = Frames(pixels, torch.ones_like(pixels[:, :, :1]))
        objective(frames, Step(index, 60)).total().sum().backward()
        adam.step()
        adam.zero_grad()
    chosen = prior.exemplars("a banana") * 0.5 + 0.5
    windows = F.unfold(chosen, 32).view(len(chosen), 3072, -1).transpose(1, 2).flatten(0, 1)
    nearest = (windows - pixels.detach().flatten()).square().mean(dim=1).min()
    assert nearest < 0.01


def test_odd_patches_only() -> None:
    with pytest.raises(InputError, match="odd"):
        load_prior("exemplars", patch=4)
