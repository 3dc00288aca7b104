"""Losses of words: functions against their formulas, modules against functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Prompt, Step, load_encoder
from guidance.encoders.towers import DENSE
from guidance.losses import (
    ExampleDirection,
    ImageEnsemble,
    ImageSimilarity,
    TextContrast,
    TextCrops,
    TextDirection,
    TextEnsemble,
    TextParts,
    TextRegions,
    TextSimilarity,
    UnwantedConcepts,
    WrittenWords,
    direction_of,
    ensemble,
    object_crops,
    object_mask,
    parts_of,
    soft_worst,
    text_distance,
    text_regions,
    text_similarity,
    unwanted_concepts,
    without_concepts,
    written_directions,
    written_words,
)
from guidance.prompt import embed_phrases
from guidance.region import Region, RegionPrompt
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames

STEP = Step(2, 10)
FramesOf = Callable[..., Frames]


@pytest.fixture
def view(encoder: Encoder) -> AugmentedEncoder:
    return AugmentedEncoder(encoder, Augmentations(["perspective", "crop"]), num_augs=2)


def test_stops_are_vqgan_clips(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    prompt = Prompt.parse("a red apple:2:0.9 | blurry:-0.5:-1.1 | a dog")
    assert prompt.stops is not None
    embedding = view(random_frames(), STEP).embedding
    text = prompt.embed(view.encoder)
    by_hand = torch.zeros(2)
    for weight, stop, phrase in zip((2.0, -0.5, 1.0), (0.9, -1.1, -math.inf), text, strict=True):
        signed = (1 - F.cosine_similarity(embedding, phrase, dim=-1)) * math.copysign(1, weight)
        by_hand += abs(weight) * signed.clamp_min(stop).mean(dim=1)
    found = text_similarity(embedding, text, prompt.weights, stops=prompt.stops)
    torch.testing.assert_close(found, by_hand)
    torch.testing.assert_close(TextSimilarity(view, prompt)(random_frames(), STEP), by_hand)


@pytest.mark.parametrize(("cosine", "moves"), [(0.3, True), (0.7, False)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_has_done_enough_is_left_alone(cosine: float, moves: bool, sign: float) -> None:
    picture = torch.tensor([[[cosine, math.sqrt(1 - cosine**2)]]], requires_grad=True)
    near, weights = torch.tensor([[1.0, 0.0]]), torch.tensor([sign])
    text_similarity(picture, near, weights, stops=torch.tensor([0.5])).sum().backward()
    assert picture.grad is not None
    assert bool(picture.grad.any()) is (moves if sign > 0 else not moves)


def test_ensembles(encoder: Encoder, folders: dict[str, Path], random_frames: FramesOf) -> None:
    other = load_encoder(f"local-dir:{folders['vit']}", precision="float32")
    views, frames, prompt = [AugmentedEncoder(one, num_augs=1) for one in (encoder, other)], random_frames(), "a cat"
    values = torch.stack([TextSimilarity(view, Prompt.parse(prompt))(frames, STEP) for view in views])
    torch.testing.assert_close(ensemble(values, torch.tensor([1.0, 3.0])), (values[0] + 3 * values[1]) / 4)
    by_rule = {
        "mean": values.mean(dim=0),
        "agreement": values.mean(dim=0) + values.std(dim=0, correction=0),
        "worst": values.max(dim=0).values,
    }
    for rule, expected in by_rule.items():
        loss = TextEnsemble(views, Prompt.parse(prompt), rule=rule)  # type: ignore[arg-type]
        torch.testing.assert_close(loss(frames, STEP), expected, rtol=1e-4, atol=1e-5)
    told = [TextContrast(view, Prompt.parse(prompt), ["a dog"])(frames, STEP) for view in views]
    by_others = TextEnsemble(views, Prompt.parse(prompt), (2.0, 1.0), others=["a dog"])
    torch.testing.assert_close(by_others(frames, STEP), (2 * told[0] + told[1]) / 3)
    with pytest.raises(InputError, match="weights: expected 2, one for each encoder, got 1"):
        TextEnsemble(views, Prompt.parse(prompt), (1.0,))


def test_ensembles_of_pictures(
    encoder: Encoder, folders: dict[str, Path], random_frames: FramesOf, random_pictures: Callable[..., Tensor]
) -> None:
    other = load_encoder(f"local-dir:{folders['vit']}", precision="float32")
    views, frames = [AugmentedEncoder(one, num_augs=1) for one in (encoder, other)], random_frames()
    target = Target(random_pictures(1, 3, 72, 72, seed=5))
    values = torch.stack([ImageSimilarity(view, target)(frames, STEP) for view in views])
    found = ImageEnsemble(views, target, (1.0, 3.0), "worst")(frames, STEP)
    torch.testing.assert_close(found, torch.stack([values[0] / 2, values[1] * 1.5]).amax(dim=0))


def test_the_worst_of_an_ensemble_alone_moves_the_picture() -> None:
    values = torch.tensor([[0.2], [0.9]], requires_grad=True)
    ensemble(values, torch.ones(2), "worst").sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([[0.0], [1.0]]))


def test_unwanted_concepts(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    frames, concepts = random_frames(), ("blood", "a weapon")
    embedding, text = view(frames, STEP).embedding, embed_phrases(concepts, view.encoder)
    far = torch.stack([1 - F.cosine_similarity(embedding, concept, dim=-1) for concept in text], dim=-1)
    by_hand = (1.1 - far).clamp_min(0).sum(dim=-1).mean(dim=1)
    torch.testing.assert_close(unwanted_concepts(embedding, text, 1.1), by_hand)
    torch.testing.assert_close(UnwantedConcepts(view, concepts, 1.1)(frames, STEP), by_hand)
    assert not unwanted_concepts(-text[None], text[:1], 0.5).any() or far.min() < 0.5


def test_words_without_concepts_are_at_right_angles_to_their_directions(encoder: Encoder) -> None:
    text = embed_phrases(["a red cat"], encoder)
    found = without_concepts(text, ["red"], encoder)
    red = embed_phrases(["red"], encoder) - embed_phrases([""], encoder)
    torch.testing.assert_close(found @ red.T, torch.zeros(1, 1), atol=1e-5, rtol=0)
    torch.testing.assert_close(found @ found.T, torch.ones(1, 1))
    torch.testing.assert_close(found, F.normalize(text - text @ red.T @ red / red.square().sum(), dim=-1))
    assert without_concepts(text, [], encoder) is text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a red apple", ["a red apple"]),
        ("a red cat left of a blue dog, in the snow", ["a red cat", "a blue dog", "in the snow"]),
        ("a house with a red roof and a green door", ["a house", "a red roof", "a green door"]),
        ("a red and white flag on top of the hill.", ["a red and white flag", "the hill"]),
        ("bread and butter", ["bread and butter"]),
    ],
)
def test_a_phrase_has_parts(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_all_parts_must_hold(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    frames = random_frames()
    texts = ["a cat, a dog", "a cat", "a dog"]
    far = text_distance(view(frames, STEP).embedding, embed_phrases(texts, view.encoder))
    by_hand = 0.02 * (far / 0.02).exp().mean(dim=-1).log()
    torch.testing.assert_close(soft_worst(far, torch.ones(3), 0.02), by_hand, rtol=1e-4, atol=1e-5)
    found = TextParts(view, Prompt.parse("a cat, a dog"))(frames, STEP)
    torch.testing.assert_close(found, by_hand.mean(dim=1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(soft_worst(far, torch.ones(3), 1e-4), far.amax(dim=-1), rtol=1e-3, atol=1e-3)
    with pytest.raises(InputError, match="'a dog' has no positive weight"):
        TextParts(view, Prompt.parse("a cat | a dog:-1"))


def square(opaque: bool) -> Frames:
    """A red square left of the middle of a light picture."""
    rgb, alpha = torch.full((1, 1, 3, 40, 40), 0.9), torch.zeros(1, 1, 1, 40, 40)
    rgb[..., 15:25, 10:20] = torch.tensor([0.8, 0.1, 0.1]).view(3, 1, 1)
    alpha[..., 15:25, 10:20] = 1.0
    return Frames(rgb, torch.ones_like(alpha) if opaque else alpha)


@pytest.mark.parametrize("opaque", [True, False])
def test_crops_lie_around_the_object(opaque: bool) -> None:
    frames = square(opaque)
    mask = object_mask(frames.rgb, frames.alpha)
    assert mask.sum() == 100
    assert mask[..., 15:25, 10:20].all()
    near, half, whole = object_crops(frames.rgb, mask, (0.0, 0.5, 1.0))[0]
    torch.testing.assert_close(whole, frames.rgb[0, 0])
    red = [(crop[1] < 0.5).float() for crop in (near, half, whole)]
    shares = [float(one.mean()) for one in red]
    side = 9 / 40 * (1 + 2 * 0.15)  # of the box between the centres of its pixels, with its margin
    assert shares[0] == pytest.approx((0.25 / side) ** 2, rel=0.1)
    assert shares[1] == pytest.approx((0.25 / ((1 + side) / 2)) ** 2, rel=0.1)
    columns = red[0].sum(dim=0).nonzero().flatten()
    assert columns.float().mean() == pytest.approx(19.5, abs=1)  # in the middle


def test_crops_are_judged_as_pictures(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    frames, prompt = random_frames(views=2), Prompt.parse("a cat")
    crops = object_crops(frames.rgb, object_mask(frames.rgb, frames.alpha), (0.2, 0.7))
    assert crops.shape == (2, 4, 3, 72, 72)
    embedding = view(Frames(crops, torch.ones_like(crops[:, :, :1])), Step(2, 10)).embedding
    expected = text_similarity(embedding, prompt.embed(view.encoder), prompt.weights)
    torch.testing.assert_close(TextCrops(view, prompt, context=(0.2, 0.7))(frames, STEP), expected)


def test_encoders_without_words_for_places_say_so(folders: dict[str, Path]) -> None:
    view = AugmentedEncoder(load_encoder(f"local-dir:{folders['timm-convnet']}", precision="float32"))
    with pytest.raises(InputError, match="knows no words for places"):
        TextRegions(view, [RegionPrompt(Region(), Prompt.parse("a cat"))])


def test_regions(folders: dict[str, Path], random_frames: FramesOf) -> None:
    view = AugmentedEncoder(load_encoder(f"local-dir:{folders['vit']}", precision="float32"), num_augs=0)
    left, right = Region((0.0, 0.0, 1 / 3, 1.0)), Region((1 / 3, 0.0, 1.0, 1.0))
    pairs = [RegionPrompt(left, Prompt.parse("a cat:2 | a dog:-1")), RegionPrompt(right, Prompt.parse("a tree"))]
    frames = random_frames(views=2, size=48)
    loss = TextRegions(view, pairs)
    found = loss(frames, Step(2, 10))
    places = view(frames, Step(2, 10)).layers[DENSE]
    text = embed_phrases(["a cat", "a dog", "a tree"], view.encoder)
    far = 1 - torch.stack([F.cosine_similarity(places, one[:, None, None], dim=2) for one in text], dim=2)
    first = (2 * far[:, :, 0, :, :1] - far[:, :, 1, :, :1]).mean(dim=(1, 2, 3))
    second = far[:, :, 2, :, 1:].mean(dim=(1, 2, 3))
    torch.testing.assert_close(found, (first + second) / 2, rtol=1e-4, atol=1e-5)
    masks = torch.zeros(1, 2, 3, 3)
    masks[0, 0, :, 0] = masks[0, 1, :, 1:] = 1.0
    torch.testing.assert_close(text_regions(places, text, loss.weights, masks), found, rtol=1e-4, atol=1e-5)


def test_regions_follow_the_looks(folders: dict[str, Path], random_frames: FramesOf) -> None:
    """A look at the right half alone has nothing of a region on the left."""
    encoder = load_encoder(f"local-dir:{folders['vit']}", precision="float32")
    shift = Augmentations([{"affine": {"degrees": 0, "translate": 0, "scale": [2, 2]}}])
    view = AugmentedEncoder(encoder, shift, num_augs=1, include_clean=False)
    frames = random_frames()
    frames.rgb.requires_grad_()
    rim = RegionPrompt(Region((0.0, 0.0, 0.2, 1.0)), Prompt.parse("a cat"))  # beyond what is seen
    assert not TextRegions(view, [rim])(frames, STEP).any()


def test_directions_are_normalised_by_template(view: AugmentedEncoder) -> None:
    """StyleGAN-NADA's: texts are normalised, differences averaged over templates, and the mean is normalised."""
    templates = ["a photo of {}", "a bad drawing of {}"]
    rows = F.normalize(view.encoder.encode_text([t.replace("{}", w) for w in ("a cat", "a dog") for t in templates]))
    by_hand = F.normalize((rows[2:] - rows[:2]).mean(dim=0), dim=0)
    torch.testing.assert_close(direction_of("a cat", Prompt.parse("a dog", templates), view), by_hand)


