"""Lights, light samplers and shading against plain formulas."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from limn.cameras import turntable
from limn.errors import InputError
from limn.lights import ambient, irradiance
from renderers.mesh import LIGHTS, SHADINGS, Lights
from renderers.scene.colour import to_linear, to_srgb


def directions(count: int, seed: int = 0) -> Tensor:
    return F.normalize(torch.randn(count, 3, generator=torch.Generator().manual_seed(seed)), dim=1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def one_source(position: list[float], around: float, strength: float) -> Lights:
    white = torch.ones(1, 3)
    return Lights(ambient(around * white), torch.tensor([[position]]), strength * white[:, None])


def test_irradiance_against_an_integral_over_the_sphere() -> None:
    """Light L(w) = a + b w_z + c (3 w_z^2 - 1): its integral with the clamped cosine over pi, by a fine sum."""
    a, b, c = 0.7, 0.4, 0.2
    index = torch.arange(200_000) + 0.5
    height, turn = 1 - 2 * index / 200_000, math.pi * (1 + 5**0.5) * index
    flat = (1 - height**2).sqrt()
    sky = torch.stack([flat * turn.cos(), flat * turn.sin(), height], dim=1)
    light = a + b * sky[:, 2] + c * (3 * sky[:, 2] ** 2 - 1)
    normal = directions(5)
    summed = ((normal @ sky.T).clamp_min(0) * light).mean(dim=1) * 4
    coefficients = torch.zeros(9)
    coefficients[0], coefficients[2], coefficients[6] = a / 0.28209479, b / 0.48860251, c / 0.31539157
    torch.testing.assert_close(irradiance(normal) @ coefficients, summed, atol=2e-3, rtol=0)


def test_ambient_light_is_what_it_says() -> None:
    torch.testing.assert_close(one_source([0, 0, 1, 0], 0.4, 0.0).environment(directions(3)), torch.full((1, 3), 0.4))


def test_fewer_coefficients_are_the_first_ones() -> None:
    normal, coefficients = directions(4), torch.rand(1, 4, 3)
    nothing = torch.zeros(1, 0, 4)
    found = Lights(coefficients, nothing, nothing[..., :3]).environment(normal)
    torch.testing.assert_close(found, irradiance(normal)[:, :4] @ coefficients[0])


def test_lambert() -> None:
    colour, normal, point = torch.rand(6, 3), directions(6), 0.5 * directions(6, 1)
    place = torch.tensor([1.0, 2.0, 0.5])
    for w in (0.0, 1.0):
        lights = one_source([*place.tolist(), w], 0.3, 0.7)
        found = SHADINGS.find("lambert")()(colour, normal, point, torch.zeros(1, 3), lights)
        for k in range(6):
            towards = place - w * point[k]
            cosine = max(0.0, float(normal[k] @ towards / towards.norm()))
            torch.testing.assert_close(found[k], colour[k] * (0.3 + 0.7 * cosine))


def test_unlit() -> None:
    colour = torch.rand(4, 3)
    lights = one_source([0.0, 0.0, 1.0, 0.0], 0.0, 0.0)
    assert torch.equal(SHADINGS.find("unlit")()(colour, colour, colour, colour, lights), colour)


@pytest.mark.parametrize(("metallic", "roughness"), [(0.0, 0.5), (1.0, 0.3), (0.4, 1.0)])
def test_metallic_roughness_is_gltfs(metallic: float, roughness: float) -> None:
    colour, eye, towards = torch.rand(8, 3), torch.tensor([0.0, 0.0, 3.0]), torch.tensor([0.6, 0.0, 0.8])
    normal = F.normalize(directions(8) * 0.4 + torch.tensor([0.0, 0.0, 1.0]), dim=1)
    point = 0.2 * directions(8, 1)
    shading = SHADINGS.find("metallic_roughness")(metallic, roughness)
    found = shading(colour, normal, point, eye[None], one_source([*towards.tolist(), 0.0], 0.0, 0.8))
    for k in range(8):
        n, view, base = normal[k], (eye - point[k]) / (eye - point[k]).norm(), to_linear(colour[k])
        half = (view + towards) / (view + towards).norm()
        nl, nv, nh, vh = (max(float(x @ y), 1e-6) for x, y in ((n, towards), (n, view), (n, half), (view, half)))
        a2 = roughness**4
        spread = a2 / (math.pi * (nh**2 * (a2 - 1) + 1) ** 2)
        visible = 0.5 / (nl * math.sqrt(nv**2 * (1 - a2) + a2) + nv * math.sqrt(nl**2 * (1 - a2) + a2))
        f0 = 0.04 * (1 - metallic) + base * metallic
        fresnel = f0 + (1 - f0) * (1 - vh) ** 5
        brdf = (1 - fresnel) * base * (1 - metallic) / math.pi + fresnel * spread * visible
        torch.testing.assert_close(found[k], to_srgb((math.pi * 0.8 * nl * brdf).clamp(0, 1)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", LIGHTS.names())
def test_lighting_has_one_entry_per_shot_and_is_deterministic(name: str) -> None:
    cameras = turntable(3)
    once, again = (LIGHTS.find(name)()(cameras, generator(2)) for _ in range(2))
    for part in ("harmonics", "position", "strength"):
        value = getattr(once, part)
        assert len(value) == 3
        assert torch.equal(value, getattr(again, part))
    chosen = once.at(torch.tensor([2, 0, 2, 1]))
    torch.testing.assert_close(chosen.position, once.position[[2, 0, 2, 1]])
    assert Lights.join([once, once]).harmonics.shape[0] == 6


def test_the_sun_stands_still_or_follows() -> None:
    still, following = (LIGHTS.find("directional")(azimuth=90.0, elevation=0.0, follow=f) for f in (False, True))
    cameras = turntable(4)
    torch.testing.assert_close(
        still(cameras, generator()).position[:, 0], torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(4, 4), atol=1e-6, rtol=0
    )
    right = cameras.camera_to_world[:, :3, 0]
    torch.testing.assert_close(following(cameras, generator()).position[:, 0, :3], right, atol=1e-6, rtol=0)


def test_random_sources_are_on_the_cameras_side() -> None:
    cameras = turntable(2000, elevation=0.5)
    cosine = LIGHTS.find("cosine")()(cameras, generator()).position[:, 0, :3]
    along = (cosine * F.normalize(cameras.eye, dim=1)).sum(dim=1)
    assert along.min() >= 0
    assert abs(along.mean() - 2 / 3) < 0.02  # of a density proportional to the cosine
    point = LIGHTS.find("random_point")()(cameras, generator()).position[:, 0]
    assert (point[:, 3] == 1).all()
    away = point[:, :3].norm(dim=1)
    assert 0.8 <= away.min() <= away.max() <= 1.5
    assert (point[:, :3] * cameras.eye).sum(dim=1).gt(0).float().mean() > 0.9


def test_harmonics_are_one_four_or_nine() -> None:
    with pytest.raises(InputError, match="2 coefficients; expected 1, 4 or 9"):
        LIGHTS.find("harmonics")((1.0, 1.0))
