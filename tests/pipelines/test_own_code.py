"""Losses, renderers and modules of one's own that are wrong: one line that names them, with the lines of their file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pixels import Pixels

from limn.errors import InputError
from pipelines.cli.main import main
from pipelines.loop.population import schedules_of
from pipelines.runs.status import read_status

Write = Callable[[Any], Path]

HEAD = """
import torch
from guidance import Loss
from limn.frames import Frames
from pixels import PixelConfig, Pixels, start
from pipelines import Task, build_objective

class Base(Loss):
    def forward(self, frames, step):
        return self.value(frames.rgb.flatten(1).mean(dim=1), frames)

"""

LOSSES = {
    "no number per candidate": ("x.mean()", "got torch.float32 [] on cpu"),
    "one for each view": ("x[:, None]", "got torch.float32 [2, 1] on cpu"),
    "of too many": ("x.repeat(2)", "got torch.float32 [4] on cpu"),
    "integers": ("(x * 0).long()", "got torch.int64 [2] on cpu"),
    "truth values": ("x > 0", "got torch.bool [2] on cpu"),
    "elsewhere": ("x.to('meta')", "got torch.float32 [2] on meta"),
    "a number": ("1.0", "got float"),
    "nothing": ("None", "got NoneType"),
}


@pytest.fixture
def mine(settings: dict[str, Any], tmp_path: Path, write_config: Write) -> Callable[..., Path]:
    """A config beside a module ``mine``."""

    def make(code: str, **changes: Any) -> Path:
        (tmp_path / "mine.py").write_text(HEAD + code)
        settings["import_from"].append(str(tmp_path))
        return write_config(settings | {"losses": {"own": {"loss": "mine:Own"}}} | changes)

    return make


def test_a_default_of_another_type_is_taken_as_it_is_without_a_warning(
    mine: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = "class Own(Base):\n    def __init__(self, a: int = 'x', b: int = None):\n        super().__init__()\n"
    config = mine(code + "    def value(self, x, frames):\n        return x\n")
    assert main([str(config), "steps=2"]) == 0
    assert "arning" not in capsys.readouterr().err


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_loss_gives_is_checked(name: str, mine: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    value, found = LOSSES[name]
    config = mine(f"class Own(Base):\n    def value(self, x, frames):\n        return {value}\n")
    assert main([str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    wanted = "limn: loss 'own': expected one number per candidate, torch.float32 [2] on cpu"
    assert lines[-1] == f"{wanted}, {found}"
    assert "Traceback" not in "".join(lines)


def test_a_constructor_without_super(mine: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    config = mine("class Own(Base):\n    def __init__(self):\n        self.a = 1\n")
    assert main([str(config)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "limn: losses.own: the constructor of Own does not call super().__init__()"
    )


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("a: float('nan')", "limn: {config}: losses.own: 'a' is missing"),
        ("_a: int = 1", "limn: {config}: losses.own: Own has arguments that cannot be settings: Fields must not use"),
        ("a: 'Nothing' = 1", "limn: {config}: losses.own: 'Own' has no signature that can be read: name 'Nothing'"),
    ],
)
def test_arguments_that_cannot_be_settings(
    argument: str, message: str, mine: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = mine(f"class Own(Base):\n    def __init__(self, {argument}):\n        super().__init__()\n")
    assert main([str(config)]) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith(message.format(config=config))


def test_an_error_inside_shows_the_lines_of_ones_own_file_and_the_run_can_go_on(
    mine: Callable[..., Path], settings: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = mine(
        "class Own(Base):\n"
        "    def value(self, x, frames):\n"
        "        return helper(x)\n"
        "def helper(x):\n"
        "    import pathlib\n"
        "    if Base.calls > 16 and not pathlib.Path(__file__).with_name('mended').exists():\n"
        "        return torch.ones(3) @ torch.ones(4)\n"
        "    Base.calls += 1\n"
        "    return x\n"
        "Base.calls = 0\n"
    )
    assert main([str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    lines = lines[next(n for n, line in enumerate(lines) if line.startswith("  File")) :]
    lines = [line for line in lines if set(line) - set(" ^~")]
    file = tmp_path / "mine.py"
    first = len(HEAD.splitlines())
    assert lines[:4] == [
        f'  File "{file}", line 10, in forward',
        "    return self.value(frames.rgb.flatten(1).mean(dim=1), frames)",
        f'  File "{file}", line {first + 3}, in value',
        "    return helper(x)",
    ]
    assert [line.strip() for line in lines if "torch.ones(3) @" in line]
    assert lines[-1].startswith("limn: loss 'own': RuntimeError: ")
    assert not [line for line in lines if "loop.py" in line or "Traceback" in line]
    (folder,) = (Path(settings["output"]) / "copy").iterdir()
    assert read_status(folder).state == "failed"
    (tmp_path / "mended").touch()
    assert main(["resume", str(folder)]) == 0
    assert (folder / "report.html").is_file()


def test_losses_that_do_not_depend_on_the_picture_are_named(
    mine: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "class Own(Base):\n    def value(self, x, frames):\n        return x.detach()\n"
        "class Constant(Base):\n    def value(self, x, frames):\n        return torch.ones(2)\n"
    )
    near = {"loss": "pixels:Near"}
    losses = {"own": {"loss": "mine:Own"}, "constant": {"loss": "mine:Constant"}, "near": near}
    assert main([str(mine(code, losses=losses, steps=3))]) == 0
    err = capsys.readouterr().err
    for name in ("own", "constant"):
        line = f"loss '{name}' does not depend on the picture: it has no gradient and changes nothing"
        assert err.count(line) == 1
    assert "'near'" not in err
    del losses["near"]
    assert main([str(mine(code, losses=losses, steps=3))]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "limn: no loss depends on the picture: own, constant without gradient"
    )


RENDERERS = {
    "too many candidates": (
        "return Frames(torch.cat([f.rgb, f.rgb]), torch.cat([f.alpha, f.alpha]))",
        "{}",
        "rgb is [4, 1, 3, 16, 16]; expected [2, 1, 3, 16, 16]",
    ),
    "alpha of another size": (
        "return Frames(f.rgb, f.alpha[..., 1:])",
        "{}",
        "alpha is [2, 1, 1, 16, 15]; expected [2, 1, 1, 16, 16]",
    ),
    "no views": ("return Frames(f.rgb[:, 0], f.alpha[:, 0])", "{}", "rgb is [2, 3, 16, 16]; expected [S, V, 3, H, W]"),
    "bytes": ("return Frames((f.rgb * 255).byte(), f.alpha)", "{}", "rgb is torch.uint8; expected numbers in 0..1"),
    "no frames": ("return f.rgb", "{}", "render gives Tensor; expected Frames"),
    "a size of its own": (
        "return super().render(cameras, None, step)",
        "{'preview_size': 32}",
        "rgb is [2, 1, 3, 16, 16]; expected [2, 1, 3, 32, 32]",
    ),
    "no gradient": ("return f.detach()", "{}", "gives pictures without gradient"),
}


@pytest.mark.parametrize("name", RENDERERS)
def test_what_a_renderer_gives_is_checked_at_the_first_step(
    name: str, mine: Callable[..., Path], settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    body, changes, message = RENDERERS[name]
    code = (
        "class Own(Pixels):\n"
        "    def render(self, cameras=None, size=None, step=None):\n"
        "        f = super().render(cameras, size, step)\n"
        f"        {body}\n"
        "def own(config: PixelConfig) -> Task:\n"
        "    return Task(Own(start(config)), lambda: build_objective(config, target=torch.zeros(1, 3, 16, 16)))\n"
    )
    config = mine(code, recipe="mine:own", losses={"near": {"loss": "pixels:Near"}}, **eval(changes))
    assert main([str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("limn: renderer Own")
    assert message in lines[-1]
    assert not Path(settings["output"]).exists()


PARAMETERS = {
    "none": ("[]", " has no parameters to optimise"),
    "no groups": ("[3]", ": parameter_groups gives [3]; expected a list of ParameterGroups"),
    "one group twice": ("super().parameter_groups() * 2", " has two parameter groups 'colours'"),
    "of other candidates": (
        "[ParameterGroup('x', [torch.nn.Parameter(torch.ones(5))], 1.0)]",
        ": a parameter of 'x' is [5]; expected its 2 candidates first",
    ),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameters_of_a_renderer_are_checked(
    name: str, mine: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    groups, message = PARAMETERS[name]
    code = (
        "from renderers.base import ParameterGroup\n"
        f"class Own(Pixels):\n    def parameter_groups(self):\n        return {groups}\n"
        "def own(config: PixelConfig) -> Task:\n"
        "    return Task(Own(start(config)), lambda: build_objective(config, target=torch.zeros(1, 3, 16, 16)))\n"
    )
    assert main([str(mine(code, recipe="mine:own", losses={"near": {"loss": "pixels:Near"}}))]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"limn: renderer Own{message}"


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (-1.0, "learning_rates: colours: expected numbers from 0, got -1.0"),
        (float("nan"), "learning_rates: colours: expected a finite number or a Schedule, got nan"),
        (float("inf"), "learning_rates: colours: expected a finite number or a Schedule, got inf"),
        (True, "learning_rates: colours: expected a finite number or a Schedule, got True"),
        ("1", "learning_rates: colours: expected a finite number or a Schedule, got '1'"),
    ],
)
def test_rates_are_checked_in_python(rate: Any, message: str) -> None:
    renderer = Pixels(torch.zeros(1, 3, 4, 4))
    with pytest.raises(InputError) as caught:
        schedules_of(renderer, {"colours": rate})
    assert str(caught.value) == message


MODULES = {
    "a syntax error": ("def broken(:\n", "SyntaxError: invalid syntax (mine.py, line 1)", "def broken(:"),
    "no such import": ("import nosuchthing\n", "No module named 'nosuchthing'", "import nosuchthing"),
    "an error": ("x = 1 / 0\n", "ZeroDivisionError: division by zero", "x = 1 / 0"),
    "an exit": ("import sys\nsys.exit(3)\n", "SystemExit: 3", "sys.exit(3)"),
    "no such name": ("x = 1\n", "module '_limn_", ""),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_cannot_be_imported_shows_its_line(
    name: str, settings: dict[str, Any], tmp_path: Path, write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message, line = MODULES[name]
    (tmp_path / "mine.py").write_text(code)
    config = write_config(settings | {"recipe": "mine:own", "import_from": [str(tmp_path)]})
    assert main([str(config)]) == 2
    *shown, last = capsys.readouterr().err.splitlines()
    assert last.startswith(f"limn: {config}: recipe: recipe 'mine:own' cannot be imported: {message}")
    assert (line in [text.strip() for text in shown]) == bool(line)
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (":", "recipe ':' is no name and no module:Name"),
        (".x:y", "recipe '.x:y' is no name and no module:Name"),
        ("a b:c", "recipe 'a b:c' is no name and no module:Name"),
        ("math:hypot", "'hypot' has no readable signature: "),
        ("math:pi", "3.141592653589793 has no readable signature: "),
        ("json:dumps", "a recipe takes a config annotated with a RunConfig, and a Start if it wants; 'dumps' does not"),
    ],
)
def test_a_recipe_that_is_none(
    recipe: str, message: str, settings: dict[str, Any], write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(settings | {"recipe": recipe})
    assert main([str(config)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"limn: {config}: recipe: {message}")


RECIPES = {
    "no renderer": ("Task(1, None)", "limn: the recipe's Task has 1 as renderer; expected a Renderer"),
    "no objective": (
        "Task(Pixels(start(config)), lambda: 2)",
        "limn: the recipe's Task has 2 as objective; expected an Objective",
    ),
    "nothing": ("None", "limn: recipe 'mine:own' returns NoneType; expected a Task or a list of Stages"),
    "an error": ("1 / 0", "limn: ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_gives_is_checked(
    name: str, mine: Callable[..., Path], settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    value, message = RECIPES[name]
    code = f"def own(config: PixelConfig) -> Task:\n    return {value}\n"
    assert main([str(mine(code, recipe="mine:own", losses={"near": {"loss": "pixels:Near"}}))]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == message
    assert not Path(settings["output"]).exists()


ARTEFACTS = {
    "nothing": ("None", "artefacts gives NoneType; expected a list of Artefacts"),
    "paths": ("[folder / 'x.png']", "artefacts gives list; expected a list of Artefacts"),
    "no file": (
        "[Artefact(folder / 'x.png', 'picture')]",
        "artefacts names x.png, which it has not written into its folder",
    ),
}


@pytest.mark.parametrize("name", ARTEFACTS)
def test_results_are_checked_and_the_run_can_go_on(
    name: str,
    mine: Callable[..., Path],
    settings: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    value, message = ARTEFACTS[name]
    code = (
        "from limn.artefact import Artefact\n"
        f"class Own(Pixels):\n    def artefacts(self, folder, candidate=0):\n        return {value}\n"
        "def own(config: PixelConfig) -> Task:\n"
        "    return Task(Own(start(config)), lambda: build_objective(config, target=torch.zeros(1, 3, 16, 16)))\n"
    )
    config = mine(code, recipe="mine:own", losses={"near": {"loss": "pixels:Near"}}, steps=5)
    assert main([str(config)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"limn: renderer Own: {message}"
    (folder,) = (Path(settings["output"]) / "copy").iterdir()
    assert (folder / "checkpoint" / "checkpoint.json").is_file()
    assert not list(folder.glob(".part-*"))
