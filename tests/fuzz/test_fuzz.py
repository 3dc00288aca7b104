"""Commands on generated input: each ends well or says in one line what is wrong, within limits, and leaves nothing.

``pytest tests/fuzz --long`` runs 20,000 cases, ``pytest tests/fuzz --seed 17`` one again. The files of cases with
faults are kept in outputs/fuzz.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fuzzing.judge import UNFINISHED, Outcome, judge
from fuzzing.summary import summary

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "outputs" / "fuzz"
FOLDERS = [".", "tests/fuzz", "tests/renderers/mesh/data"]

SHORT = 40
"""Cases of every run of the tests."""


def outcomes(first: int, count: int) -> Iterator[dict[str, Any]]:
    """What came of cases."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-m", "fuzzing.server", str(first), str(count), str(KEPT)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    assert process.returncode == 0


def test_every_case_ends_well_or_in_one_line(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    seed, long = pytestconfig.getoption("--seed"), pytestconfig.getoption("--long")
    first, count = (0, SHORT) if seed is None else (seed, 1)
    if long:
        count = pytestconfig.getoption("--cases")
    done: list[dict[str, Any]] = []
    since = time.monotonic()
    for facts in outcomes(first, count):
        done.append(facts)
        if long and len(done) % 500 == 0:
            with capsys.disabled():
                faulty = sum(bool(one["faults"]) for one in done)
                print(f"{len(done)} cases, {faulty} with faults, {time.monotonic() - since:.0f} s", flush=True)
    assert len(done) == count
    if long:
        with capsys.disabled():
            print(f"\n{summary(done)}")
    assert not any(facts["faults"] for facts in done), f"\n{summary(done)}\nfiles: {KEPT}"
    assert seed is not None or {facts["code"] for facts in done} == {0, 2}


LINE = "limn: config.yaml: size: expected an integer\n"


@pytest.mark.parametrize(
    ("code", "err", "made", "fault"),
    [
        (0, "a warning of the log\n", [], None),
        (2, LINE, [], None),
        (2, "wrote x\n" + LINE, [], None),
        (
            1,
            'Traceback (most recent call last):\n  File "/a/limn/x.py", line 3, in f\nValueError: no 7\n',
            [],
            "exit 1",
        ),
        (0, "Traceback (most recent call last):\nOSError: no\n", [], "traceback on stderr"),
        (0, "/a/b.py:7: UserWarning: old\n", [], "warning: UserWarning"),
        (2, LINE * 2, [], "exit 2 with 2 lines"),
        (2, LINE + "and more\n", [], "exit 2 with 1 lines"),
        (2, "", [], "exit 2 with 0 lines"),
        (2, f"limn: {'x' * 2000}\n", [], "a line of more than"),
        (2, "limn: \x1b[31m\n", [], "a line that cannot be printed"),
        (2, "limn: <object at 0x7f0011223344>\n", [], "an address in a line"),
        (2, LINE, ["outputs/a/config.yaml"], "refused, and left"),
        (0, "", ["outputs/.model.glb.part"], "left .model.glb.part"),
        (0, "", ["outputs/.part-abcdefgh/x"], "left .part-"),
        (-11, "", [], "killed by SIGSEGV"),
        (-24, "", [], "more than 10 s"),
    ],
)
def test_faults_are_found(tmp_path: Path, code: int, err: str, made: list[str], fault: str | None) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "tmp").mkdir()
    for name in made:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("steps: 1\n")
    found = judge(Outcome(code, err, 0.1, 10), tmp_path / "in", set(), tmp_path / "tmp")
    assert found == [] if fault is None else found[0].startswith(fault), found


def test_unfinished_files_are_known_by_their_names() -> None:
    assert all(UNFINISHED.search(n) for n in (".part-a/x", "run/.part-a", ".log.txt.part", "a/tmpab12", "x.tmp"))
    assert not any(UNFINISHED.search(n) for n in ("parts", "a/part-1", "departed", "previews/1.png"))
