"""What every registered loss must keep to."""

from __future__ import annotations

import functools
import json
import re
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from loss_table import (
    BY_POCKET,
    BY_VGG,
    DIRECTIONS,
    ON_FIELDS,
    ON_GRIDS,
    ON_MODELS,
    ON_NOISE,
    ON_PATHS,
    ON_VIEWS,
    REACH,
    SETTINGS,
)
from safetensors.torch import save_file
from solids import ball
from tiny_field import parts_of, tiny_field
from torch import Tensor

from guidance import LOSSES, Augmentations, AugmentedEncoder, Encoder, Loss, Prompt, Step, load_encoder
from guidance.channels import ChannelLoss, look_at
from guidance.compute import Compute
from guidance.distillation.exemplars.models import ModelLibraries
from guidance.embedding.expression import Expression
from guidance.region import Region, RegionPrompt
from guidance.sound import Sound
from guidance.target import Target
from limn.cameras import orbit
from limn.curves import Curves
from limn.errors import InputError
from limn.frames import Frames
from limn.isosurface import Isosurface
from limn.noise import Noise
from limn.signature import arguments_of
from limn.surface import Surface
from limn.volume import Volume
from pipelines.config.given import given_type, is_list
from renderers import Strokes, closed_shapes
from renderers.fields.pictures.pixel_image import PixelImage
from renderers.mesh.parameters.vertex_colours import VertexColours
from renderers.mesh.parameters.vertex_offsets import VertexOffsets
from renderers.mesh.renderer import MeshRenderer

Build = Callable[..., Loss]


TARGETS = ("fixed", "per view", "per view and candidate", "region")
COMPARISONS = [
    name
    for name in LOSSES.names()
    if any(given_type(a) is Target and not is_list(a) for a in arguments_of(LOSSES.find(name)).values())
]


@pytest.fixture
def targets(random_pictures: Callable[..., Tensor]) -> dict[str, Target]:
    """A target of every kind; those of a picture for each view fit any number of views and candidates."""
    picture = random_pictures(1, 3, 72, 72, seed=7)
    own = random_pictures(3, 4, 3, 72, 72, seed=8)

    def views(candidates: int) -> Target:
        def give(frames: Frames, step: Step) -> Frames:
            rgb = own[: frames.candidates if candidates > 1 else 1, : frames.rgb.shape[1]]
            return step.share(("own", candidates), lambda: Frames(rgb, torch.ones_like(rgb[:, :, :1])))

        return Target(views=give)

    return {
        "fixed": Target(picture),
        "per view": views(1),
        "per view and candidate": views(3),
        "region": Target(picture).through(REGION),
    }


