"""Losses on films: pooled frames and actions, by the published formulas."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Prompt, Step, load_encoder
from guidance.losses import Action, VideoSimilarity, VideoTextSimilarity, image_similarity, video_embedding
from guidance.losses.action import action_text
from guidance.prompt import known_templates
from guidance.target import Target
from guidance.templates import actions
from limn.errors import InputError
from limn.frames import Frames

STEP = Step(2, 10)
Make = Callable[..., Frames]


@pytest.fixture
def view(encoder: Encoder) -> AugmentedEncoder:
    return AugmentedEncoder(encoder, Augmentations(["perspective", "crop"]), num_augs=2)


def unit(x: Tensor) -> Tensor:
    return x / x.norm()


def pooled(frames: list[Tensor]) -> Tensor:
    """CLIP4Clip by hand."""
    return unit(sum((unit(frame) for frame in frames), torch.zeros(len(frames[0]))) / len(frames))


def test_every_frame_counts_alike_however_long_its_embedding_is() -> None:
    frames = torch.tensor([[3.0, 0.0], [0.0, 100.0]])
    torch.testing.assert_close(video_embedding(frames), torch.full((2,), 0.5**0.5))


def test_views_of_one_look_are_one_film(view: AugmentedEncoder, random_frames: Make) -> None:
    frames, prompt = random_frames(candidates=2, views=3), Prompt.parse("a red apple:2 | blurry:-0.5")
    looks = view(frames, STEP).embedding.view(2, 3, 3, -1)  # candidates, views, looks
    text = [unit(row) for row in view.encoder.encode_text(["a red apple", "blurry"])]
    by_hand = []
    for candidate in looks:
        films = [pooled([candidate[v, k] for v in range(3)]) for k in range(3)]
        by_hand.append(sum(2 * (1 - film @ text[0]) - 0.5 * (1 - film @ text[1]) for film in films) / 3)
    torch.testing.assert_close(VideoTextSimilarity(view, prompt)(frames, STEP), torch.stack(by_hand))


def test_the_order_of_frames_is_forgotten(view: AugmentedEncoder, random_frames: Make) -> None:
    frames = random_frames(views=4)
    mixed = Frames(frames.rgb[:, [2, 0, 3, 1]], frames.alpha)
    loss = VideoTextSimilarity(view, Prompt.parse("a spinning top"))
    torch.testing.assert_close(loss(frames, Step(2, 10)), loss(mixed, Step(2, 10)))


def test_a_film_is_compared_with_a_film_of_another_length(view: AugmentedEncoder, random_frames: Make) -> None:
    frames, film = random_frames(views=2), random_frames(candidates=1, views=5, seed=4).rgb[0]
    target = pooled(list(view.encoder(film).embedding))
    looks = view(frames, STEP).embedding.view(2, 2, 3, -1)
    by_hand = [sum(1 - pooled([c[0, k], c[1, k]]) @ target for k in range(3)) / 3 for c in looks]
    torch.testing.assert_close(VideoSimilarity(view, Target(film=film))(frames, STEP), torch.stack(by_hand))


def test_the_views_of_a_target_are_one_film_too(view: AugmentedEncoder, random_frames: Make) -> None:
    frames, other = random_frames(views=3), random_frames(candidates=1, views=2, seed=4)
    step = Step(0, 10, training=False)
    ours, theirs = (video_embedding(view(each, step).embedding)[:, None] for each in (frames, other))
    loss = VideoSimilarity(view, Target(views=lambda *_: other))
    torch.testing.assert_close(loss(frames, step), image_similarity(ours, theirs))
    examples = VideoSimilarity(view, Target(embedding=view(other, step).embedding[0]))
    torch.testing.assert_close(examples(frames, step), image_similarity(ours, theirs))


def test_other_losses_refuse_a_film(view: AugmentedEncoder, random_frames: Make) -> None:
    target, frames = Target(film=torch.rand(2, 3, 8, 8)), random_frames()
    with pytest.raises(InputError, match="expected one fixed picture as target, got a film"):
        view.target(target, frames, STEP)
    with pytest.raises(InputError, match="expected one fixed picture"):
        target.frames(frames, STEP)
    with pytest.raises(InputError, match="expected a film as target, got a picture"):
        Target(torch.rand(1, 3, 8, 8)).film_frames()


def test_actions_are_told_as_actionclip_does(view: AugmentedEncoder, random_frames: Make) -> None:
    frames, names = random_frames(views=3), ["dancing", "sleeping", "running"]
    loss = Action(view, Prompt.parse("dancing:2 | sleeping:-1"), ["running", "dancing"], temperature=0.1)
    assert len(actions()) == 16
    assert loss.text.shape[:2] == (16, 3)
    looks = view(frames, STEP).embedding.view(2, 3, 3, -1)
    by_hand = []
    for candidate in looks:
        films = [pooled([candidate[v, k] for v in range(3)]) for k in range(3)]
        likely = []
        for film in films:
            rows = []
            for template in actions():
                text = F.normalize(view.encoder.encode_text([template.replace("{}", name) for name in names]), dim=-1)
                rows.append((text @ film / 0.1).softmax(dim=0))
            likely.append(sum(rows)[0] / 16)
        by_hand.append(-2 * torch.stack(likely).log().mean())
    torch.testing.assert_close(loss(frames, STEP), torch.stack(by_hand))


def test_templates_are_those_whose_words_the_encoder_has_met(encoder: Encoder) -> None:
    assert known_templates(actions(), encoder) == actions()  # it does not say what it has met
    pocket = known_templates(actions(), load_encoder("pocket"))
    assert "A video of {}" in pocket
    assert "Human action of {}" not in pocket
    assert known_templates(["an unseen {}"], load_encoder("pocket")) == ("{}",)
    assert len(action_text(["dancing"], load_encoder("pocket"))) == len(pocket)


@pytest.mark.parametrize(
    ("prompt", "settings", "line"),
    [
        ("dancing:-1", {"others": ["running"]}, "positive weight"),
        ("dancing", {"others": ["dancing"]}, "no action to tell 'dancing' from"),
        ("dancing", {"others": ["running"], "templates": ("a film",)}, "has no {} where"),
    ],
)
def test_what_actions_refuse(view: AugmentedEncoder, prompt: str, settings: dict[str, list[str]], line: str) -> None:
    with pytest.raises(InputError, match=line):
        Action(view, Prompt.parse(prompt), **settings)  # type: ignore[arg-type]
