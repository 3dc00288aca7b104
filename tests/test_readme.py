"""Every command, example and link of the README and of docs/ does what it says, in a shortened run."""

import importlib
import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from shortened import shortened
from warm import python

from limn.registry import GROUP
from pipelines import read_config
from pipelines.batch.jobs import jobs_of, read_jobs_file
from pipelines.cli.listing import REGISTRIES
from pipelines.cli.main import main

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = [
    "renderers/mesh",
    "renderers/fields/surface",
    "guidance/pocket",
    "guidance/distillation/exemplars",
    "configs/assets",
]
EVERYTHING = [*PAGES, *(ROOT / folder / "README.md" for folder in FOLDERS)]
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in EVERYTHING}
BLOCKS = [
    (name, language, block)
    for name, text in TEXTS.items()
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
]
COMMANDS = list(
    dict.fromkeys(
        part.split("  #")[0].strip()
        for _, language, block in BLOCKS
        if language == "bash"
        for line in block.replace("\\\n", " ").splitlines()
        for part in line.split("&&")
        if part.strip() and not part.lstrip().startswith("#")
    )
)
SHORT = ["steps=2", "video.seconds=0.2"]


def blocks(wanted: str) -> list[object]:
    """The blocks of a language, each under the name of its page."""
    return [pytest.param(block, id=name) for name, language, block in BLOCKS if language == wanted]


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to run in that looks like the checkout, so that nothing is written into it."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("run.py", "configs", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "outputs").mkdir()
    assets = ROOT / "configs" / "assets"
    (folder / "photos").mkdir()
    for name, picture in {
        "photo.jpg": "coffee.jpg",
        "photos/first.jpg": "coffee.jpg",
        "painting.jpg": "cat.jpg",
        "a.png": "owl.png",
        "b.jpg": "cat.jpg",
        "logo.png": "teapot.png",
        "drawing.svg": "logo.svg",
    }.items():
        (folder / name).symlink_to(assets / picture)
    return folder


@pytest.fixture(scope="module")
def finished_run(somewhere: Path) -> str:
    """The folder of a run, as the command line prints it."""
    return execute(somewhere, "run.py", "configs/imagine.yaml", "run=first", *SHORT).strip()


def execute(folder: Path, *arguments: str) -> str:
    done = python(*arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    text = TEXTS["README.md"]
    assert len(text.splitlines()) <= 140
    for page in PAGES[1:]:
        assert f"](docs/{page.name})" in text, page.name


def test_the_readme_has_commands() -> None:
    assert "python run.py configs/sketch.yaml" in COMMANDS
    assert any(command.startswith("pytest") for command in COMMANDS)


ENDING = [c for c in COMMANDS if c.startswith("python run.py") and not c.startswith("python run.py serve")]
"""Commands that end by themselves; tests/pipelines/test_serve_runs.py has the one that does not."""


@pytest.mark.usefixtures("quick_outlines")
@pytest.mark.parametrize("command", ENDING)
def test_commands_run(somewhere: Path, finished_run: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [word.replace("device=cuda", "device=cpu") for word in shlex.split(command)[1:]]
    if words[1] in ("resume", "export", "status"):
        words = [finished_run if word.startswith("outputs/") else word for word in words]
    elif words[1] == "batch":
        words += [*SHORT, "launcher=inline", "size=32", "seeds=1"]
    elif words[1].endswith(".yaml"):
        given = {word.partition("=")[0] for word in words}
        shorter = {"best_of": 1} | shortened(ROOT / words[1], steps=2)
        if words[1].endswith("imagine.yaml") and "by=clip" in words:
            shorter["robust_start.steps"] = 2
        words += SHORT + [f"{key}={value}" for key, value in shorter.items() if key not in given]
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


def test_every_example_is_named() -> None:
    for path in (ROOT / "examples").glob("*.*"):
        assert any(f"/{path.name})" in TEXTS[name] for name in ("README.md", "docs/extending.md", "docs/fields.md")), (
            path.name
        )


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_run(somewhere: Path, block: str) -> None:
    execute(somewhere, "-c", re.sub(r"(steps\"?[=:] ?)\d+", r"\g<1>2", block))


@pytest.mark.parametrize("block", blocks("yaml"))
def test_yaml_blocks_are_valid(somewhere: Path, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = yaml.safe_load(block)
    if settings.keys() & {"pipeline", "list"}:
        (somewhere / "jobs.yaml").write_text(block, encoding="utf-8")
        monkeypatch.chdir(somewhere)
        assert jobs_of(read_jobs_file("jobs.yaml"))
        return
    read_config(settings if "recipe" in settings else {"recipe": "draw", "prompt": "a frog"} | settings)


def test_a_yaml_block_runs(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = next(block for name, language, block in BLOCKS if (name, language) == ("docs/encoders.md", "yaml"))
    (somewhere / "block.yaml").write_text(block, encoding="utf-8")
    monkeypatch.chdir(somewhere)
    assert main(["block.yaml", *SHORT]) == 0


@pytest.mark.parametrize("block", blocks("toml"))
def test_toml_blocks_name_parts_of_packages(block: str) -> None:
    registries = (place.split(":") for place in REGISTRIES.values())
    kinds = {getattr(importlib.import_module(module), name).kind.replace(" ", "_") for module, name in registries}
    for name in tomllib.loads(block)["project"]["entry-points"][GROUP]:
        assert name.partition(".")[0] in kinds
    for kind in kinds:
        assert f"`{kind}`" in TEXTS["docs/extending.md"]


@pytest.mark.parametrize("name", TEXTS)
def test_links_and_pictures_lead_somewhere(name: str) -> None:
    text = TEXTS[name]
    for link in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def anchors(text: str) -> set[str]:
    """What links can lead to in a page, as GitHub names it."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}
