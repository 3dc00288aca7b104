"""Checks of a renderer: what the loop relies on is found before and at the first step."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from limn.errors import InputError, short
from limn.frames import Frames
from renderers.base import ParameterGroup, Renderer


def check_parameters(renderer: Renderer) -> None:
    """Refuses a renderer with nothing to optimise.

    Raises:
        InputError: it has no parameters, two groups of one name, or a tensor whose first dimension is not the
            population.
    """
    name, count = type(renderer).__name__, renderer.candidates
    groups = renderer.parameter_groups()
    if not (isinstance(groups, Sequence) and all(isinstance(group, ParameterGroup) for group in groups)):
        raise InputError(f"renderer {name}: parameter_groups gives {short(groups)}; expected a list of ParameterGroups")
    if not any(group.parameters for group in groups):
        raise InputError(f"renderer {name} has no parameters to optimise")
    names = [group.name for group in groups]
    for group in groups:
        if names.count(group.name) > 1:
            raise InputError(f"renderer {name} has two parameter groups {group.name!r}")
        if len(group.bands) not in (0, len(group.parameters)):
            raise InputError(
                f"renderer {name}: group {group.name!r} has {len(group.bands)} bands; expected one for each of its "
                f"{len(group.parameters)} parameters"
            )
        for tensor in group.parameters:
            if tensor.dim() == 0 or len(tensor) != count:
                raise InputError(
                    f"renderer {name}: a parameter of {group.name!r} is {list(tensor.shape)}; "
                    f"expected its {count} candidates first"
                )
    for key, tensor in renderer.state_dict().items():
        if tensor.dim() == 0 or len(tensor) != count:
            raise InputError(
                f"renderer {name}: {key} is {list(tensor.shape)}; expected its {count} candidates first "
                "(a buffer that is the same for all is not persistent)"
            )


def check_frames(frames: Frames, renderer: Renderer, views: int | None, size: tuple[int, int] | None) -> None:
    """Refuses pictures of another shape than was asked for.

    Args:
        frames: what the renderer gave.
        renderer: for its candidates, and its name in messages.
        views: how many were asked for; None where the scene has none.
        size: height and width in pixels that were asked for; None for the renderer's own.

    Raises:
        InputError: they are of other candidates, views or size, or no floating-point colours.
    """
    name = type(renderer).__name__
    if not isinstance(frames, Frames):
        raise InputError(f"renderer {name}: render gives {type(frames).__name__}; expected Frames")
    for part, channels in (("rgb", 3), ("alpha", 1)):
        found: Tensor = getattr(frames, part)
        if found.dim() != 5:
            raise InputError(f"renderer {name}: {part} is {list(found.shape)}; expected [S, V, {channels}, H, W]")
        height, width = size or frames.rgb.shape[-2:]
        wanted = [renderer.candidates, views or frames.rgb.shape[1], channels, height, width]
        if list(found.shape) != wanted:
            raise InputError(f"renderer {name}: {part} is {list(found.shape)}; expected {wanted}")
        if not found.is_floating_point():
            raise InputError(f"renderer {name}: {part} is {found.dtype}; expected numbers in 0..1 such as float32")
