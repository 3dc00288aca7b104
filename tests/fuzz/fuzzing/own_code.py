"""Losses, renderers and recipes of one's own that are wrong in one place."""

from __future__ import annotations

import json
from random import Random

from fuzzing.case import Bases, Case, kind
from fuzzing.damage import damaged_text, nasty, words_in

ERRORS = words_in(
    "ValueError('no') | KeyError('no') | OSError(5, 'no') | RuntimeError() | StopIteration | Exception('a\\nb')"
)
VALUES = words_in("""
    MEAN | frames.rgb.mean() | MEAN[:, None] | MEAN.long() | MEAN.double() | MEAN.half() | MEAN.detach() | MEAN / 0 |
    MEAN.numpy() | MEAN * float('nan') | MEAN * 1e38 * 1e38 | torch.zeros(99) | torch.zeros(0) | frames.rgb | None | 3 |
    'x' | [1.0] | torch.zeros(len(frames.rgb), device='meta') | torch.zeros(len(frames.rgb), dtype=torch.complex64) |
    torch.ones(len(frames.rgb), requires_grad=True) | frames.depth.mean() | frames.nothing | 1 / 0 | {}['x'] | [][3] |
    step.nothing | self.nothing | frames.rgb[7] | frames.rgb @ frames.rgb[..., :3]
""")
ARGUMENTS = [
    "",
    "",
    "",
    *words_in("""
    a: int | a: 'Nothing' | a: torch.Tensor | *a | **a | a=object() | a: list[int] = [1] | *, a: float = 1.0 | a, b |
    a: int = 'x'
"""),
]
LOSS = """import torch
from guidance import Loss


class Mine(Loss):
    '''Mine.'''

    def __init__(self, {argument}):
        {start}

    def forward(self, frames, step):
        {body}
        return {value}
"""
RENDERER = """import torch
from limn.frames import Frames
from renderers.fields.pictures.pixel_image import PixelImage


class Mine(PixelImage):
    '''Mine.'''

    def __init__(self, canvas):
        super().__init__(torch.rand(canvas.candidates, 3, *canvas.size), 0.01)

    def {method}(self, *given, **named):
        made = super().{method}(*given, **named)
        {body}
        return {value}
"""
METHODS = {
    "render": words_in("""
        Frames(made.rgb[..., 1:], made.alpha) | Frames(made.rgb.repeat(2, 1, 1, 1, 1), made.alpha) | made.rgb |
        Frames(made.rgb[:, 0], made.alpha) | Frames(made.rgb * float('nan'), made.alpha) |
        Frames(made.rgb.double(), made.alpha) | Frames(made.rgb.detach(), made.alpha)
    """),
    "parameter_groups": ["made * 2", "made[0]", "[3]", "{}"],
    "constrain": ["3"],
    "artefacts": ["made * 2", "['x.png']", "[given[0] / 'x.png']"],
    "after_step": ["3"],
}
RECIPE = """from pipelines import RunConfig, Task


def mine({argument}):
    {body}
    return {value}
"""


def _body(random: Random) -> str:
    return f"raise {random.choice(ERRORS)}" if random.random() < 0.2 else "pass"


def loss(random: Random) -> str:
    """The source of a loss."""
    start = random.choice(["super().__init__()"] * 8 + ["pass", "1 / 0", "raise ValueError('no')", "self.a = a"])
    value = random.choice(VALUES).replace("MEAN", "frames.rgb.flatten(1).mean(dim=1)")
    return LOSS.format(argument=random.choice(ARGUMENTS), start=start, body=_body(random), value=value)


def renderer(random: Random) -> str:
    """The source of a renderer."""
    method = random.choice(list(METHODS))
    return RENDERER.format(method=method, body=_body(random), value=random.choice([*METHODS[method], "None", "made"]))


def recipe(random: Random) -> str:
    """The source of a recipe."""
    argument = random.choice(
        ["config: RunConfig", "config: RunConfig", "config", "", "config: int", "config: RunConfig, other"]
    )
    return RECIPE.format(
        argument=argument,
        body=_body(random),
        value=random.choice(["None", "3", "Task(None, None)", "[]", "Task(1, lambda: 2)"]),
    )


@kind
def own_code(random: Random, bases: Bases) -> Case:
    """A run with code of one's own."""
    what = random.choice([loss, loss, renderer, recipe])
    source = what(random)
    if random.random() < 0.1:
        source = damaged_text(random, source)
    config = dict(bases.configs[random.choice(["imagine", "draw", "stylise_mesh"]) if what is loss else "imagine"])
    config["import_from"] = ["."]
    if what is loss:
        term = {"loss": "own:Mine"} | ({"a": nasty(random, 1.0)} if random.random() < 0.2 else {})
        config["losses"] = {"mine": term} | (config["losses"] if random.random() < 0.5 else {})
    elif what is renderer:
        config["renderer"] = "own:Mine"
    else:
        config = {"recipe": "own:mine", "steps": 1, "size": 16, "output": "outputs", "import_from": ["."]}
    files: dict[str, bytes | None] = {"model.glb": bases.models["quad.glb"]["quad.glb"]}
    files["own.py"] = source.encode(errors="replace")
    return Case(["config.json"], files | {"config.json": json.dumps(config, default=str).encode()})
