"""A Ray cluster of two nodes, one of which is killed while jobs run: none is lost or recorded twice.

    python benchmarks/clusters.py [--jobs 24] [--storage file:///tmp/runs]

Needs ``pip install 'limn[ray]'``. The results are compared, byte by byte, with those of an inline batch.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "pipelines"))

from batches import attempts, results, write_jobs
from ray.cluster_utils import Cluster

from pipelines import run_batch
from pipelines.batch.ledger import FILE, Ledger
from pipelines.runs.status import read_status

ROOT = Path(__file__).parents[1]


def settings_of(folder: Path) -> dict[str, Any]:
    """Jobs of about a second that write a checkpoint every three steps."""
    target = folder / "target.png"
    Image.radial_gradient("L").convert("RGB").save(target)
    losses = {"near": {"loss": "pixels:Near", "noise": 0.05}, "slow": {"loss": "pixels:Slow", "seconds": 0.03}}
    return {
        "recipe": "pixels:pixels",
        "import_from": [str(ROOT / "tests" / "pipelines")],
        "target": str(target),
        "size": 16,
        "steps": 30,
        "checkpoint_every": 3,
        "video": {"formats": []},
        "losses": losses,
    }


def done(batch: Path) -> int:
    """How many jobs are recorded as done."""
    if not (batch / FILE).exists():
        return 0
    with Ledger(batch) as ledger:
        return ledger.counts()["done"]


def running(batch: Path) -> int:
    """How many jobs are in the midst of their steps."""
    statuses = [read_status(file.parent) for file in batch.glob("*/status.json")]
    return sum(status.alive and status.steps > 0 for status in statuses)


def main(jobs: int, storage: str, folder: Path) -> None:
    """Carries the jobs out twice and compares."""
    file = write_jobs(folder, settings_of(folder), seeds=jobs)
    began = time.monotonic()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    print(f"two nodes after {time.monotonic() - began:.1f} s")
    batch = folder / "out" / "jobs"

    def end_a_node() -> None:
        while done(batch) < jobs // 4 or running(batch) < 2:
            time.sleep(0.01)
        cluster.remove_node(node, allow_graceful=False)
        print(f"a node is gone after {done(batch)} jobs")

    threading.Thread(target=end_a_node).start()
    began = time.monotonic()
    made = run_batch(file, launcher={"ray": {"address": cluster.address}}, storage=storage)
    print(f"{jobs} jobs in {time.monotonic() - began:.1f} s")
    cluster.shutdown()
    assert all(record.state == "done" for record in made.records)
    ends = attempts(batch)
    assert all(each.count("done") == 1 and each[-1] == "done" for each in ends.values()), ends
    print("attempts:", dict(Counter(end for each in ends.values() for end in each)))
    with closing(sqlite3.connect(batch / FILE)) as ledger:
        for (error,) in ledger.execute("SELECT DISTINCT error FROM attempts WHERE error != ''"):
            print("  ", error)
    whole = run_batch(file, launcher="inline", output=str(folder / "whole"))
    assert results(batch) == results(whole.folder)
    print(f"{len(results(batch))} files are those of an inline batch")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--storage", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        main(arguments.jobs, arguments.storage, Path(place))