REGION = look_at(region=Region((0.25, 0.0, 1.0, 0.5)))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four pictures with captions, in a file."""
    path = tmp_path_factory.mktemp("store") / "four.safetensors"
    pictures = torch.randint(256, (4, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(5))
    captions = json.dumps(["a red apple", "a blue car", "a dog", "a cat"])
    save_file({"pictures": pictures}, path, metadata={"captions": captions})
    return str(path)


@pytest.fixture
def build(
    encoder: Encoder, targets: dict[str, Target], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Build:
    monkeypatch.setattr("guidance.losses.ink.SEEN", 32)  # outlines of many targets in small pictures

    def make(name: str, target: str = "fixed", prompt: str = "a red apple") -> Loss:
        own = load_encoder("vgg", precision="float32", size=16) if name in BY_VGG else encoder
        own = load_encoder("pocket", precision="float32", size=32) if name in BY_POCKET else own
        augment = Augmentations(["perspective", {"crop": 0.8}])
        view = AugmentedEncoder(own, augment, num_augs=1 if name in BY_VGG else 2)
        given = {
            AugmentedEncoder: view,
            Target: targets[target],
            Tensor: targets["fixed"].fixed_picture(),
            Prompt: Prompt.parse(prompt),
            RegionPrompt: RegionPrompt(Region((0.0, 0.0, 0.5, 1.0)), Prompt.parse(prompt)),
            Compute: Compute(),
            Region: None,
            ModelLibraries: None,
            Expression: Expression('"a red apple" - "a blue car"'),
            Sound: Sound(torch.linspace(0, 600, 8000).sin(), 8000),
        }
        several = {
            AugmentedEncoder: [view, AugmentedEncoder(encoder, num_augs=1)],
            Target: [Target(targets["fixed"].fixed_picture().flip(flipped)) for flipped in (2, 3)],
            RegionPrompt: [given[RegionPrompt], RegionPrompt(Region(), Prompt.parse(prompt))],
        }
        kind = LOSSES.find(name)
        arguments = {
            key: (several if is_list(argument) else given)[which]
            for key, argument in arguments_of(kind).items()
            if (which := given_type(argument)) is not None
        }
        if "sources" in arguments:
            arguments["sources"] = [targets["fixed"]]
        if "store" in arguments_of(kind):
            arguments["store"] = request.getfixturevalue("store")
        if name == "sound_similarity":
            arguments["listener"] = request.getfixturevalue("clap")
        loss = kind(**(arguments | SETTINGS.get(name, {})))
        return ChannelLoss(loss, REGION) if target == "region" else loss

    return make


@pytest.fixture
def frames_for(random_frames: Callable[..., Frames]) -> Callable[..., Frames]:
    """Frames of S candidates with the geometry that a loss reads."""

    def make(name: str, candidates: int, views: int = 1) -> Frames:
        if name in ON_FIELDS:
            return tiny_field(candidates)
        frames = random_frames(candidates, views=max(views, 3) if name in ON_VIEWS else views, paths=name in ON_PATHS)
        if name in ON_NOISE:
            noise = 2 * torch.randn(candidates, 3, 3, 3, generator=torch.Generator().manual_seed(0))
            return replace(frames, geometry=Noise(noise))
        if name in ON_VIEWS:
            frames = replace(frames, cameras=orbit(torch.arange(frames.rgb.shape[1]) * 1.0, 0.3, 2.5, 0.8))
        return replace(frames, geometry=tiny_grid(candidates)) if name in ON_GRIDS else frames

    return make


def tiny_grid(candidates: int) -> Isosurface:
    """Distances, weights and deviations at random."""
    draws = torch.Generator().manual_seed(0)
    cubes = torch.randn(candidates, 3, 3, 3, 21, generator=draws)
    return Isosurface(torch.randn(candidates, 4, 4, 4, generator=draws), cubes, torch.rand(candidates, generator=draws))


def movable(frames: Frames) -> list[Tensor]:
    """What losses judge, as leaves."""
    found = [frames.rgb]
    if isinstance(frames.geometry, Curves):
        found.append(frames.geometry.points)
    elif isinstance(frames.geometry, Volume):
        found += parts_of(frames)
    elif isinstance(frames.geometry, Noise):
        found.append(frames.geometry.values)
    elif isinstance(frames.geometry, Isosurface):
        found += [frames.geometry.distances, frames.geometry.weights, frames.geometry.deviation]
    else:
        assert isinstance(frames.geometry, Surface)
        assert frames.geometry.colours is not None
        found += [frames.geometry.vertices, frames.geometry.colours]
    return [tensor.requires_grad_() for tensor in found]


every_loss = pytest.mark.parametrize("name", LOSSES.names())
# Distillation draws noise of its own for each candidate and judges without gradient, and uniform_pose remembers what it
# saw of each; their own tests say where they lead.
UNSURE = ("distillation", "uniform_pose")
every_sure_loss = pytest.mark.parametrize("name", [name for name in LOSSES.names() if name not in UNSURE])


@every_loss
def test_one_finite_value_per_candidate(name: str, build: Build, frames_for: Callable[..., Frames]) -> None:
    for step in (Step(0, 10), Step(0, 10, training=False)):
        value = build(name)(frames_for(name, 3), step)
        assert value.shape == (3,)
        assert value.dtype == torch.float32
        assert torch.isfinite(value).all()


@every_loss
def test_candidates_never_mix(name: str, build: Build, frames_for: Callable[..., Frames]) -> None:
    frames = frames_for(name, 2)
    judged = movable(frames)
    build(name)(frames, Step(0, 10))[0].backward()
    gradients = [tensor.grad for tensor in judged if tensor.grad is not None]
    first, second = zip(*(gradient.chunk(2) for gradient in gradients), strict=True)  # samples of fields are packed
    assert sum(gradient.abs().sum() for gradient in first) > 0
    assert not any(gradient.any() for gradient in second)


@every_sure_loss
def test_a_population_is_as_good_as_single_runs(name: str, build: Build, frames_for: Callable[..., Frames]) -> None:
    loss, frames = build(name), frames_for(name, 3)
    together = loss(frames, Step(4, 10))
    for index in range(3):
        assert frames.geometry is not None
        pictures = [None if p is None else p[index : index + 1] for p in (frames.depth, frames.normal)]
        geometry = frames.geometry.candidate(index)
        own = slice(index, index + 1)
        alone = Frames(frames.rgb[own], frames.alpha[own], *pictures, cameras=frames.cameras, geometry=geometry)
        torch.testing.assert_close(loss(alone, Step(4, 10)), together[index : index + 1], rtol=1e-4, atol=1e-6)


@every_sure_loss
def test_lower_is_better(name: str, build: Build, frames_for: Callable[..., Frames]) -> None:
    """Twenty steps on pixels, or on the shapes behind them, lower it."""
    loss, frames = build(name), frames_for(name, 1)
    optimiser = torch.optim.Adam(movable(frames), lr=0.003)
    values = []
    for _ in range(21):
        optimiser.zero_grad()
        value = loss(frames, Step(0, 10, training=False)).sum()
        value.backward()
        values.append(float(value.detach()))
        optimiser.step()
    assert values[-1] < min(values[0], values[10])


@every_sure_loss
def test_gradients_are_central_differences(name: str, build: Build, frames_for: Callable[..., Frames]) -> None:
    """Along one half of the gradient and along the other, so that no part of it can make up for another."""
    loss, frames = build(name), frames_for(name, 1)
    leaves = [leaf for leaf in movable(frames) if leaf.is_floating_point()]
    value = loss(frames, Step(4, 10)).sum()
    gradients = torch.autograd.grad(value, leaves, allow_unused=True)
    found = [(leaf, pull) for leaf, pull in zip(leaves, gradients, strict=True) if pull is not None]
    steepest = max(float(pull.abs().max()) for _, pull in found)
    draws = torch.Generator().manual_seed(1)
    halves = [torch.rand(pull.shape, generator=draws) < 0.5 for _, pull in found]
    for inverted in (False, True):
        ways = [pull * (half ^ inverted) / steepest for (_, pull), half in zip(found, halves, strict=True)]
        slope = sum(float((pull * way).double().sum()) for (_, pull), way in zip(found, ways, strict=True))
        reach = REACH.get(name, 1e-3)
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                for (leaf, _), way in zip(found, ways, strict=True):
                    leaf += sign * reach * way
                ends.append(float(loss(frames, Step(4, 10)).double().sum()))
                for (leaf, _), way in zip(found, ways, strict=True):
                    leaf -= sign * reach * way
        assert (ends[0] - ends[1]) / (2 * reach) == pytest.approx(slope, rel=0.03)


@pytest.fixture(scope="module")
def rendered() -> dict[str, Frames]:
    """A picture, a drawing and a model, as renderers give them."""
    draws = torch.Generator().manual_seed(0)
    picture = PixelImage(torch.rand(1, 3, 48, 48, generator=draws))
    drawing = Strokes(closed_shapes(48 * torch.rand(1, 3, 2, generator=draws), (48, 48), generator=draws), {})
    mesh = ball(detail=1)
    model = MeshRenderer(mesh, [VertexOffsets(mesh, 1, draws), VertexColours(mesh, 1, draws)], size=(48, 48))
    return {"picture": picture.render(), "drawing": drawing.render(), "model": model.render()}


@every_loss
def test_pictures_drawings_and_models_are_judged_or_refused(
    name: str, build: Build, rendered: dict[str, Frames]
) -> None:
    """Only losses on geometry refuse a scene, in one line that says what they need."""
    loss = build(name)
    for scene, frames in rendered.items():
        try:
            value = loss(frames, Step(0, 10, training=False))
        except InputError as error:
            assert re.fullmatch(rf"{name}( needs|:) .*(this scene has|these do not).*", str(error))
            assert name in (*ON_PATHS, *ON_GRIDS, *ON_FIELDS, *ON_MODELS, *ON_NOISE, *ON_VIEWS)
        else:
            assert value.shape == (1,)
            assert value.isfinite().all()
            assert (name in (*ON_MODELS, *ON_VIEWS)) <= (scene == "model")
            assert (name in ON_PATHS) <= (scene == "drawing")


SUMMED = ("area", "contextual", "depth_words", "deviation", "embedding_distance", "patches", "relaxed_emd")
SUMMED += ("curvature", "distortion", "eikonal", "emptiness", "normal_smoothness_3d", "orientation", "z_variance")
SUMMED += ("sound_similarity", "volume")
"""Modules that add up what functions say of layers, samples or a start, or choose or wrap one; see their own tests."""


@pytest.mark.parametrize("name", [name for name in LOSSES.names() if name not in SUMMED])
def test_a_module_is_its_function(
    name: str, build: Build, frames_for: Callable[..., Frames], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public function of the losses gives what the module says, or its mean over looks."""
    loss, found = build(name), []

    def listening(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            found.append(function(*args, **kwargs))
            return found[-1]

        return call

    for kind in type(loss).__mro__:
        module = sys.modules[kind.__module__]
        for key, entry in vars(module).copy().items():
            if isinstance(entry, types.FunctionType) and entry.__module__.startswith("guidance") and key[0] != "_":
                monkeypatch.setattr(module, key, listening(entry))
    value = loss(frames_for(name, 3), Step(4, 10))
    said = [
        one for one in found if isinstance(one, Tensor) and one.shape[:1] == value.shape and one.dtype == value.dtype
    ]
    assert any(torch.allclose(one.reshape(3, -1).mean(dim=1), value) for one in said)


@pytest.mark.parametrize("target", TARGETS[1:])
@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_take_every_kind_of_target(
    name: str, target: str, build: Build, frames_for: Callable[..., Frames]
) -> None:
    loss, frames = build(name, target), frames_for(name, 2, views=2)
    frames.rgb.requires_grad_()
    values = loss(frames, Step(3, 10))
    assert values.shape == (2,)
    assert values.isfinite().all()
    if values.requires_grad:
        values[0].backward()
        grad = frames.rgb.grad
        assert grad is not None
        assert grad[0].any()
        assert not grad[1:].any()


@pytest.mark.parametrize("name", [name for name in COMPARISONS if name not in DIRECTIONS])
def test_comparisons_are_least_where_pictures_are_the_target(
    name: str, build: Build, targets: dict[str, Target], random_frames: Callable[..., Frames]
) -> None:
    loss, other, step = (
        build(name, "per view"),
        random_frames(candidates=1, views=2, seed=1),
        Step(0, 10, training=False),
    )
    own = targets["per view"].frames(other, step)
    swapped = Frames(own.rgb.flip(1), own.alpha)
    nearest = loss(own, Step(0, 10, training=False))
    assert nearest < loss(other, Step(0, 10, training=False))
    if name != "video_similarity":  # which forgets the order of frames
        assert nearest < loss(swapped, Step(0, 10, training=False))


OF_PROMPTS = [
    name
    for name in LOSSES.names()
    if {Prompt, RegionPrompt} & {given_type(argument) for argument in arguments_of(LOSSES.find(name)).values()}
]


@pytest.mark.parametrize("name", [name for name in OF_PROMPTS if name != "example_direction"])  # examples have no stop
def test_a_stop_is_kept_to_or_refused(name: str, build: Build, frames_for: Callable[..., Frames]) -> None:
    """No picture is farther than 2 from a phrase, and nothing pulls what is nearer than the stop."""
    frames = frames_for(name, 1)
    judged = movable(frames)
    try:
        loss = build(name, prompt="a red apple:1:2")
    except InputError as error:
        assert re.match(rf"{name}: 'a red apple' has the stop 2(, which means nothing here;|; expected)", str(error))
    else:
        if name == "multiview_direction":
            loss.consistency = 0.0
        loss(frames, Step(4, 10)).sum().backward()
        assert not any(tensor.grad.any() for tensor in judged if tensor.grad is not None)


@every_loss
def test_settings_have_types_that_a_config_can_check(name: str) -> None:
    for argument in arguments_of(LOSSES.find(name)).values():
        assert argument.kind is not Any
