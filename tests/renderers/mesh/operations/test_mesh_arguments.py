"""What the mesh operations take, and the line that says what they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from mesh_scenes import ball, random_inputs
from torch import Tensor

from limn.errors import InputError
from renderers.mesh.operations import Backend, antialias, interpolate, rasterise, texture

SIZE = (12, 16)
VERTICES, FACES = ball()
INPUTS = {name: tensor.float() for name, tensor in random_inputs(2, VERTICES).items()}
CLIP, ATTRIBUTES, MAPS = INPUTS["clip"], INPUTS["attributes"], INPUTS["maps"]
FRAGMENTS = rasterise(CLIP, FACES, SIZE)
UV, STEPS = interpolate(INPUTS["uv"], FACES, FRAGMENTS, derivatives=True)
COLOUR = interpolate(ATTRIBUTES, FACES, FRAGMENTS)[:, 0]


def changed(tensor: Tensor, value: int) -> Tensor:
    """The same with another value in the middle."""
    copy = tensor.clone()
    copy.view(-1)[copy.numel() // 2] = value
    return copy


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: rasterise(CLIP[..., :3], FACES, SIZE), r"rasterise: clip is float32 \[2, 86, 3\]; .*\[N, P, 4\]"),
    (lambda: rasterise(CLIP.int(), FACES, SIZE), "clip is int32 .*; expected numbers"),
    (lambda: rasterise(CLIP.to(torch.complex64), FACES, SIZE), "clip is complex64"),
    (lambda: rasterise(CLIP.numpy(), FACES, SIZE), "clip is ndarray"),
    (lambda: rasterise(CLIP, FACES.float(), SIZE), "faces is float32 .*; expected integers"),
    (lambda: rasterise(CLIP, FACES > 0, SIZE), "faces is bool"),
    (lambda: rasterise(CLIP, FACES.T, SIZE), r"expected integers \[F, 3\]"),
    (lambda: rasterise(CLIP, changed(FACES, 200_000_000), SIZE), "faces holds 200000000; expected 0 to 85, the vert"),
    (lambda: rasterise(CLIP, changed(FACES, 86), SIZE), "faces holds 86"),
    (lambda: rasterise(CLIP, changed(FACES, -1), SIZE), "faces holds -1"),
    (lambda: rasterise(CLIP, changed(FACES.long(), 2**33), SIZE), "faces holds 8589934592"),
    (lambda: rasterise(CLIP, FACES, (0, 8)), "size is"),
    (lambda: rasterise(CLIP, FACES, 64), "size is 64; expected height and width"),
    (lambda: rasterise(CLIP, FACES, (12.0, 16)), "size is"),
    (lambda: rasterise(CLIP, FACES, (60_000, 60_000)), "pictures x layers x height x width is 2 x 1 x 60000 x 60000"),
    (lambda: rasterise(CLIP, FACES, SIZE, layers=0), "layers is 0"),
    (lambda: rasterise(CLIP, FACES, SIZE, backend="wrap"), "backend is 'wrap'; did you mean 'warp'"),
    (lambda: rasterise(CLIP, FACES, SIZE, ranges=torch.tensor([[0, 5]])), r"clip is .*\[P, 4\]"),
    (
        lambda: rasterise(CLIP[0], FACES, SIZE, ranges=torch.tensor([[0, 5], [100, 100]])),
        "up to triangle 200; expected at most 168",
    ),
    (lambda: rasterise(CLIP[0], FACES, SIZE, ranges=torch.tensor([[-1, 5]])), "ranges holds -1"),
    (lambda: rasterise(CLIP[0], FACES, SIZE, ranges=torch.tensor([0, 5])), r"ranges is int64 \[2\]"),
    (lambda: interpolate(ATTRIBUTES[None], FACES, FRAGMENTS), r"attributes is .*expected numbers \[A, P, C\] or"),
    (lambda: interpolate(ATTRIBUTES[:, :5], FACES, FRAGMENTS), "faces holds 85; expected 0 to 4, the rows of attr"),
    (lambda: interpolate(ATTRIBUTES, FACES[:9], FRAGMENTS), "fragments.triangle holds .*; expected -1 to 8, the faces"),
    (lambda: interpolate(ATTRIBUTES.repeat(3, 1, 1), FACES, FRAGMENTS), "attributes is 3 of them for 2 pictures"),
    (lambda: interpolate(ATTRIBUTES, FACES, FRAGMENTS.triangle), "fragments is Tensor; expected Fragments"),
    (
        lambda: interpolate(ATTRIBUTES, FACES, replace(FRAGMENTS, triangle=changed(FRAGMENTS.triangle, 10**9))),
        "fragments.triangle holds 1000000000",
    ),
    (
        lambda: interpolate(ATTRIBUTES, FACES, replace(FRAGMENTS, barycentric=FRAGMENTS.barycentric[:, :, 1:])),
        r"fragments.barycentric is float32 \[2, 1, 11, 16, 2\]; .* with N = 2, L = 1, H = 12, W = 16",
    ),
    (lambda: interpolate(ATTRIBUTES.to("meta"), FACES, FRAGMENTS), "faces is on cpu; expected on meta"),
    (lambda: texture(MAPS, UV[:, 0]), "uv is"),
    (lambda: texture(MAPS, UV[..., :1]), "uv is"),
    (lambda: texture(MAPS[:, :0], UV), "maps is .*; expected at least one texel"),
    (lambda: texture(MAPS, UV, filter="linear"), "filter is 'linear'; did you mean 'bilinear'"),
    (lambda: texture(MAPS, UV, wrap="mirrored"), "wrap is 'mirrored'; did you mean 'mirror'"),
    (lambda: texture(MAPS, UV, filter="mipmap"), "derivatives is None; expected those of uv for filter 'mipmap'"),
    (lambda: texture(MAPS, UV, STEPS[..., 0], "mipmap"), "derivatives is"),
    (lambda: texture(MAPS, UV, wrap="cube"), r"maps is .*\[A, 6, T, T, C\]"),
    (lambda: texture(torch.rand(6, 4, 5, 3), UV, wrap="cube"), "maps is"),
    (lambda: texture(torch.rand(6, 4, 4, 3), UV, wrap="cube"), r"uv is .*\[N, L, H, W, 3\]"),
    (lambda: texture(MAPS, UV[:, :, :5], fragments=FRAGMENTS), "fragments.triangle is"),
    (lambda: antialias(COLOUR[:, 1:], FRAGMENTS, CLIP, FACES), "fragments.triangle is"),
    (lambda: antialias(COLOUR[..., 0], FRAGMENTS, CLIP, FACES), "colour is"),
    (lambda: antialias(COLOUR, FRAGMENTS, CLIP[:1].repeat(3, 1, 1), FACES), r"clip is .* with N = 2"),
    (lambda: antialias(COLOUR, FRAGMENTS, CLIP, changed(FACES, 200_000_000)), "faces holds 200000000"),
]


@pytest.mark.parametrize(("call", "line"), REFUSED)
def test_what_does_not_fit_is_named_in_one_line(call: Callable[[], Any], line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def whole(clip: Tensor, attributes: Tensor, maps: Tensor, faces: Tensor, backend: Backend = "warp") -> Tensor:
    """A picture that goes through all operations."""
    fragments = rasterise(clip, faces, SIZE, backend=backend)
    uv, steps = interpolate(attributes, faces, fragments, derivatives=True, backend=backend)
    colour = texture(maps, uv[..., :2], steps[..., :2, :], "mipmap", backend=backend, fragments=fragments)
    return antialias(colour[:, 0], fragments, clip, faces, backend=backend)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("integers", [torch.int64, torch.int16])
def test_other_dtypes_are_taken_and_gradients_keep_them(dtype: torch.dtype, integers: torch.dtype) -> None:
    given = [tensor.to(dtype).requires_grad_() for tensor in (CLIP, ATTRIBUTES, MAPS)]
    plain = [tensor.detach().float().requires_grad_() for tensor in given]
    found, expected = whole(*given, FACES.to(integers)), whole(*plain, FACES)
    assert torch.equal(found, expected)
    for one, other in zip(
        *(torch.autograd.grad(p.sum(), t) for p, t in ((found, given), (expected, plain))), strict=True
    ):
        assert one.dtype == dtype
        torch.testing.assert_close(one.float(), other, atol=0.02 if dtype == torch.bfloat16 else 1e-6, rtol=0.02)


def test_one_picture_needs_no_batch() -> None:
    found = whole(CLIP[0], ATTRIBUTES[0], MAPS[0], FACES)
    assert torch.equal(found, whole(CLIP[:1], ATTRIBUTES, MAPS, FACES))


def test_memory_in_another_order_is_the_same() -> None:
    turned = CLIP.transpose(0, 1).contiguous().transpose(0, 1), FACES.T.contiguous().T
    peeled = rasterise(CLIP, FACES, SIZE, layers=2)
    first = replace(
        peeled, **{name: getattr(peeled, name)[:, :1] for name in ("triangle", "barycentric", "depth", "steps")}
    )
    assert torch.equal(rasterise(turned[0], turned[1], SIZE).triangle, first.triangle)
    assert torch.equal(interpolate(ATTRIBUTES, turned[1], first)[:, 0], COLOUR)
    assert torch.equal(antialias(COLOUR, first, *turned), antialias(COLOUR, FRAGMENTS, CLIP, FACES))


def test_faces_that_change_are_followed() -> None:
    faces = FACES.clone()
    before = antialias(COLOUR, FRAGMENTS, CLIP, faces)
    faces[:] = faces.flip(0)
    again = rasterise(CLIP, faces, SIZE)
    assert torch.equal(antialias(COLOUR, again, CLIP, faces), before)
    assert not torch.equal(again.triangle, FRAGMENTS.triangle)
