"""How fast the gallery of many runs opens in Chromium, and answers.

    python benchmarks/gallery_page.py --runs 500

Makes folders of runs with the settings of shipped configs and a photograph each, writes the gallery, opens it in a
fresh browser, and filters, sorts and groups. Times are the least of several, in seconds. "Opens" ends when every card
stands and all thumbnails in the window are drawn. Writing is counted in processor time.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import yaml
from PIL import Image
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "pipelines"))

from chromium import chromium
from run_folders import make_run

from pipelines.config.reading import read_config
from pipelines.gallery import write_gallery

ROOT = Path(__file__).parents[1]
READY = """() => document.querySelectorAll('article').length === %d && [...document.querySelectorAll('article img')]
    .filter((image) => image.getBoundingClientRect().top < innerHeight).every((image) => image.complete)"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
ANSWERS = {
    "filters": "document.querySelector('.facet input[type=checkbox]').click()",
    "sorts": "sort.value = 'eval_loss', sort.dispatchEvent(new Event('change'))",
    "groups": "group.value = 'seed', group.dispatchEvent(new Event('change'))",
}


def make_runs(folder: Path, count: int) -> None:
    """Runs of three pipelines; each has a part of a photograph as its result."""
    photograph = Image.open(ROOT / "configs" / "assets" / "cat.jpg").convert("RGB").resize((600, 600))
    dice = random.Random(0)
    for number in range(count):
        name = ("draw", "sketch", "text_to_3d")[number % 3]
        config = yaml.safe_load(read_config(ROOT / "configs" / f"{name}.yaml").model_dump_json())
        settings = config | {"seed": number % 20}
        measures = {"clip": dice.random(), "lpips": dice.random()}
        run = make_run(folder / name / f"{number:04d}", settings, losses=(dice.random(),), steps=12, measures=measures)
        left, top = dice.randrange(152), dice.randrange(152)
        photograph.crop((left, top, left + 448, top + 448)).save(run / "drawing.png")


def opening(browser: Browser, page_file: Path, count: int) -> tuple[float, dict[str, float]]:
    """Seconds until the page stands, and until it answers."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(page_file.as_uri())
    page.wait_for_function(READY % count)
    page.evaluate(FRAME)
    opened = time.perf_counter() - start
    answers = {}
    for name, script in ANSWERS.items():
        begun = page.evaluate("performance.now()")
        page.evaluate(script)
        answers[name] = (page.evaluate(FRAME) - begun) / 1000
    context.close()
    return opened, answers


def main() -> None:
    """Prints the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_runs(folder / "runs", options.runs)
        times = []
        for _ in range(2):
            start = time.process_time()
            page_file = write_gallery([folder / "runs"])
            times.append(time.process_time() - start)
        size = sum(file.stat().st_size for file in page_file.parent.rglob("*") if file.is_file())
        print(f"{options.runs} runs: written in {times[0]:.1f}, again in {times[1]:.1f}, {size / 1e6:.1f} MB")
        with chromium(folder) as browser:
            found = [opening(browser, page_file, options.runs) for _ in range(options.repeat)]
        print(f"opens {min(opened for opened, _ in found):.2f}")
        for answer in ANSWERS:
            print(f"{answer} {min(answers[answer] for _, answers in found):.2f}")


if __name__ == "__main__":
    main()