def test_directions_from_examples_and_words(
    view: AugmentedEncoder, random_frames: FramesOf, random_pictures: Callable[..., Tensor]
) -> None:
    start, frames, prompt = Target(random_pictures(1, 3, 72, 72, seed=9)), random_frames(), Prompt.parse("a dog")
    sources, examples = (
        [Target(random_pictures(1, 3, 64, 64, seed=s)) for s in seeds] for seeds in ((1, 2), (3, 4, 5))
    )
    means = [
        torch.stack([F.normalize(view.encoder.encode_image(one.fixed_picture()).embedding[0], dim=0) for one in few])
        for few in (sources, examples)
    ]
    seen = F.normalize(means[1].mean(dim=0) - means[0].mean(dim=0), dim=0)
    alone = ExampleDirection(view, start, sources, examples)
    both = ExampleDirection(view, start, sources, examples, prompt, "a cat")
    words = TextDirection(view, prompt, start, "a cat")
    torch.testing.assert_close(alone.direction.sum(dim=0), seen)
    added = seen + words.direction.sum(dim=0)
    torch.testing.assert_close(both.direction.sum(dim=0), F.normalize(added, dim=0))
    values = [loss(frames, Step(0, 10, training=False)) for loss in (alone, both, words)]
    torch.testing.assert_close((1 - values[1]) * added.norm(), (1 - values[0]) + (1 - values[2]), rtol=1e-3, atol=1e-4)
    with pytest.raises(InputError, match="examples is empty"):
        ExampleDirection(view, start, sources, [])
    with pytest.raises(InputError, match="start: 'a cat' leads to no prompt"):
        ExampleDirection(view, start, sources, examples, start="a cat")


