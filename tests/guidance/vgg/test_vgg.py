"""vgg: the network of torchvision under names, and edges where people see them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.models import VGG16_Weights, vgg16

from guidance import AugmentedEncoder, Prompt, Step, load_encoder
from guidance.filters import fitted
from guidance.losses import Ink, LayerFeatures, Outlines, TextSimilarity, outlines
from guidance.target import Target
from guidance.vgg import edges, thinned
from limn.errors import InputError
from limn.frames import Frames
from pipelines.inputs.pictures import fit, read_picture

ASSETS = Path(__file__).parents[3] / "configs" / "assets"


def frames(rgb: Tensor) -> Frames:
    return Frames(rgb[:, None], torch.ones_like(rgb[:, None, :1]))


def test_weights_of_torchvision_give_its_own_activations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    torch.manual_seed(0)
    with torch.device("meta"):
        untouched = vgg16().features
    untouched = untouched.to_empty(device="cpu")
    for weight in untouched.parameters():
        torch.nn.init.normal_(weight, std=0.02)
    file = tmp_path / "hub" / "checkpoints" / VGG16_Weights.IMAGENET1K_FEATURES.url.rpartition("/")[2]
    file.parent.mkdir(parents=True)
    torch.save({f"features.{name}": tensor for name, tensor in untouched.state_dict().items()}, file)
    encoder = load_encoder("torchvision-vgg16:IMAGENET1K_FEATURES", precision="float32", size=64)
    pictures = torch.rand(2, 3, 64, 64)
    layers = encoder.encode_image(pictures, encoder.layers).layers
    x = VGG16_Weights.IMAGENET1K_FEATURES.transforms(crop_size=64, resize_size=64)(pictures)
    expected = []
    for module in untouched:
        x = module(x)
        if isinstance(module, torch.nn.ReLU):
            expected.append(x.clone())
    assert list(layers) == list(encoder.layers)
    for ours, theirs in zip(layers.values(), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_nearest_weights_of_torchvision_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'IMAGENET1K_FEATURES'"):
        load_encoder("torchvision-vgg16:IMAGENET1K_FEATURE")


def test_pictures_keep_their_proportions() -> None:
    encoder = load_encoder("vgg", precision="float32", size=64)
    encoded = encoder.encode_image(torch.rand(1, 3, 60, 120), ("relu1_1", "relu3_3"))
    assert encoded.layers["relu1_1"].shape == (1, 64, 32, 64)
    assert encoded.layers["relu3_3"].shape == (1, 256, 8, 16)
    assert encoded.embedding.shape == (1, 512)


def test_it_knows_no_words() -> None:
    encoder = load_encoder("vgg", precision="float32", size=64)
    with pytest.raises(InputError, match="'vgg' knows no words; expected a CLIP, such as pocket"):
        TextSimilarity(AugmentedEncoder(encoder), Prompt.parse("a red apple"))


def test_edges_are_where_a_disc_ends_and_not_in_its_texture() -> None:
    y, x = torch.meshgrid(torch.arange(160.0), torch.arange(200.0), indexing="ij")
    away = ((y - 80) ** 2 + (x - 100) ** 2).sqrt()
    noise = 0.1 * torch.rand(3, 160, 200, generator=torch.Generator().manual_seed(0))
    disc = (away < 50).float() * torch.tensor([0.8, 0.3, 0.2])[:, None, None] + noise
    found = edges(disc[None])[0, 0]
    rim = (away - 50).abs() < 1.5
    assert found[rim].mean() > 0.7
    assert found[(away - 50).abs() > 15].mean() < 0.05
    thin = thinned(found[None, None])[0, 0]
    assert ((thin > 0.3) & ((away - 50).abs() < 8)).sum() < 1.6 * 2 * torch.pi * 50
    crest = thin.masked_fill((away - 50).abs() > 8, 0)
    assert ((away - 50).abs() * crest).sum() / crest.sum() < 1.5


def test_outlines_tell_a_drawing_of_a_photograph_from_another() -> None:
    read = [fit(read_picture(ASSETS / name), (96, 96)) for name in ("coffee.jpg", "photographer.jpg")]
    loss = Outlines(AugmentedEncoder(load_encoder("vgg", size=96), num_augs=0), Target(read[0]), (1, 2))
    drawn = 1 - thinned(edges(torch.cat(read))).expand(-1, 3, -1, -1)
    own, other = loss(frames(drawn), Step(0, 1))
    assert own < other - 0.1
    assert loss(frames(read[0]), Step(0, 1)) == pytest.approx(0, abs=1e-5)


def test_outlines_by_hand() -> None:
    found, wanted = torch.rand(2, 1, 1, 4, 4), torch.rand(1, 1, 1, 4, 4)
    pooled = torch.nn.functional.avg_pool2d
    by_hand = [
        sum(
            1 - torch.cosine_similarity(pooled(one[0], s).flatten(), pooled(wanted[0, 0], s).flatten(), dim=0)
            for s in (1, 2)
        )
        / 2
        for one in found
    ]
    torch.testing.assert_close(outlines(found, wanted, (1, 2)), torch.stack(by_hand))


def test_outlines_want_an_encoder_that_finds_them() -> None:
    encoder = AugmentedEncoder(load_encoder("pocket"))
    with pytest.raises(InputError, match="encoder 'pocket' finds no outlines; expected encoder: vgg"):
        Outlines(encoder, Target(torch.rand(1, 3, 64, 64)))


def test_a_photograph_is_nearer_to_itself_in_another_light_than_to_another() -> None:
    one, other = (fit(read_picture(ASSETS / name), (64, 64)) for name in ("coffee.jpg", "cat.jpg"))
    encoder = AugmentedEncoder(load_encoder("vgg", size=64), num_augs=0)
    loss = LayerFeatures(encoder, Target(one), {"relu4_3": 1.0}, "cosine")
    assert loss(frames(0.8 * one + 0.1), Step(0, 1)) < 0.5 * loss(frames(other), Step(0, 1))


def test_ink_lies_where_the_target_has_outlines() -> None:
    photograph = fit(read_picture(ASSETS / "coffee.jpg"), (192, 192))
    large = F.interpolate(photograph, size=(512, 512), mode="bicubic").clamp(0, 1)
    wanted = fitted(thinned(edges(large)), 192, 192)
    drawn = torch.cat([(1 - wanted).expand(-1, 3, -1, -1), (1 - wanted.flip(-1)).expand(-1, 3, -1, -1)])
    found = Ink(Target(photograph))(frames(drawn), Step(0, 1))
    torch.testing.assert_close(found, outlines(1 - drawn.mean(dim=1, keepdim=True)[:, None], wanted[:, None]))
    assert found[0] < 0.01 < 0.4 < found[1]
