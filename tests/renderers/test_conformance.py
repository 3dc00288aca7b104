"""What every registered renderer must keep to."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from limn.artefact import Artefact
from limn.cameras import Cameras, turntable
from limn.components import OneOf
from limn.frames import Frames
from limn.step import Step
from renderers.base import Renderer
from renderers.mesh.renderer import MeshRenderer
from renderers.mesh.sphere import icosphere
from renderers.registry import RENDERERS, Canvas

SIZE = (48, 48)
STEPS = 60
FRACTION = 0.05
"""Every candidate ends below this fraction of its first error, with four times the learning rates of the renderer."""

SETTINGS: dict[str, dict[str, Any]] = {
    **{name: {"width": 48, "export_size": 64} for name in ("finer", "fourier", "siren", "wire")},
    "field": {
        "encoding": {"dense_grid": {"resolution": 20}},
        "samples": 64,
        "occupancy": 8,
        "resolution": 20,
        "texture_size": 64,
    },
    "filter": {"export_size": 64},
    "flexicubes": {"resolution": 14, "colours": 8, "texture_size": 64},
    "mesh": {"detail": 3},
    "pyramid": {"frequency": 16.0, "export_size": 64},
    "shapes": {"count": 24},
    "squares": {"columns": 16},
    "strokes": {"count": 24, "width": 4.0},
}
every_renderer = pytest.mark.parametrize("name", RENDERERS.names())


def made(name: str, candidates: int = 3, seed: int = 0) -> Renderer:
    canvas = Canvas(SIZE, candidates, torch.Generator().manual_seed(seed))
    return RENDERERS.find(name)(canvas, **SETTINGS.get(name, {}))


def moved(name: str, candidates: int = 3) -> Renderer:
    """A renderer whose candidates differ in all parameters."""
    renderer = made(name, candidates)
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for group in renderer.parameter_groups():
            for parameter in group.parameters:
                parameter += 3 * group.learning_rate * torch.randn(parameter.shape, generator=draws)
    renderer.constrain()
    return renderer


def cameras_of(renderer: Renderer) -> Cameras | None:
    return turntable(4, elevation=0.4) if renderer.has_views else None


def shown(renderer: Renderer, size: tuple[int, int] | None = None) -> Frames:
    return renderer.render(cameras_of(renderer), size, Step(3, 10))


def target_of(renderer: Renderer) -> Tensor:
    """What is to be fitted [V, 3, H, W]: a blue egg with a coloured surface, or a disc on a ramp of colours."""
    if renderer.has_views:
        ball = icosphere(3, 0.8)
        colours = (ball.vertices / 0.8 + 1) / 2
        egg = ball.vertices * torch.tensor([0.8, 1.1, 0.8])
        model = MeshRenderer(type(ball)(egg, ball.faces, colours=colours), size=SIZE)
        return model.render(cameras_of(renderer)).rgb[0]
    y, x = torch.meshgrid(torch.linspace(0, 1, SIZE[0]), torch.linspace(0, 1, SIZE[1]), indexing="ij")
    ramp = torch.stack([x, 0.5 + 0 * x, y])
    inside = (x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.08
    return torch.where(inside, torch.tensor([0.9, 0.8, 0.1])[:, None, None], ramp)[None]


def errors(renderer: Renderer, target: Tensor) -> Tensor:
    """Mean squared error of every candidate [S]."""
    return (shown(renderer).rgb - target).square().flatten(1).mean(dim=1)


def written(renderer: Renderer, folder: Path, candidate: int) -> tuple[list[Artefact], dict[str, bytes]]:
    found = renderer.artefacts(folder, candidate)
    return found, {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@every_renderer
def test_it_fits_what_is_given(name: str) -> None:
    renderer = made(name, candidates=2)
    target = target_of(renderer)
    groups = renderer.parameter_groups()
    optimisers = [g.optimiser(g.parameters, lr=4 * g.learning_rate, **g.options) for g in groups]
    first = errors(renderer, target).detach()
    for _ in range(STEPS):
        loss = errors(renderer, target)
        if (loss < FRACTION * first).all():
            return
        renderer.zero_grad()
        loss.sum().backward()
        for optimiser in optimisers:
            optimiser.step()
        renderer.constrain()
    pytest.fail(f"{name} still has {float((errors(renderer, target) / first).max()):.0%} of its first error")


@every_renderer
def test_gradients_reach_every_parameter_of_every_group(name: str) -> None:
    renderer = moved(name)
    errors(renderer, target_of(renderer)).sum().backward()
    groups = renderer.parameter_groups()
    assert len({group.name for group in groups}) == len(groups) > 0
    for group in groups:
        for parameter in group.parameters:
            assert parameter.grad is not None
            assert torch.isfinite(parameter.grad).all()
            assert parameter.grad.flatten(1).any(dim=1).all()
    grouped = {id(parameter) for group in groups for parameter in group.parameters}
    assert grouped == {id(parameter) for parameter in renderer.parameters() if parameter.requires_grad}


@every_renderer
def test_candidates_do_not_influence_each_other(name: str) -> None:
    renderer = moved(name)
    errors(renderer, target_of(renderer))[1].backward()
    parameters = [parameter for group in renderer.parameter_groups() for parameter in group.parameters]
    for parameter in parameters:
        assert parameter.grad is not None
        assert not parameter.grad[[0, 2]].any()
    before = shown(renderer).rgb.detach()
    with torch.no_grad():
        for parameter in parameters:
            parameter[1] = parameter[0]
    after = shown(renderer).rgb.detach()
    assert torch.equal(after[[0, 2]], before[[0, 2]])
    torch.testing.assert_close(after[1], after[0])


@every_renderer
def test_a_population_shows_what_single_candidates_show(name: str) -> None:
    together = shown(moved(name)).rgb.detach()
    for index in range(3):
        alone = moved(name)
        alone.keep([index])
        torch.testing.assert_close(shown(alone).rgb.detach(), together[index : index + 1])


@every_renderer
def test_frames_have_the_shapes_they_should(name: str) -> None:
    renderer = made(name)
    for size in (None, (32, 40)):
        frames = shown(renderer, size)
        views = 4 if renderer.has_views else 1
        assert frames.rgb.shape == (3, views, 3, *(size or SIZE))
        assert frames.alpha.shape == (3, views, 1, *(size or SIZE))
        assert frames.rgb.dtype == torch.float32
        for values in (frames.rgb, frames.alpha):
            assert -1e-4 <= values.min() <= values.max() <= 1 + 1e-4
        if frames.geometry is not None:
            assert frames.geometry.candidates == 3
            assert frames.geometry.candidate(1).candidates == 1
        assert not frames.detach().rgb.requires_grad
    if not renderer.has_views:
        assert torch.equal(renderer.render().rgb, shown(renderer).rgb)


@every_renderer
def test_the_same_seed_and_step_give_the_same_bits(name: str) -> None:
    states = []
    for _ in range(2):
        renderer = moved(name)
        frames = shown(renderer)
        frames.rgb.square().sum().backward()
        gradients = [p.grad for group in renderer.parameter_groups() for p in group.parameters]
        states.append([frames.rgb, frames.alpha, *renderer.state_dict().values(), *gradients])
    for one, other in zip(*states, strict=True):
        assert torch.equal(one, other)


@every_renderer
def test_the_state_dict_holds_the_candidates_and_nothing_else(name: str) -> None:
    renderer, other = moved(name), made(name, seed=9)
    state = renderer.state_dict()
    assert all(tensor.shape[0] == 3 for tensor in state.values())
    other.load_state_dict(state)
    assert torch.equal(shown(other).rgb, shown(renderer).rgb)


@every_renderer
def test_keep_drops_the_others(name: str) -> None:
    renderer = moved(name)
    before = shown(renderer).rgb.detach()
    renderer.keep([0, 2])
    assert renderer.candidates == 2
    assert all(tensor.shape[0] == 2 for tensor in renderer.state_dict().values())
    torch.testing.assert_close(shown(renderer).rgb.detach(), before[[0, 2]])


@every_renderer
def test_constrain_is_a_projection(name: str) -> None:
    renderer = moved(name)
    with torch.no_grad():
        for parameter in renderer.parameters():
            parameter.mul_(20).sub_(5)
    renderer.constrain()
    once = [parameter.detach().clone() for parameter in renderer.parameters()]
    renderer.constrain()
    assert all(torch.equal(a, b) for a, b in zip(once, renderer.parameters(), strict=True))
    assert torch.isfinite(shown(renderer).rgb).all()


@every_renderer
def test_artefacts_exist_and_are_described(name: str, tmp_path: Path) -> None:
    renderer = moved(name, candidates=2)
    found, files = written(renderer, tmp_path / "new" / "one", 0)
    assert found
    assert {artefact.path.name for artefact in found} == set(files)
    for artefact in found:
        assert artefact.path.exists()
        assert artefact.kind in ("picture", "drawing", "animation", "model", "film", "data")
        assert artefact.label
    assert len({artefact.label for artefact in found}) == len(found)
    assert written(renderer, tmp_path / "other", 1)[1] != files


@every_renderer
def test_settings_are_a_schema_with_ranges(name: str) -> None:
    one_of = OneOf(RENDERERS, ("canvas",))
    canvas = Canvas((224, 224), 1, torch.Generator())
    assert one_of.read(name).make(canvas=canvas).candidates == 1
    for setting in inspect.signature(RENDERERS.find(name)).parameters:
        if setting != "canvas":
            with pytest.raises(ValueError, match=f"{name}: {setting}: expected (greater than|a list|a name|a boolean)"):
                one_of.read({name: {setting: -1}})


def test_squares_must_fill_the_canvas() -> None:
    canvas = Canvas((224, 224), 1, torch.Generator())
    with pytest.raises(ValueError, match="30 squares do not fill 224 x 224 pixels; expected 28 or 32"):
        RENDERERS.find("squares")(canvas, columns=30)
    wide = RENDERERS.find("squares")(Canvas((32, 48), 1, torch.Generator()), columns=6)
    assert len(wide.scene().topology.paths) == 24
