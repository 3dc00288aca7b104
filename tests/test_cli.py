from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.main import main

ROOT = Path(__file__).parent.parent

SPEC = importlib.util.spec_from_file_location("run", ROOT / "run.py")
assert SPEC is not None
assert SPEC.loader is not None
RUN = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RUN)

MEND = (
    "torch and torchvision do not match; install both from the same place: "
    "pip install --force-reinstall torch torchvision"
)


def test_the_list_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for kind, names in {
        "recipes": ["draw", "sketch"],
        "losses": ["layer_features", "text_similarity"],
        "encoders": ["pocket"],
        "augmentations": ["crop", "perspective"],
    }.items():
        start = lines.index(f"{kind}:")
        section = lines[start + 1 : lines.index("", start) if "" in lines[start:] else None]
        entries = dict(line.split(maxsplit=1) for line in section)
        assert set(names) <= entries.keys()
        assert all(text.endswith(".") for text in entries.values()), entries


@pytest.mark.parametrize("arguments", [["schema"], ["schema", "sketch"]])
def test_the_schema_is_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("resume", "export", "list", "schema", "key=value"))


def test_other_errors_are_not_explained_away() -> None:
    assert RUN.explain(RuntimeError("operator aten::nms does not exist")) is None
    error = ImportError("no")
    error.__cause__ = RuntimeError("operator torchvision::nms does not exist")
    assert RUN.explain(error) == MEND
    assert RUN.explain(None) is None


def test_a_torchvision_of_another_torch_is_one_line(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text('raise RuntimeError("operator torchvision::nms does not exist")\n')
    arguments = ["configs/sketch.yaml", f"output={tmp_path}/outputs", "steps=1"]
    process = subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (2, "", f"limn: {MEND}\n")
    assert not (tmp_path / "outputs").exists()
