"""How exemplars may take part: as they are, as silhouettes, as textures."""

import torch

from guidance.distillation.exemplars.looks import looking, silhouettes, textures


def ring() -> torch.Tensor:
    """A red ring on white [1, 3, 32, 32], left of the middle."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    away = ((x - 12) ** 2 + (y - 16) ** 2).sqrt()
    ink = ((away > 4) & (away < 9)).float()
    red = torch.tensor([0.9, 0.1, 0.2]).view(3, 1, 1)
    return (red * ink + (1 - ink))[None]


def test_a_texture_runs_on_to_the_border_and_keeps_white_inside() -> None:
    picture = ring()
    texture = textures(torch.cat([picture, torch.ones(1, 3, 32, 32)]))
    torch.testing.assert_close(texture[0, :, 0, 31], torch.tensor([0.9, 0.1, 0.2]), atol=0.05, rtol=0)
    assert (texture[0, 0] - texture[0, 1]).gt(0.5).sum() > 32 * 32 - 60
    assert (texture[0, :, 16, 12] == 1).all()
    assert torch.equal(texture[0, :, 16, 6], picture[0, :, 16, 6])
    assert (texture[1] == 1).all()


def test_silhouettes_are_black_on_white() -> None:
    picture = ring()
    form = silhouettes(picture)
    assert (form[0, :, 16, 6] == 0).all() and (form[0, :, 0, 31] == 1).all()
    assert torch.equal(looking(picture, "silhouette"), form)
    assert torch.equal(looking(picture, "plain"), picture)
