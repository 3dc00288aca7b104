"""Makes the contact sheets of the README: ``python benchmarks/gallery.py [name of a sheet ...]``.

The runs stay in ``outputs/gallery`` and are not made again; delete them for that.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipelines import run
from pipelines.inputs.pictures import read_picture
from pipelines.loop.callbacks.previews import history
from pipelines.loop.contact_sheets import read_row

TILE = 224
ASSETS = Path("configs/assets")
DRAWN = Path("outputs/gallery")
CHANNELS = [
    "teapot.png", "owl.png", "bicycle.png", "sailboat.png", "kitten.png",
    "coffee.jpg", "cat.jpg", "raccoon.jpg", "astronaut.jpg", "photographer.jpg",
]  # fmt: skip
PROMPTS = [
    "a red apple", "a banana", "a frog", "a sailboat", "a cat",
    "a rose", "a blue butterfly", "a pizza", "a palm tree", "a house",
    "a red heart", "a green circle", "a yellow star", "a tropical fish", "an umbrella",
    "a mushroom", "a rocket", "the sun", "a carrot", "a snowman",
]  # fmt: skip


TOGETHER = [
    "a purple cat", "a blue apple", "a green rose", "a pink frog",
    "a red circle left of a blue square", "a green star above a yellow heart", "a cat left of a dog",
    "a frog above a mushroom",
]  # fmt: skip
WAYS: dict[str, dict[str, Any]] = {"exemplars": {}, "pocket": {"prior": "pocket"}, "clip": {"by": "clip"}}

IMAGINED = ["a frog", "a blue butterfly", "a pizza", "a purple cat"]
EDITS = {
    "a red apple, a green apple": ASSETS / "apple.svg",
    "a red apple, a blue apple": ASSETS / "apple.svg",
    "a sailboat, a blue sailboat": ASSETS / "sailboat.png",
}


PAIRS = (
    ("vase", "a strawberry"), ("dog", "a tiger"), ("dog", "a zebra"), ("mushroom", "a watermelon"),
    ("vase", "a pineapple"), ("mug", "a cactus"), ("rocket", "a carrot"), ("house", "a wrapped gift"),
)  # fmt: skip


def made(name: str, config: str, **overrides: Any) -> Path:
    """The folder of a run, made unless it is there already."""
    folder = DRAWN / name
    if not (folder / "report.html").exists():
        run(config, name="gallery", run=name, **{"video.formats": []}, **overrides)
    return folder


def drawing(name: str, config: str, **overrides: Any) -> Image.Image:
    """The picture of a run."""
    folder = made(name, config, **overrides)
    file = next(path for path in (folder / "drawing.png", folder / "picture.png") if path.exists())
    return Image.open(file).convert("RGB")


def sheet(columns: list[list[Image.Image]], titles: list[str], width: int) -> Image.Image:
    """Columns of pictures under titles, ``width`` columns side by side."""
    rows = -(-len(columns) // width)
    height = TILE * len(columns[0]) + 26
    canvas = Image.new("RGB", (width * (TILE + 8), rows * height), "white")
    pen = ImageDraw.Draw(canvas)
    for index, (column, title) in enumerate(zip(columns, titles, strict=True)):
        x, y = index % width * (TILE + 8), index // width * height
        pen.text((x + TILE / 2, y + 13), title, "black", ImageFont.load_default(14), anchor="mm")
        for row, picture in enumerate(column):
            canvas.paste(ImageOps.pad(picture, (TILE, TILE), color="white"), (x + 4, y + 26 + TILE * row))
    return canvas


def sketches() -> None:
    """Each picture, as it was judged, over its sketch with 32 strokes."""
    columns, titles = [], [Path(name).stem for name in CHANNELS]
    for name, title in zip(CHANNELS, titles, strict=True):
        sketch = drawing(f"{title}-32", "configs/sketch.yaml", target=str(ASSETS / name), strokes=32, best_of=1)
        target = read_picture(DRAWN / f"{title}-32" / "target.png").convert("RGB")
        columns.append([target, sketch])
    sheet(columns, titles, 5).quantize(128, dither=Image.Dither.NONE).save("docs/sketches.png", optimize=True)


def scenes() -> None:
    """A photograph at three fidelities, from left to right, and with ever fewer strokes, from top to bottom."""
    axes = (1.0, 0.5, 0.0), (0.0, 0.5, 0.75)
    columns = [
        [drawing(f"scene-{f}-{s}", "configs/scene.yaml", fidelity=f, simplicity=s, ordered=False) for s in axes[1]]
        for f in axes[0]
    ]
    sheet(columns, [f"fidelity {fidelity}" for fidelity in axes[0]], 3).save("docs/scenes.png")


def paintings() -> None:
    """Photographs over their paintings and their drawings in coloured pencil."""
    names, columns = ["astronaut.jpg", "cat.jpg", "coffee.jpg", "raccoon.jpg"], []
    for name in names:
        made = [
            drawing(f"{way}-{name[:-4]}", f"configs/{way}.yaml", target=str(ASSETS / name), size=[224, 224])
            for way in ("paint", "pencil")
        ]
        columns.append([Image.open(DRAWN / f"paint-{name[:-4]}" / "target.png").convert("RGB"), *made])
    sheet(columns, [name[:-4] for name in names], 4).save("docs/paintings.jpg")


def drawn(prompt: str, way: str = "exemplars") -> Image.Image:
    """A drawing from words, one candidate."""
    name = prompt.replace(" ", "-") + ("" if way == "exemplars" else f"-{way}")
    return drawing(name, "configs/draw.yaml", prompt=prompt, best_of=1, **WAYS[way])


def drawings() -> None:
    """A drawing for each prompt by the default prior."""
    sheet([[drawn(prompt)] for prompt in PROMPTS], PROMPTS, 5).save("docs/drawings.png")


def combinations() -> None:
    """What no single exemplar shows: drawings by exemplars over drawings by the learned prior."""
    columns = [[drawn(prompt, way) for way in ("exemplars", "pocket")] for prompt in TOGETHER]
    sheet(columns, TOGETHER, 4).save("docs/combinations.png")


VECTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "a rocket": ("vectorfusion", {}),
    "an owl, from scratch": ("vectorfusion_scratch", {}),
    "a frog in pixels": ("pixel_art", {}),
    "a butterfly in strokes": ("diffsketcher", {"best_of": 1, "steps": 200}),
    "trees, as particles": ("svgdreamer", {}),
    "C, a cat": ("word_as_image", {}),
    "O, an owl": ("word_as_image", {"text": "OWL", "letters": "O", "prompt": "an owl"}),
    "W, a crown": ("word_as_image", {"text": "CROWN", "letters": "W", "prompt": "a crown"}),
}


def vectors() -> None:
    """What the configs for vector graphics make; of particles all, of letters their line."""
    columns, titles = [], []
    for title, (config, overrides) in VECTORS.items():
        name = "vectors-" + title.replace(",", "").replace(" ", "-")
        pictures = [drawing(name, f"configs/{config}.yaml", **overrides)]
        if (DRAWN / name / "line.png").exists():
            pictures.append(Image.open(DRAWN / name / "line.png"))
        if config == "svgdreamer":
            last = history(DRAWN / name / "previews")[-1]
            pictures = [Image.fromarray(read_row(last, candidate, 4)) for candidate in range(4)]
        columns += [[ImageOps.pad(picture, (TILE, TILE), color="white")] for picture in pictures]
        titles += [title] * len(pictures)
    sheet(columns, titles, 7).save("docs/vectors.png")


def edits() -> None:
    """Pictures of free pixels, then each edit beside what it started from."""
    columns = [[drawing(f"imagined-{p.replace(' ', '-')}", "configs/imagine.yaml", prompt=p)] for p in IMAGINED]
    titles = list(IMAGINED)
    for words, target in EDITS.items():
        source, prompt = words.split(", ")
        settings = {"target": str(target), "source_prompt": source, "prompt": prompt}
        name = f"edited-{prompt.replace(' ', '-')}"
        after = drawing(name, "configs/edit.yaml", **settings)
        if source not in titles:
            columns.append([read_picture(DRAWN / name / "before.png").convert("RGB")])
            titles.append(source)
        columns.append([after])
        titles.append(f"to {prompt}")
    sheet(columns, titles, 5).save("docs/edits.png")


STYLES: tuple[tuple[str, dict[str, str]], ...] = (
    ("cat", {"style": "swirls"}),
    ("coffee", {"style": "mosaic"}),
    ("astronaut", {"style": "watercolour"}),
    ("photographer", {"style": "ink"}),
    ("coffee", {"prompt": "a rainbow"}),
    ("cat", {"prompt": "fire"}),
    ("raccoon", {"prompt": "fire"}),
)
"""Weights were chosen on cat, coffee and raccoon; photographer and astronaut are shown as they came."""


def styles() -> None:
    """Photographs over what they become."""
    columns, titles = [], []
    for picture, given in STYLES:
        ((key, name),) = given.items()
        words = key == "prompt"
        value = name if words else str(ASSETS / "styles" / f"{name}.webp")
        settings = {"target": str(ASSETS / f"{picture}.jpg"), key: value}
        after = drawing(
            f"{picture}-as-{name.replace(' ', '-')}", f"configs/{'clipstyler' if words else 'stylise'}.yaml", **settings
        )
        columns.append(
            [
                ImageOps.fit(each, (TILE, TILE))
                for each in (read_picture(ASSETS / f"{picture}.jpg").convert("RGB"), after)
            ]
        )
        titles.append(f'"{name}"' if words else name)
    sheet(columns, titles, 4).save("docs/styles.jpg", quality=85)


def stylised(model: str, prompt: str) -> Path:
    """The folder of a run of ``stylise_mesh``."""
    source, name = str(ASSETS / "models" / f"{model}.glb"), f"{model}-{prompt.replace(' ', '-')}"
    return made(name, "configs/stylise_mesh.yaml", model=source, prompt=prompt)


def meshes() -> None:
    """Each model before, and from two sides after."""
    columns = []
    for model, prompt in PAIRS:
        folder = stylised(model, prompt)
        before, after = (Image.open(folder / name).convert("RGB") for name in ("before.png", "views.png"))
        side = after.width // 4  # eight views, four in a row
        views = [after.crop((x, y, x + side, y + side)) for x, y in ((side, 0), (2 * side, side))]
        columns.append([before, *views])
    sheet(columns, [f"{model}: {prompt}" for model, prompt in PAIRS], 4).save("docs/meshes.png")


SHEETS = {
    maker.__name__: maker
    for maker in (drawings, combinations, sketches, paintings, scenes, vectors, edits, styles, meshes)
}

if __name__ == "__main__":
    Path("docs").mkdir(exist_ok=True)
    for name in sys.argv[1:] or SHEETS:
        SHEETS[name]()