def test_written_words(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    frames = random_frames()
    loss = WrittenWords(view, Prompt.parse("a cat | fog:-1"), margin=-0.1)
    embedding = view(frames, STEP).embedding
    assert loss.directions.shape == (2, 24)
    captions = embed_phrases(["a cat"], view.encoder, ['the word "{}"', "a text that says {}", "a sign that says {}"])
    by_words = F.normalize(captions[0] - embed_phrases(["a cat"], view.encoder)[0], dim=0)
    torch.testing.assert_close(loss.directions[0], by_words)
    cosines = torch.stack([F.cosine_similarity(embedding, way, dim=-1) for way in loss.directions])
    by_hand = (cosines + 0.1).clamp_min(0).mean(dim=(0, 2))
    torch.testing.assert_close(written_words(embedding, loss.directions, -0.1), by_hand)
    torch.testing.assert_close(loss(frames, STEP), by_hand)


def test_letters_are_told_from_the_thing_that_they_name() -> None:
    from guidance.losses.written_words import rendered
    from limn.pictures import decode_picture
    from pipelines.inputs.pictures import fit

    encoder = load_encoder("pocket", precision="float32")
    for name in ("kitten", "owl", "bicycle", "teapot", "sailboat"):
        thing = fit(decode_picture(f"configs/assets/{name}.png", name), (224, 224))
        embedding = encoder.encode_image(torch.cat([thing, rendered(name, "navy", "white")])).embedding
        of_thing, of_letters = written_words(embedding[:, None], written_directions([name], encoder))
        assert of_letters > of_thing + 0.05
