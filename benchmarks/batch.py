"""What batches cost and what they survive.

python benchmarks/batch.py kills        # 200 jobs; 20 workers and 2 drivers are killed
python benchmarks/batch.py overhead     # of a job in a warm worker
python benchmarks/batch.py throughput   # 32 sketches: a batch against one process after the other
python benchmarks/batch.py memory       # of a worker that does 500 jobs
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from kills import content
from PIL import Image, ImageOps

from pipelines import execute, run_batch
from pipelines.batch.jobs import jobs_of, read_jobs_file
from pipelines.batch.ledger import FILE, Ledger
from pipelines.runs.status import read_status

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "configs" / "assets"
TINY = {"steps": 8, "strokes": 4, "size": 48, "best_of": 1, "num_augs": 0, "preview_size": 48, "video.formats": []}


def write_jobs(folder: Path, **jobs_file: Any) -> Path:
    """A jobs file, ``jobs.yaml``, whose batch is in ``out/jobs``."""
    folder.mkdir()
    file = folder / "jobs.yaml"
    file.write_text(yaml.safe_dump({"output": str(folder / "out"), **jobs_file}, sort_keys=False))
    return file


def tiny(folder: Path, jobs: int, launcher: Any, **more: Any) -> Path:
    """A jobs file of tiny drawings."""
    checkpoints = {"checkpoint_every": 3}
    return write_jobs(
        folder,
        pipeline="draw",
        defaults={**TINY, **checkpoints},
        grid={"seed": list(range(jobs // 2)), "prompt": ["a red apple", "a blue cup"]},
        launcher=launcher,
        **more,
    )


def workers_of(batch: Path) -> list[int]:
    """Processes of the jobs that run."""
    found = [read_status(file.parent) for file in batch.glob("*/status.json")]
    return [status.pid for status in found if status.state == "running" and Path(f"/proc/{status.pid}").exists()]


def done(batch: Path) -> int:
    """How many jobs are recorded as done."""
    if not (batch / FILE).exists():
        return 0
    with Ledger(batch) as ledger:
        return ledger.counts()["done"]


def kills(folder: Path, jobs: int, workers: int, drivers: int, chance: random.Random) -> None:
    """Kills workers and drivers at random moments, and compares what remains with an undisturbed inline run."""
    file = tiny(folder / "killed", jobs, {"local": {"workers": 2, "cpus": 2}}, limits={"retries": 20})
    batch = folder / "killed" / "out" / "jobs"
    ends = sorted(chance.sample(range(1, jobs - 10), workers + drivers))
    of_drivers = set(chance.sample(ends, drivers))
    began = time.monotonic()
    driver = None
    killed: Counter[str] = Counter()
    while driver is None or driver.poll() is None or done(batch) < jobs:
        if driver is None or driver.poll() is not None:
            driver = subprocess.Popen(
                [sys.executable, "run.py", "batch", str(file)], cwd=ROOT, stderr=subprocess.DEVNULL
            )
        if ends and done(batch) >= ends[0]:
            if ends[0] in of_drivers:
                driver.kill()
                driver.wait()
                killed["drivers"] += 1
                ends.pop(0)
            elif running := workers_of(batch):
                os.kill(chance.choice(running), signal.SIGKILL)
                killed["workers"] += 1
                ends.pop(0)
            time.sleep(chance.uniform(0, 0.5))
        time.sleep(0.05)
    seconds = time.monotonic() - began
    run_batch(tiny(folder / "whole", jobs, "inline"))
    whole = folder / "whole" / "out" / "jobs"
    with closing(sqlite3.connect(batch / FILE)) as ledger:
        states = Counter(row[0] for row in ledger.execute("SELECT state FROM attempts"))
        once = dict(ledger.execute("SELECT job, COUNT(*) FROM attempts WHERE state = 'done' GROUP BY job"))
    names = sorted(place.name for place in whole.iterdir() if place.is_dir())
    same = sum(made(batch / name) == made(whole / name) for name in names)
    print(f"{jobs} jobs, killed {dict(killed)}, {seconds:.0f} s; attempts {dict(states)}")
    print(
        f"recorded once: {sum(count == 1 for count in once.values())}; the same bytes as inline: {same} of {len(names)}"
    )


def made(folder: Path) -> dict[str, object]:
    """What runs of one job must have in common, wherever they are."""
    return {name: what for name, what in content(folder).items() if name != "config.yaml"}


def overhead(folder: Path, jobs: int) -> None:
    """What a job in a warm worker takes beyond `execute` in a warm process."""
    batch = run_batch(tiny(folder / "worker", jobs, {"local": {"workers": 1, "cpus": 1}})).folder
    ends = sorted(file.stat().st_mtime for file in batch.glob("*/status.json"))
    periods = [later - earlier for earlier, later in pairwise(ends[2:])]
    alone = jobs_of(read_jobs_file(tiny(folder / "bare", jobs, "inline")))
    bare = []
    for job in alone:
        place = job.prepare(folder / "bare")
        began = time.perf_counter()
        execute(place)
        bare.append(time.perf_counter() - began)
    in_worker, by_itself = statistics.median(periods), statistics.median(bare[2:])
    print(f"a job in a warm worker: {in_worker:.3f} s; execute alone: {by_itself:.3f} s")
    print(f"overhead: {in_worker - by_itself:.3f} s, of the fastest {min(periods) - min(bare[2:]):.3f} s")


def pictures(folder: Path, count: int) -> Path:
    """As many different pictures: those that are shipped, mirrored and with borders."""
    folder.mkdir()
    files = sorted(file for file in PICTURES.glob("*.*") if file.suffix in (".jpg", ".png") and "mask" not in file.stem)
    for number in range(count):
        turn, which = divmod(number, len(files))
        picture = Image.open(files[which]).convert("RGB")
        picture = ImageOps.mirror(picture) if turn % 2 else picture
        ImageOps.expand(picture, 12 * turn, "white").save(folder / f"{number:02}.png")
    return folder


def throughput(folder: Path, count: int, steps: int, size: int) -> None:
    """Sketches of different pictures on all cores: a batch of one-thread jobs against one fresh process each."""
    place = pictures(folder / "pictures", count)
    settings = {"steps": steps, "size": size, "best_of": 1, "preview_size": size, "video.formats": "[]"}
    words = [f"{key}={value}" for key, value in settings.items()]
    began = time.monotonic()
    for file in sorted(place.iterdir()):
        command = [sys.executable, "run.py", "sketch", f"target={file}", f"output={folder / 'alone'}", *words]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    alone = time.monotonic() - began
    file = write_jobs(folder / "batch", pipeline="sketch", table=str(place), defaults=settings | {"video.formats": []})
    began = time.monotonic()
    subprocess.run([sys.executable, "run.py", "batch", str(file)], cwd=ROOT, check=True, capture_output=True)
    batch = time.monotonic() - began
    print(f"{count} sketches of {steps} steps: {alone:.0f} s one after the other, {batch:.0f} s as a batch")
    print(f"a minute: {60 * count / alone:.1f} and {60 * count / batch:.1f}, {alone / batch:.2f} times as many")


def memory(folder: Path, jobs: int) -> None:
    """Resident memory of one worker, after its 20th job and after the last."""
    file = tiny(folder / "many", jobs, {"local": {"workers": 1, "cpus": 1, "renew": jobs + 1}})
    batch = folder / "many" / "out" / "jobs"
    driver = threading.Thread(target=run_batch, args=(file,))
    driver.start()
    after: dict[int, float] = {}
    while driver.is_alive():
        count = done(batch)
        for pid in workers_of(batch)[:1]:
            after[count] = resident(pid) or after.get(count, 0.0)
        time.sleep(0.1)
    driver.join()
    early, last = after[min(count for count in after if count >= 20)], after[max(after)]
    for count in sorted(after):
        if count % 50 == 0:
            print(f"{count:4} jobs: {after[count]:.0f} MB")
    print(f"after 20 jobs {early:.0f} MB, after {max(after)} {last:.0f} MB: {100 * (last / early - 1):+.1f} %")


def resident(pid: int) -> float:
    """Resident memory of a process in MB; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["kills", "overhead", "throughput", "memory"])
    parser.add_argument("--jobs", type=int, help="200, 40, 32 and 500 unless given")
    parser.add_argument("--workers", type=int, default=20, help="workers that are killed")
    parser.add_argument("--drivers", type=int, default=2, help="drivers that are killed")
    parser.add_argument("--steps", type=int, default=200, help="of a sketch")
    parser.add_argument("--size", type=int, default=224, help="of a sketch")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        match arguments.what:
            case "kills":
                seed = random.Random(arguments.seed)
                kills(Path(name), arguments.jobs or 200, arguments.workers, arguments.drivers, seed)
            case "overhead":
                overhead(Path(name), arguments.jobs or 40)
            case "throughput":
                throughput(Path(name), arguments.jobs or 32, arguments.steps, arguments.size)
            case "memory":
                memory(Path(name), arguments.jobs or 500)
