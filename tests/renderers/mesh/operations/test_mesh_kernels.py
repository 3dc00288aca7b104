"""The Warp kernels against the torch twins, these against central differences, and what only the kernels promise."""

from __future__ import annotations

import pytest
import torch
from mesh_scenes import ball, draw, gradients, random_inputs

SIZE = (40, 56)
VERTICES, FACES = ball(rough=0.08)


def test_kernels_equal_their_twins() -> None:
    inputs = random_inputs(2, VERTICES)
    fast, fast_by = gradients(inputs, FACES, SIZE, "warp", torch.float32)
    slow, slow_by = gradients(inputs, FACES, SIZE, "reference", torch.float64)
    assert torch.equal(fast["triangle"], slow["triangle"])
    for name in slow:
        assert (fast[name] - slow[name]).abs().max() < 2e-4, name
    assert set(slow_by) == set(inputs)
    for name in slow_by:
        one, other = fast_by[name].double().flatten(), slow_by[name].flatten()
        assert torch.cosine_similarity(one, other, dim=0) > 0.9999, name
        assert (one - other).norm() < 1e-3 * other.norm(), name


@pytest.mark.parametrize("name", ["clip", "attributes", "uv", "maps"])
def test_twins_equal_central_differences(name: str) -> None:
    inputs = random_inputs(1, VERTICES)
    generator = torch.Generator().manual_seed(1)
    direction = torch.randn(inputs[name].shape, generator=generator, dtype=torch.float64)
    if name == "clip":  # depth only decides which surface is in front
        direction[..., 2] = 0
    step = 1e-6
    with torch.no_grad():
        after = draw(inputs | {name: inputs[name] + step * direction}, FACES, SIZE, "reference")
        before = draw(inputs | {name: inputs[name] - step * direction}, FACES, SIZE, "reference")
    leaf = inputs[name].clone().requires_grad_()
    now = draw(inputs | {name: leaf}, FACES, SIZE, "reference")
    # The steps carry no gradient here, so that looking texels up has other derivatives by clip and uv.
    channels = 8 if name in ("attributes", "maps") else 5
    same = (now["triangle"] == after["triangle"]) & (now["triangle"] == before["triangle"])
    weights = torch.randn(now["out"].shape, generator=generator, dtype=torch.float64) * same.all(1)[..., None]
    weights[..., channels:] = 0
    if name == "uv":
        weights = torch.randn(now["uv"].shape, generator=generator, dtype=torch.float64)
        after, before, now = ({"out": found["uv"]} for found in (after, before, now))
    (by,) = torch.autograd.grad((now["out"] * weights).sum(), leaf)
    slope = ((after["out"] - before["out"]) * weights).sum() / (2 * step)
    assert abs((by * direction).sum() - slope) < 1e-3 * abs(slope)


def test_same_bits_with_any_number_of_threads_and_again() -> None:
    vertices, faces = ball(40, 60, rough=0.01)
    inputs = random_inputs(4, vertices, candidates=2)
    threads = torch.get_num_threads()
    outcomes = []
    try:
        for count in (1, 2, 3, 2):
            torch.set_num_threads(count)
            outcomes.append(gradients(inputs, faces, (96, 96), "warp", torch.float32))
    finally:
        torch.set_num_threads(threads)
    for found, by in outcomes[1:]:
        assert all(torch.equal(found[name], outcomes[0][0][name]) for name in found)
        assert all(torch.equal(by[name], outcomes[0][1][name]) for name in by)


def test_a_population_is_its_members() -> None:
    inputs = random_inputs(4, VERTICES, candidates=2)
    together = draw({name: tensor.float() for name, tensor in inputs.items()}, FACES, SIZE, "warp")
    for candidate in range(2):
        own = {name: inputs[name][candidate : candidate + 1].float() for name in ("attributes", "maps")}
        own |= {"clip": inputs["clip"][2 * candidate : 2 * candidate + 2].float(), "uv": inputs["uv"].float()}
        alone = draw(own, FACES, SIZE, "warp")
        assert all(torch.equal(together[name][2 * candidate : 2 * candidate + 2], alone[name]) for name in alone)


def test_no_triangles_and_what_is_not_finite_show_nothing() -> None:
    inputs = {name: tensor.float() for name, tensor in random_inputs(1, VERTICES).items()}
    nothing = draw(inputs, FACES[:0], SIZE, "warp")
    assert (nothing["triangle"] == -1).all()
    assert (nothing["depth"] == 1).all()
    assert not nothing["values"].any()
    clip = inputs["clip"].clone()
    clip[0, FACES[3, 0]] = torch.nan
    clip[0, FACES[60, 1]] = torch.inf
    gone = torch.isin(FACES, torch.stack([FACES[3, 0], FACES[60, 1]])).any(1).nonzero()
    found, by = gradients(inputs | {"clip": clip}, FACES, SIZE, "warp", torch.float32)
    assert found["out"].isfinite().all()
    assert not torch.isin(found["triangle"], gone).any()
    assert by["clip"].isfinite().all()


def test_operators_are_sound_for_torch() -> None:
    inputs = {name: tensor.float().requires_grad_() for name, tensor in random_inputs(2, VERTICES).items()}
    ops = torch.ops.limn
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    clip, attributes = inputs["clip"], inputs["attributes"]
    ranges = torch.tensor([[0, len(FACES)]] * 2, dtype=torch.int32)
    torch.library.opcheck(ops.mesh_rasterise, (clip, FACES, ranges, *SIZE, 1), test_utils=checks)
    triangle, barycentric, depth, steps = ops.mesh_rasterise(clip, FACES, ranges, *SIZE, 1)
    for wanted in (torch.empty(0), steps.detach().requires_grad_()):
        arguments = (attributes, FACES, triangle, barycentric, wanted)
        torch.library.opcheck(ops.mesh_interpolate, arguments, test_utils=checks)
    maps, uv = torch.rand(1, 3, 4, 3, requires_grad=True), torch.rand(2, 1, *SIZE, 2, requires_grad=True)
    cube = torch.rand(6, 4, 4, 3, requires_grad=True)
    for footprints in (torch.empty(0), torch.rand(2, 1, *SIZE, 2, 2, requires_grad=True)):
        for each, sides in ((maps, torch.empty(0, dtype=torch.int32)), (cube, torch.randint(6, triangle.shape).int())):
            arguments = (each, uv, sides, footprints, triangle, [0, 0, 0])
            torch.library.opcheck(ops.mesh_texture, arguments, test_utils=checks)
    arguments = (torch.rand(2, *SIZE, 3, requires_grad=True), clip, FACES, torch.full_like(FACES, -1), triangle, depth)
    torch.library.opcheck(ops.mesh_antialias, arguments, test_utils=checks)
