"""Small batches: jobs files of the pixel recipe, and what two batches must have in common."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from pipelines.batch.ledger import FILE
from pipelines.loop.callbacks import read_metrics


def write_jobs(folder: Path, settings: dict[str, Any], **jobs_file: Any) -> Path:
    """A config of its own, ``copy.yaml``, and ``jobs.yaml`` beside it, whose batch is in ``out/jobs``."""
    (folder / "copy.yaml").write_text(yaml.safe_dump({k: v for k, v in settings.items() if k != "output"}))
    file = folder / "jobs.yaml"
    file.write_text(yaml.safe_dump({"pipeline": "copy.yaml", "output": str(folder / "out"), **jobs_file}))
    return file


def attempts(batch: Path) -> dict[str, list[str]]:
    """Job -> how each of its attempts ended."""
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(batch / FILE)) as ledger:
        for job, state in ledger.execute("SELECT job, state FROM attempts ORDER BY job, number"):
            found.setdefault(job, []).append(state)
    return found


def errors(batch: Path) -> str:
    """What the attempts ended with, a line each."""
    with closing(sqlite3.connect(batch / FILE)) as ledger:
        return "\n".join(row[0] for row in ledger.execute("SELECT error FROM attempts"))


def results(batch: Path) -> dict[str, Any]:
    """What two batches of the same jobs must have in common, by path."""
    kept: dict[str, Any] = {}
    for file in sorted(batch.glob("*/**/*")):
        name = str(file.relative_to(batch))
        if file.name == "metrics.jsonl":
            kept[name] = [{key: value for key, value in line.items() if key != "ms"} for line in read_metrics(file)]
        elif file.name in ("job.json", "artefacts.json"):
            kept[name] = json.loads(file.read_text())
        elif file.suffix in (".png", ".svg", ".webp", ".jpg", ".safetensors"):
            kept[name] = file.read_bytes()
    return kept
