from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.functional import perspective

from guidance import AUGMENTATIONS, Augmentations
from guidance.augment.geometry import homography
from guidance.augment.kinds import Augmentation
from guidance.augment.sampling import sample
from limn.errors import InputError

ALL = ["perspective", "crop", "affine", "colour", "noise"]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def smooth(size: int, count: int = 1) -> Tensor:
    coarse = torch.rand(count, 3, 5, 5, generator=generator(3))
    return F.interpolate(coarse, size=(size, size), mode="bicubic").clamp(0, 1)


def test_every_kind_is_registered() -> None:
    assert AUGMENTATIONS.names() == sorted([*ALL, "kornia"])


def test_an_identity_draw_is_a_plain_resize() -> None:
    pictures = smooth(40, 2)
    views = Augmentations().draw(3, generator())(pictures, (20, 20))
    plain = F.interpolate(pictures, size=(20, 20), mode="bilinear", align_corners=False)
    torch.testing.assert_close(views, plain[:, None].expand(2, 3, 3, 20, 20))


def test_the_homography_takes_points_to_points() -> None:
    source = torch.tensor([[[-1.0, -1.0], [1.0, -0.8], [0.9, 1.0], [-0.7, 0.6]]])
    target = torch.tensor([[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]])
    matrix = homography(source, target)[0]
    moved = torch.cat([source[0], torch.ones(4, 1)], dim=1) @ matrix.T
    torch.testing.assert_close(moved[:, :2] / moved[:, 2:], target[0], atol=1e-5, rtol=1e-5)


def test_perspective_is_torchvisions() -> None:
    size = 64
    picture = smooth(size)
    draw = Augmentations(["perspective"]).draw(1, generator(5))
    back = torch.linalg.inv(draw.homographies[0])
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    moved = corners @ back.T
    ends = (moved[:, :2] / moved[:, 2:] + 1) * size / 2
    starts = (corners[:, :2] + 1) * size / 2
    theirs = perspective(picture, starts.tolist(), ends.tolist(), fill=[1.0, 1.0, 1.0])
    ours = draw(picture, (size, size))[:, 0]
    inside = (ours - theirs).abs().amax(dim=1)
    assert inside.median() < 1e-4
    assert (inside > 0.02).float().mean() < 0.06  # the outermost pixel fades to white with us


def test_a_crop_lies_inside_the_picture() -> None:
    grid = Augmentations([{"crop": [0.3, 0.9]}]).draw(64, generator()).grid((8, 8))
    assert grid.abs().max() <= 1.0
    spans = (grid[:, 0, -1, 0] - grid[:, 0, 0, 0]) / (2 * 7 / 8)
    areas = spans.square()
    assert areas.min() >= 0.3 - 1e-5
    assert areas.max() <= 0.9 + 1e-5
    assert areas.min() < 0.4
    assert areas.max() > 0.8


def test_what_lies_beyond_the_picture_is_white() -> None:
    far = Augmentations([{"affine": {"degrees": 0, "translate": 0.0, "scale": [0.5, 0.5]}}])
    view = far.draw(1, generator())(torch.zeros(1, 3, 16, 16), (16, 16))[0, 0]
    assert view[:, :3].min() == 1.0
    assert view[:, 5:11, 5:11].max() == 0.0


@pytest.mark.parametrize("name", ALL)
def test_a_draw_does_the_same_twice_and_to_every_picture(name: str) -> None:
    draw = Augmentations([name]).draw(3, generator())
    picture = smooth(32)
    alone = draw(picture, (24, 24))
    together = draw(torch.cat([picture, picture, 1 - picture]), (24, 24))
    torch.testing.assert_close(together[0], alone[0])
    torch.testing.assert_close(together[1], alone[0])
    assert not torch.allclose(alone[:, 0], alone[:, 1])
    again = Augmentations([name]).draw(3, generator())(picture, (24, 24))
    assert torch.equal(again, alone)
    other = Augmentations([name]).draw(3, generator(1))(picture, (24, 24))
    assert not torch.allclose(other, alone)


def test_gradients_match_central_differences() -> None:
    draw = Augmentations(ALL).draw(2, generator())
    weights = torch.randn(1, 2, 3, 10, 10, generator=generator(1))
    picture = smooth(12).requires_grad_()
    (gradient,) = torch.autograd.grad((draw(picture, (10, 10)) * weights).sum(), picture)
    direction = torch.randn(picture.shape, generator=generator(2))
    with torch.no_grad():
        high, low = (draw(picture + step * direction, (10, 10)) for step in (0.05, -0.05))
    slope = ((high - low) * weights).sum() / 0.1
    torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-3, atol=1e-3)


def test_colours_stay_put_without_jitter() -> None:
    still = Augmentations([{"colour": {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}}, {"noise": 0}])
    picture = smooth(16)
    torch.testing.assert_close(still.draw(1, generator())(picture, (16, 16))[:, 0], picture)


def test_a_whole_turn_of_the_hue_keeps_grey_grey() -> None:
    grey = torch.full((1, 3, 8, 8), 0.4)
    view = Augmentations([{"colour": {"brightness": 0, "contrast": 0.5, "saturation": 0.5, "hue": 0.5}}])
    torch.testing.assert_close(view.draw(1, generator())(grey, (8, 8))[:, 0], grey, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("perspectiv", "unknown augmentation 'perspectiv'; did you mean 'perspective'?"),
        ({"crop": [0.9, 0.5]}, "crop: scale"),
        ({"crop": 1.5}, "crop: scale"),
        ({"perspective": 2}, "perspective: distortion: expected less than or equal to 1, got 2"),
        ({"affine": {"angle": 3}}, "affine: unknown key 'angle'; did you mean 'scale'?"),
        ({"affine": {"scale": [2, 1]}}, "affine: scale"),
        ({"crop": 0.8, "noise": 0.1}, "expected one name"),
    ],
)
def test_a_wrong_config_is_one_clear_line(config: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Augmentations([config])  # type: ignore[list-item]
    assert message in str(caught.value)


def test_takes_an_augmentation_of_ones_own() -> None:
    class Negative(Augmentation):
        def recolour(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
            return 1 - pictures

    picture = smooth(8)
    views = Augmentations([Negative()]).draw(1, generator())(picture, (8, 8))
    torch.testing.assert_close(views[:, 0], 1 - picture)


def test_samples_and_their_adjoint_are_torchs_whatever_the_threads() -> None:
    grid = Augmentations(["perspective", {"affine": {"translate": 0.3}}]).draw(3, generator()).grid((13, 21))
    pictures = torch.rand(2, 3, 19, 27, generator=generator(1), requires_grad=True)
    pull = torch.randn(2, 3, 3, 13, 21, generator=generator(2))
    rows = F.grid_sample((pictures - 1).flatten(0, 1).expand(3, -1, -1, -1), grid, align_corners=False) + 1
    expected = rows.view(3, 2, 3, 13, 21).transpose(0, 1)
    (slope,) = torch.autograd.grad(expected, pictures, pull)
    threads = torch.get_num_threads()
    found = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            views = sample(pictures, grid)
            found.append((views, *torch.autograd.grad(views, pictures, pull)))
    finally:
        torch.set_num_threads(threads)
    torch.testing.assert_close(found[0], (expected, slope), rtol=1e-4, atol=1e-4)
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
