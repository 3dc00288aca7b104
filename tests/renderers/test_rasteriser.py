"""The Warp kernels against the torch twin, and what only the fast path promises."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from stroke_scenes import FILL, OPEN, SCENES, graded, random_scene, smooth_loss, with_gradient

from limn.errors import InputError
from renderers.strokes import Path, Scene, Subpath, Topology, rasterise
from renderers.strokes.tables import layer_paints, tables_of


def gradients(scene: Scene, backend: str) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    scene = with_gradient(scene, torch.float64 if backend == "reference" else torch.float32)
    rgb, alpha = rasterise(scene, backend=backend)
    smooth_loss(rgb, alpha).backward()
    found = {name: getattr(scene, name).grad for name in scene.tensors}
    return rgb.detach(), alpha.detach(), {n: g.double() for n, g in found.items() if g is not None}


@pytest.mark.parametrize("name", SCENES)
def test_kernels_equal_their_twin(name: str) -> None:
    rgb, alpha, fast = gradients(SCENES[name], "warp")
    true_rgb, true_alpha, slow = gradients(SCENES[name], "reference")
    assert (rgb - true_rgb).abs().max() < 1e-4
    assert (alpha - true_alpha).abs().max() < 1e-4
    for tensor, gradient in slow.items():
        parts = {tensor: slice(0, None)}
        if tensor.endswith("colours"):
            parts = {f"{tensor} rgb": slice(0, 3), f"{tensor} opacity": slice(3, 4)}
        for part, columns in parts.items():
            one, other = fast[tensor][..., columns].flatten(), gradient[..., columns].flatten()
            if other.norm() > 0:
                assert torch.cosine_similarity(one, other, dim=0) > 0.9999, part
            assert (one - other).norm() <= 1e-3 * other.norm() + 1e-6, part


def test_level_and_upright_edges_have_gradients() -> None:
    square = torch.tensor([[10.25, 10.25], [30.25, 10.25], [30.25, 30.5], [10.25, 30.5]])
    ends = square.roll(-1, 0)
    points = torch.stack([square, square + (ends - square) / 3, square + (ends - square) * 2 / 3], 1).reshape(1, -1, 2)
    colour = torch.tensor([[[0.0, 0.0, 0.0, 1.0]]])
    scene = Scene(Topology((FILL,)), points, torch.ones(1, 1), colour, colour, (40, 40))
    *_, fast = gradients(scene, "warp")
    *_, slow = gradients(scene, "reference")
    assert torch.allclose(fast["points"], slow["points"], atol=1e-4)
    assert fast["points"].abs().sum() > 1


def test_upright_edges_cast_no_streaks() -> None:
    """A rectangle whose edges are anywhere between pixels has its exact area in every pixel."""
    left, right = torch.arange(3.0, 11.0, 0.0931), torch.arange(20.0, 28.0, 0.0931)
    top, bottom = torch.full_like(left, 4.25), torch.full_like(left, 20.5)
    corners = torch.stack([left, top, right, top, right, bottom, left, bottom], dim=1).view(-1, 4, 2)
    ends = corners.roll(-1, 1)
    points = torch.stack([corners, corners + (ends - corners) / 3, corners + (ends - corners) * 2 / 3], 2).flatten(1, 2)
    count = len(points)
    colours = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(count, 1, 4)
    _, alpha = rasterise(Scene(Topology((FILL,)), points, torch.ones(count, 1), colours, colours, (32, 32)))
    pixel = torch.arange(32.0)
    across = (torch.minimum(right[:, None], pixel + 1) - torch.maximum(left[:, None], pixel)).clamp(0, 1)
    down = (torch.minimum(bottom[:, None], pixel + 1) - torch.maximum(top[:, None], pixel)).clamp(0, 1)
    torch.testing.assert_close(alpha[:, 0], down[:, :, None] * across[:, None, :], rtol=0, atol=1e-4)


def test_same_bits_with_one_and_two_threads_and_again() -> None:
    scene = random_scene([OPEN] * 200 + [FILL] * 50, (256, 256), 2, 3, 0.4)
    threads = torch.get_num_threads()
    outcomes = []
    try:
        for count in (1, 2, 2):
            torch.set_num_threads(count)
            outcomes.append(gradients(scene, "warp"))
    finally:
        torch.set_num_threads(threads)
    for rgb, alpha, found in outcomes[1:]:
        assert torch.equal(rgb, outcomes[0][0])
        assert torch.equal(alpha, outcomes[0][1])
        assert all(torch.equal(found[name], outcomes[0][2][name]) for name in found)


def test_a_population_is_its_members() -> None:
    scene = SCENES["overlapping"]
    rgb, alpha, found = gradients(scene, "warp")
    for index in range(scene.candidates):
        one_rgb, one_alpha, one = gradients(scene.candidate(index), "warp")
        assert torch.equal(rgb[index : index + 1], one_rgb)
        assert torch.equal(alpha[index : index + 1], one_alpha)
        assert all(torch.equal(found[name][index : index + 1], one[name]) for name in found)


def test_other_sizes_show_the_same_drawing() -> None:
    scene = random_scene([OPEN, FILL, OPEN], (64, 64), 1, 4, 0.6, 6.0)
    large, _ = rasterise(scene, (256, 256))
    assert large.shape == (1, 3, 256, 256)
    assert (torch.nn.functional.avg_pool2d(large, 4) - rasterise(scene)[0]).abs().mean() < 0.01
    assert rasterise(scene, (31, 77))[1].shape == (1, 1, 31, 77)


def test_a_gradient_that_is_not_finite_is_its_first_colour() -> None:
    scene = random_scene([FILL, FILL], (24, 24), 1, 6)
    plain, _ = rasterise(scene)
    for value in (torch.nan, torch.inf, 1e30):
        ends = torch.zeros(1, 2, 2, 2)
        ends[..., 0] = value
        found = with_gradient(replace(scene, gradient_ends=ends, gradient_colours=1 - scene.fill_colours))
        rgb, alpha = rasterise(found)
        smooth_loss(rgb, alpha).backward()
        assert torch.equal(rgb.detach(), plain)
        assert all(getattr(found, name).grad.isfinite().all() for name in ("gradient_ends", "fill_colours"))


def test_hundreds_of_layers_at_one_pixel() -> None:
    scene = random_scene([FILL, OPEN] * 150, (12, 12), 1, 5, 2.0, 12.0)
    scene = replace(scene, stroke_colours=scene.stroke_colours * 0.1, fill_colours=scene.fill_colours * 0.1)
    rgb, _, fast = gradients(scene, "warp")
    true_rgb, _, slow = gradients(scene, "reference")
    assert (rgb - true_rgb).abs().max() < 1e-4
    assert torch.cosine_similarity(fast["points"].flatten(), slow["points"].flatten(), dim=0) > 0.9999


def test_a_stroke_does_not_paint_over_itself() -> None:
    there_and_back = torch.tensor([[[5.0, 20], [15, 20], [25, 20], [35, 20], [25, 20], [15, 20], [5, 20]]])
    colour = torch.tensor([[[0.0, 0.0, 0.0, 0.5]]])
    scene = Scene(Topology((OPEN,)), there_and_back, torch.full((1, 1), 6.0), colour, colour, (40, 40))
    assert rasterise(scene)[0].min() == 0.5


def test_what_is_not_finite_is_not_drawn_and_has_no_gradient() -> None:
    scene = random_scene([OPEN, FILL, OPEN, FILL], (24, 24), 1, 6)
    points = scene.points.clone()
    points[0, 2] = torch.nan
    points[0, 8] = torch.inf
    points[0, -1] = 1e30
    scene = with_gradient(replace(scene, points=points))
    rgb, alpha = rasterise(scene)
    smooth_loss(rgb, alpha).backward()
    assert rgb.isfinite().all()
    assert scene.points.grad is not None
    assert scene.points.grad.isfinite().all()
    assert not scene.points.grad[0, :7].any()
    assert scene.points.grad[0, -26:-12].any()


def test_an_empty_drawing_is_its_background() -> None:
    empty = Scene(
        Topology(()), torch.zeros(2, 0, 2), *[torch.zeros(2, 0, *s) for s in ((), (4,), (4,))], (5, 9), (0.2, 0.4, 0.6)
    )
    rgb, alpha = rasterise(empty)
    assert torch.allclose(rgb, torch.tensor([0.2, 0.4, 0.6])[:, None, None].expand(2, 3, 5, 9))
    assert not alpha.any()


def test_the_operator_is_registered_properly() -> None:
    scene = with_gradient(graded(random_scene([OPEN, FILL], (16, 16), 2, 7)))
    tables = tables_of(scene.topology, scene.points.device)
    paints = [paint.detach().requires_grad_() for paint in layer_paints(tables, scene)]
    arguments = (tables.cubics, tables.cubic_layers, tables.uses, tables.layers, *scene.size, [1.0, 1.0, 1.0])
    torch.library.opcheck(
        torch.ops.limn.rasterise,
        (scene.points, scene.widths, *paints, *arguments),
        test_utils=("test_schema", "test_faketensor", "test_autograd_registration"),
    )


def test_a_scene_refuses_tensors_of_another_topology() -> None:
    with pytest.raises(ValueError, match=r"points has shape \[1, 3, 2\], the topology asks for \[1, 4, 2\]"):
        Scene(
            Topology((Path((Subpath(1),)),)),
            torch.zeros(1, 3, 2),
            torch.zeros(1, 1),
            torch.zeros(1, 1, 4),
            torch.zeros(1, 1, 4),
            (8, 8),
        )


def test_diffvg_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydiffvg", None)
    with pytest.raises(InputError, match="needs pydiffvg"):
        rasterise(SCENES["open"], backend="diffvg")


def test_importing_renderers_does_not_import_warp() -> None:
    program = "import sys, renderers; assert not {'warp', 'pydiffvg'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_first_drawing_is_quiet() -> None:
    program = (
        "import torch; from renderers import rasterise, open_strokes;"
        "rasterise(open_strokes(torch.rand(1, 2, 2), (8, 8), generator=torch.Generator()))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
