from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import kornia
import pytest
import torch
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Step
from guidance.augment.kornia import _augmentations
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames
from pipelines import read_config

SETTINGS = {
    "RandomAffine": {"degrees": 20, "translate": [0.1, 0.2]},
    "RandomFisheye": {"center_x": [-0.3, 0.3], "center_y": [-0.3, 0.3], "gamma": [0.9, 1.1]},
    "RandomGaussianBlur": {"kernel_size": [5, 5], "sigma": [0.5, 2.0]},
    "RandomGrayscale": {"rgb_weights": [0.2, 0.5, 0.3]},
    "RandomMotionBlur": {"kernel_size": 5, "angle": 35.0, "direction": 0.5},
    "RandomRotation": {"degrees": [-30, 30]},
    "RandomRotation90": {"times": [1, 2]},
    "RandomShear": {"shear": 0.2},
    "RandomPlanckianJitter": {"mode": "CIED", "same_on_batch": True},
    "Normalize": {"mean": 0.5, "std": 0.2},
    "Denormalize": {"mean": 0.5, "std": 0.2},
}
SIZED = ("CenterCrop", "LongestMaxSize", "PadTo", "RandomCrop", "RandomResizedCrop", "Resize", "SmallestMaxSize")
FLAT = ("RandomClahe", "RandomEqualize", "RandomPosterize")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 1) -> Tensor:
    return torch.rand(count, 3, 40, 40, generator=generator(3))


@pytest.mark.parametrize("name", sorted({*_augmentations()} - {*SIZED, *FLAT}))
@pytest.mark.filterwarnings("ignore")  # of kornia's own
def test_every_augmentation_follows_the_generator(name: str) -> None:
    draw = Augmentations([{"kornia": {name: SETTINGS.get(name, {})}}]).draw(3, generator())
    state, picture = torch.get_rng_state(), pictures()
    alone = draw(picture, (40, 40))
    random.seed(5)
    torch.manual_seed(5)
    together = draw(torch.cat([1 - picture, picture]).requires_grad_(), (40, 40))
    again = Augmentations([{"kornia": {name: SETTINGS.get(name, {})}}]).draw(3, generator())(picture, (40, 40))
    assert torch.equal(together[1], alone[0])
    assert torch.equal(again, alone)
    assert alone.shape == (1, 3, 3, 40, 40)
    torch.set_rng_state(state)
    draw(picture, (40, 40))
    assert torch.equal(torch.get_rng_state(), state)


def test_it_is_kornias_own() -> None:
    draw = Augmentations([{"kornia": {"RandomPlanckianJitter": {"mode": "CIED", "p": 1.0}}}]).draw(4, generator())
    found = draw(pictures(), (40, 40))[0]
    kind = kornia.augmentation.RandomPlanckianJitter(mode="CIED", p=1.0)
    seed = int(torch.randint(2**53, (), generator=generator(draw.seed)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = kind(Augmentations().draw(4, generator())(pictures(), (40, 40))[0])
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found[0], found[1])


def test_pictures_and_target_are_looked_at_alike(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    augment = Augmentations(["perspective", {"kornia": {"RandomPlasmaShadow": {"p": 1.0}}}, {"noise": 0.05}])
    view, frames, step = AugmentedEncoder(encoder, augment, num_augs=2), random_frames(), Step(3, 10)
    target = view.target(Target(frames.rgb[1]), frames, step)
    torch.testing.assert_close(view(frames, step).embedding[1], target.embedding[0], rtol=1e-4, atol=1e-5)
    later = view(frames, Step(4, 10)).embedding
    assert not torch.allclose(later[:, 1:], view(frames, step).embedding[:, 1:])
    torch.testing.assert_close(later[:, 0], view(frames, step).embedding[:, 0])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("RandomPlanckJitter", "no augmentation 'RandomPlanckJitter'; did you mean 'RandomPlanckianJitter'?"),
        ({"RandomGamma": {"gama": [1, 2]}}, "kornia: RandomGamma: unknown key 'gama'; did you mean 'gamma'?"),
        ({"RandomGamma": {"gamma": "much"}}, "kornia: RandomGamma: gamma"),
        ({"RandomPlanckianJitter": {"mode": "warm"}}, "kornia: RandomPlanckianJitter: "),
        ({"RandomGamma": {"p": 7}}, "kornia: RandomGamma: p: expected a number from 0 to 1, got 7"),
        ({"RandomAffine": {}}, "kornia: RandomAffine: 'degrees' is missing"),
        ({"RandomCrop": {"size": [20, 20]}}, "kornia: RandomCrop makes [64, 64] pixels [20, 20]; views keep"),
        ({"RandomPosterize": {}}, "kornia: RandomPosterize has no gradient"),
        ({"RandomGrayscale": {}, "RandomInvert": {}}, "kornia: expected one augmentation"),
        (3, "kornia: augmentation"),
    ],
)
def test_a_wrong_config_is_one_clear_line(config: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Augmentations([{"kornia": config}])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_config_names_it_in_augment() -> None:
    augment = [{"kornia": {"RandomPlanckianJitter": {"mode": "CIED"}}}, "perspective"]
    file = Path(__file__).parents[3] / "configs" / "draw.yaml"
    config = read_config(file, [("augment", augment), ("prompt", "a red apple")])
    assert config.augment == augment
    with pytest.raises(InputError, match="augment: kornia has no augmentation 'Gama'"):
        read_config(file, [("augment", [{"kornia": "Gama"}])])
