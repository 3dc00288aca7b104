"""``limn batch``: many runs from one jobs file, and what to do with them from another terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from limn.errors import InputError, short
from limn.registry import suggestion
from pipelines.cli.arguments import exactly, settings_of
from pipelines.config.words import MAIN

if TYPE_CHECKING:
    from pipelines.batch.batch import Batch
    from pipelines.batch.job import Job

DRY = "--dry-run"

WIDEST = 40
"""Characters of a setting in the table of a dry run."""


def batch(rest: list[str]) -> None:
    """``limn batch JOBS.yaml [--dry-run] [key=value ...]``, or ``limn batch status FOLDER`` and its like."""
    words = [word for word in rest if word != DRY]
    if not words:
        raise InputError("batch takes a jobs file, or status, pause, resume, retry or cancel and the folder of a batch")
    name, *others = words
    if name in COMMANDS:
        COMMANDS[name](others)
    elif "." not in name and not Path(name).exists():
        raise InputError(f"batch: no jobs file or command {short(name)}{suggestion(name, COMMANDS)}")
    else:
        _run(Path(name), others, DRY in rest)


def _run(file: Path, words: list[str], dry: bool) -> None:
    settings = settings_of(words)
    for key, value in settings:
        if key == MAIN:
            raise InputError(f"{short(str(value))} is not of the form key=value")

    from pipelines.batch.batch import carry_out_batch
    from pipelines.batch.jobs import jobs_of, read_jobs_file

    asked = read_jobs_file(file, settings)
    jobs = jobs_of(asked)
    if dry:
        for line in _table(jobs):
            print(line)
        print(f"{len(jobs)} jobs in {asked.folder}")
    else:
        _conclude(carry_out_batch(asked, jobs))


def _table(jobs: Sequence[Job]) -> list[str]:
    """What the jobs are, line by line: what they need, and the settings in which they differ."""
    keys = list(dict.fromkeys(key for job in jobs for key in job.fields))
    rows = [["job", "gpus", "cpus", *keys, "name"]]
    for job in jobs:
        fields = [" ".join(str(job.fields.get(key, "")).split())[:WIDEST] for key in keys]
        rows.append([job.id, f"{job.gpus:g}", str(job.cpus), *fields, job.name])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _conclude(made: Batch) -> None:
    """Prints the folder, and says what is not done.

    Raises:
        InputError: jobs failed.
    """
    print(made.folder)
    total, states = len(made.records), Counter(record.state for record in made.records)
    if states["failed"]:
        raise InputError(f"{states['failed']} of {total} jobs failed; limn batch status {made.folder}")
    others = ", ".join(f"{count} {state}" for state, count in states.items() if state != "done")
    print(f"{states['done']} of {total} jobs done{f', {others}' if others else ''}")


def _status(rest: list[str]) -> None:
    """``limn batch status FOLDER``."""
    (folder,) = exactly(rest, "batch status", "the folder of a batch")

    from pipelines.batch.display import Progress
    from pipelines.batch.ledger import Ledger
    from pipelines.runs.status import read_status

    with Ledger(Path(folder)) as ledger:
        records, driven = ledger.records(), ledger.is_driven()
        print(Progress(ledger.counts(), [], None, driven and ledger.paused()))
        print(f"{ledger.owner()} is at work" if driven else "nobody is at work")
    for record in records:
        if record.state == "running":
            status = read_status(Path(folder) / record.job.folder)
            print(f"running    {record.job.name}: step {status.step} of {status.steps}")
        elif record.state == "failed" or (record.state == "queued" and record.error):
            print(f"{record.state:10} {record.job.name} ({record.attempts} attempts): {record.error}")


def _pause(rest: list[str]) -> None:
    """``limn batch pause FOLDER``."""
    (folder,) = exactly(rest, "batch pause", "the folder of a batch")

    from pipelines.batch.ledger import Ledger

    with Ledger(Path(folder)) as ledger:
        if not ledger.is_driven():
            raise InputError(f"{folder}: nobody is at work")
        ledger.pause(True)
    print("jobs stop after their step; limn batch resume goes on")


def _resume(rest: list[str]) -> None:
    """``limn batch resume FOLDER``: takes back a pause, or goes on where nobody is at work."""
    (folder,) = exactly(rest, "batch resume", "the folder of a batch")

    from pipelines.batch.batch import go_on
    from pipelines.batch.ledger import Ledger

    with Ledger(Path(folder)) as ledger:
        driven = ledger.is_driven()
        if driven:
            ledger.pause(False)
            print(f"{ledger.owner()} goes on")
    if not driven:
        _conclude(go_on(folder))


def _retry(rest: list[str]) -> None:
    """``limn batch retry FOLDER [failed | cancelled | JOB]``."""
    folder, which = _one_or_two(rest, "retry")

    from pipelines.batch.ledger import Ledger

    with Ledger(Path(folder)) as ledger:
        print(f"{ledger.retry(which or 'failed')} jobs queued")
        if not ledger.is_driven():
            print(f"nobody is at work; limn batch resume {folder} begins")


def _cancel(rest: list[str]) -> None:
    """``limn batch cancel FOLDER [JOB]``."""
    folder, which = _one_or_two(rest, "cancel")

    from pipelines.batch.ledger import Ledger

    with Ledger(Path(folder)) as ledger:
        print(f"{ledger.cancel(which)} jobs cancelled")


def _one_or_two(rest: list[str], command: str) -> tuple[str, str]:
    if not 1 <= len(rest) <= 2:
        raise InputError(f"batch {command} takes the folder of a batch, and a job if it is to be one alone")
    return rest[0], rest[1] if len(rest) > 1 else ""


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "status": _status,
    "pause": _pause,
    "resume": _resume,
    "retry": _retry,
    "cancel": _cancel,
}
