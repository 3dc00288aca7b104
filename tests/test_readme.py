"""Every command of the README and every example does what it says, in a shortened run."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.cli.main import main

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
README = (ROOT / "README.md").read_text(encoding="utf-8")
MESHES = (ROOT / "renderers/mesh/README.md").read_text(encoding="utf-8")
BLOCKS = BLOCK.findall(README)
PYTHON = [block for language, block in BLOCKS + BLOCK.findall(MESHES) if language == "python"]
COMMANDS = [
    part.split("  #")[0].strip()
    for language, block in BLOCKS
    if language == "bash"
    for line in block.replace("\\\n", " ").splitlines()
    for part in line.split("&&")
    if part.strip() and not part.lstrip().startswith("#")
]
SHORT = ["steps=2", "video.seconds=0.2"]


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to run in that looks like the checkout, so that nothing is written into it."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("run.py", "configs", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "photo.jpg").symlink_to(ROOT / "configs" / "assets" / "coffee.jpg")
    return folder


@pytest.fixture(scope="module")
def finished_run(somewhere: Path) -> str:
    """The folder of a run, as the command line prints it."""
    return execute(somewhere, "run.py", "configs/sketch.yaml", "run=first", *SHORT).strip()


def execute(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::UserWarning:pipelines"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_has_commands() -> None:
    assert "python run.py configs/sketch.yaml" in COMMANDS
    assert any(command.startswith("pytest") for command in COMMANDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python run.py")])
def test_commands_run(somewhere: Path, finished_run: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(command)[1:]
    if words[1] in ("resume", "export"):
        words = [finished_run if word.startswith("outputs/") else word for word in words]
    elif words[1].endswith(".yaml"):
        words += SHORT
    monkeypatch.chdir(somewhere)
    assert main(words[1:]) == 0


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python examples/")])
def test_examples_run(somewhere: Path, command: str) -> None:
    *_, path = execute(somewhere, *shlex.split(command)[1:], "2").split()
    assert (somewhere / path).stat().st_size > 100


@pytest.mark.parametrize("command", [c for c in COMMANDS if re.match(r"python (-m|benchmarks)", c)])
def test_longer_programs_exist(command: str) -> None:
    words = shlex.split(command)
    if words[1] == "-m":
        assert importlib.util.find_spec(words[2]) is not None
    else:
        assert (ROOT / words[1]).is_file()


def test_every_example_is_named_in_the_readme() -> None:
    for path in (ROOT / "examples").glob("*.*"):
        assert path.name in README, path.name


@pytest.mark.parametrize("block", PYTHON)
def test_python_blocks_run(somewhere: Path, block: str) -> None:
    execute(somewhere, "-c", re.sub(r"steps=\d+", "steps=2", block))


@pytest.mark.parametrize("block", [block for language, block in BLOCKS if language == "yaml"])
def test_yaml_blocks_run(somewhere: Path, block: str) -> None:
    assert "recipe" in yaml.safe_load(block)
    path = somewhere / "block.yaml"
    path.write_text(block, encoding="utf-8")
    execute(somewhere, "run.py", str(path), "import_from=[examples]", *SHORT)


def test_named_files_and_pictures_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'src="([^"]+)"', README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
