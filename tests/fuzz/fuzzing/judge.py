"""What a command may do: end well, or say in one line what is wrong, and leave nothing behind."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 10
"""Of processor time that a small case may take."""

WALL = 120
"""Seconds after which a case counts as hung, however busy the machine is."""

MEMORY = 2 << 30
"""Bytes that a small case may take beside what the imports take."""

LONGEST = 1500
"""Characters of the line that says what is wrong."""

UNFINISHED = re.compile(r"(^|/)(\.part-|tmp)|\.(part|tmp)(/|$)")


@dataclass
class Outcome:
    """What a command did.

    Args:
        code: its exit code; negative for the signal that ended it.
        err: what it said on stderr.
        seconds: of processor time.
        megabytes: that it took beside what the imports take.
        hung: it had to be killed.
        children: it left processes.
    """

    code: int
    err: str
    seconds: float
    megabytes: float
    hung: bool = False
    children: bool = False
    faults: list[str] = field(default_factory=list)


def files_in(folder: Path) -> set[str]:
    """All files and folders below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def judge(outcome: Outcome, folder: Path, before: set[str], scratch: Path) -> list[str]:
    """What is wrong with an outcome; the same words for the same fault.

    Args:
        outcome: of a command.
        folder: where it worked.
        before: the files that were there.
        scratch: its folder for temporary files.
    """
    faults = _end(outcome)
    if outcome.children:
        faults.append("left a process")
    if outcome.code < 0:  # it had no time to clear up
        return faults
    faults += _left(folder, before, outcome.code)
    if left := files_in(scratch):
        faults.append(f"left {len(left)} temporary files")
    if outcome.code == 0:
        faults += _accepted(folder, files_in(folder) - before)
    return faults


def _end(outcome: Outcome) -> list[str]:
    if outcome.hung:
        return [f"nothing after {WALL} s"]
    if outcome.code == -signal.SIGXCPU:
        return [f"more than {SECONDS} s of processor time"]
    if outcome.code < 0:
        return [f"killed by {signal.Signals(-outcome.code).name}"]
    if outcome.code not in (0, 2):
        return [f"exit {outcome.code}: {_cause(outcome.err)}"]
    if "Traceback (most recent call last)" in outcome.err:
        return [f"traceback on stderr: {_cause(outcome.err)}"]
    if warned := re.search(r"(?<!/own)\.py:\d+: (\w*Warning: .{0,60})", outcome.err):
        return [f"warning: {warned[1]}"]
    if re.search(r" at 0x[0-9a-f]{6,}", outcome.err):
        return ["an address in a line"]
    return _line(outcome.err) if outcome.code == 2 else []


def _line(err: str) -> list[str]:
    said = [line for line in re.split(r"[\r\n]", err) if line.startswith("limn: ")]
    if len(said) != 1 or not err.rstrip("\n").endswith(said[0]):
        return [f"exit 2 with {len(said)} lines"]
    if len(said[0]) > LONGEST:
        return [f"a line of more than {LONGEST} characters"]
    if not said[0].isprintable():
        return ["a line that cannot be printed"]
    return []


def _cause(err: str) -> str:
    """Where and by what a traceback ended, in the project's own code."""
    ours = re.findall(r'File "[^"]*/((?:limn|guidance|renderers|pipelines)/[^"]+)", line \d+, in (\w+)', err)
    place = ":".join(ours[-1]) if ours else "?"
    last = [line for line in err.splitlines() if re.match(r"[\w.]+(Error|Exception|Interrupt|Exit)\b|[\w.]+: ", line)]
    words = re.sub(r"\d+(\.\d+)?", "N", last[-1])[:90] if last else "no traceback"
    if re.search(r"MemoryError|can't allocate|Insufficient memory|Unable to allocate|bad_alloc", err):
        words = f"memory: {words}"
    return f"{place}: {words}"


def _left(folder: Path, before: set[str], code: int) -> list[str]:
    new = files_in(folder) - before
    if unfinished := sorted(name for name in new if UNFINISHED.search(name)):
        return [f"left {re.sub(r'[0-9a-z_]{8}$', '*', Path(unfinished[0]).name)}"]
    if code == 2 and (stray := sorted(name for name in new if not _explained(folder, name, before))):
        return [f"refused, and left {Path(stray[0]).name if len(stray) == 1 else 'files'}"]
    return []


def _explained(folder: Path, name: str, before: set[str]) -> bool:
    """Whether a file belongs to a run that says that it failed: to an earlier one, or to one with steps done."""
    for status in folder.rglob("status.json"):
        run = status.parent.relative_to(folder)
        kept = str(run / "config.yaml") in before or any(status.parent.rglob("checkpoint.json"))
        if kept and _state(status) == "failed" and (Path(name).is_relative_to(run) or run.is_relative_to(name)):
            return True
    return False


def _state(file: Path) -> str:
    try:
        return str(json.loads(file.read_bytes())["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _accepted(folder: Path, new: set[str]) -> list[str]:
    """Runs that went through although something in their config is no number, or that have no results."""
    faults = []
    for name in new:
        file = folder / name
        if file.name == "config.yaml":
            settings = re.sub(r"(?m)^output: .*|'[^']*'", "", file.read_text())  # names may be anything
            if odd := re.search(r"(\w+): *\[?(-?\.(nan|inf))\b", settings):
                faults.append(f"accepted {odd[1]}: {odd[2]}")
        if file.name == "status.json" and _state(file) == "done" and not (file.parent / "report.html").is_file():
            faults.append("done without a report")
    return faults
