"""SVG drawings: elements, attributes, styles and paths that are wrong, rare or many."""

from __future__ import annotations

import json
from random import Random
from xml.sax.saxutils import quoteattr

from fuzzing.case import Bases, Case, kind
from fuzzing.damage import damaged_bytes, damaged_text, encoded, words_in
from pipelines.config.shipped import shipped_folder

SHAPES = {
    "path": ["d"],
    "rect": ["x", "y", "width", "height", "rx", "ry"],
    "circle": ["cx", "cy", "r"],
    "ellipse": ["cx", "cy", "rx", "ry"],
    "line": ["x1", "y1", "x2", "y2"],
    "polyline": ["points"],
    "polygon": ["points"],
    "text": ["x", "y"],
    "image": ["href", "width", "height"],
    "use": ["href", "x", "y"],
}
GROUPS = words_in("""
    g | svg | defs | symbol | clipPath | mask | linearGradient | radialGradient | pattern | a | switch | filter |
    marker | style | script
""")
LENGTHS = [
    *words_in("""
    0 | 5 | -3 | 1e3 | 1e308 | 1e-320 | 1e400 | nan | inf | 50% | abc% | % | 2em | 3ex | 1cm | 4mm | 1in | 2px | 1e
    | 1.2.3 | --1 |  | 1 2 | auto | inherit | calc(1px) | 1e9999 | +7 | 0x10 | 5; | 1,000000
"""),
    "9" * 400,
    "\u0663",
    " ",
]
COLOURS = words_in("""
    red | none | #f00 | #ff000080 | #12345 | rgb(1,2,3) | rgb(10%, 20%, 30%) | rgba(1, 2, 3, 50%) | hsl(1, 2%, 3%) |
    currentColor | url(#a) | url(#b) red | url( | rgb( | rgb(1e400,0,0) | rgb(nan,0,0) | context-fill | inherit |
    transparent |  | # | url(http://x/y)
""")
STYLES = {
    "fill": COLOURS,
    "stroke": COLOURS,
    "stop-color": COLOURS,
    "color": COLOURS,
    "stroke-width": LENGTHS,
    "opacity": LENGTHS,
    "fill-opacity": LENGTHS,
    "stroke-opacity": LENGTHS,
    "font-size": LENGTHS,
    "stroke-dasharray": ["1 2", "0", "nan", "-1", "none", "1e400", ","],
    "stroke-linecap": ["round", "butt", "x"],
    "stroke-linejoin": ["round", "miter", "x"],
    "stroke-miterlimit": LENGTHS,
    "fill-rule": ["evenodd", "nonzero", "x"],
    "display": ["none", "inline", "x"],
    "visibility": ["hidden", "visible", "x"],
    "clip-path": ["url(#a)", "none", "x"],
    "mask": ["url(#a)", "url(#nobody)"],
    "filter": ["url(#a)", "blur(3px)"],
    "transform": [],
    "transform-origin": ["center", "1 2", "50% 50%", "nan", "left 3"],
    "systemLanguage": ["en", "xx", ""],
    "class": ["a", "b c", ""],
    "id": ["a", "b", "a"],
    "href": ["#a", "#b", "#nobody", "http://x/y", "", "data:,", "#"],
    "xlink:href": ["#a", "x.svg#a"],
    "style": [],
}
NUMBERS = ["0", "1", "-2", "10", "24", "1e3", "1e30", "1e308", "1e400", "nan", ".5", "-.5e-9", "", "x", "1e", "9" * 60]
ROOTS = {
    "viewBox": words_in("""
    0 0 24 24 | 0 0 24 | 0 0 0 0 | 0 0 -1 5 | a b c d | 0 0 1e308 1e308 | nan 0 1 1 | 0 0 10.5 3 | -1e9 0 1e-9 1e-9
    | 0 0 1 100000
    """),
    "width": LENGTHS,
    "height": LENGTHS,
    "preserveAspectRatio": ["none", "xMinYMax slice", "xMid", "x", "", "none slice"],
}
SHEETS = [
    *words_in("""
    .a{fill:red} | *{stroke:blue;stroke-width:3} | @media print{rect{fill:red}} | rect>path{fill:red |
    }}}}}}}}}}}}}}}}}}}} | /* | a{b | #a,.b{fill:url(#a)!important} | @import url(x.css); | .a{fill:} |
    :not(:not(rect)){fill:red} | <!-- | \\66 ill{} | .a{transform:rotate(1deg)}
"""),
    "{" * 3000,
    "a " * 5000,
]


MANY = [
    "<g>" * 2000 + "</g>" * 2000,
    "<path d='M1 1L9 9'/>" * 300,
    "<use href='#a'/>" * 500,
    f"<path d='M1 1{' 1 1 -1 -1' * 20_000}'/>",
    f"<path d='M1 1{'z' * 200_000}'/>",
    f"<path d='M{' ' * 300_000}1 1'/>",
    f"<rect style='{'x' * 200_000}'/>",
    f"<rect style='{'x;' * 100_000}'/>",
    f"<style>{'{' * 200_000}</style>",
    f"<style>{'a' * 200_000}</style>",
    f"<style>{'.a{fill:red}' * 9000}</style>",
    f"<rect transform='{'scale(1)' * 30_000}'/>",
    f"<polygon points='{'1 ' * 200_001}'/>",
    f"<g id='a'>{'<a/>' * 30_000}</g>",
    f"<rect class='{'a ' * 30_000}' width='9' height='9'/>",
    f"<rect fill='{'#' * 300_000}'/>",
]
"""Long ones, at which what is quadratic is slow."""


def transform(random: Random) -> str:
    """A list of transformations, some of them none."""
    names = ["translate", "scale", "rotate", "skewX", "skewY", "matrix", "matrix3d", "Rotate", ""]
    parts = []
    for _ in range(random.choice([1, 1, 2, 9])):
        if random.random() < 0.7:
            parts.append(
                random.choice(["translate(3 4)", "scale(.5)", "rotate(30, 5 5)", "skewX(10)", "matrix(1 .1 -.1 1 2 3)"])
            )
            continue
        values = random.choice([" ", ",", ", "]).join(random.choices(NUMBERS, k=random.choice([1, 2, 3, 6, 0, 7])))
        parts.append(f"{random.choice(names)}({values}{random.choice([')', ')', ''])}")
    return " ".join(parts)


def path(random: Random) -> str:
    """Path data."""
    count = random.choice([0, 1, 3, 8, 8, 8, 2000])
    pieces = ["M 1 1"] if random.random() < 0.8 else []
    for _ in range(count):
        letter = random.choice("MmLlHhVvCcSsQqTtAaZzLCAXe")
        length = {"H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7, "Z": 0}.get(letter.upper(), 2)
        if random.random() < 0.01:
            length += random.choice([-1, 1, 4])
        values = [f"{random.uniform(-5, 30):.3g}" for _ in range(length)]
        if random.random() < 0.02:
            values = random.choices(NUMBERS, k=length)
        pieces.append(letter + random.choice([" ", ","]).join(values))
    return " ".join(pieces)


def attribute(random: Random, name: str) -> str:
    """A value of an attribute."""
    if name == "d":
        return path(random)
    if name == "points":
        return " ".join(random.choices(NUMBERS[:7], k=random.choice([0, 1, 4, 9])))
    if name == "transform":
        return transform(random)
    if name == "style":
        return ";".join(f"{key}:{attribute(random, key)}" for key in random.choices(list(STYLES), k=3))
    choices = STYLES.get(name) or ROOTS.get(name) or LENGTHS
    if random.random() < 0.1 or choices not in (COLOURS, LENGTHS):
        return random.choice(choices)
    return f"#{random.randrange(1 << 24):06x}" if choices is COLOURS else f"{random.uniform(0, 24):.3g}"


def element(random: Random, depth: int = 0) -> str:
    """An element with what is in it."""
    name = random.choice(list(SHAPES)) if depth > 2 or random.random() < 0.7 else random.choice(GROUPS)
    names = [*SHAPES.get(name, []), *random.sample(list(STYLES), random.choice([0, 1, 2, 4]))]
    given = [name for name in dict.fromkeys(names) if random.random() < 0.9]
    attributes = "".join(f" {key}={quoteattr(attribute(random, key))}" for key in given)
    inside = "".join(element(random, depth + 1) for _ in range(random.choice([0, 1, 3]))) if name in GROUPS else ""
    if name == "style":
        inside = random.choice(SHEETS).replace("<", "&lt;")
    if "Gradient" in name:
        stop = f"<stop offset={quoteattr(random.choice(LENGTHS))} stop-color={quoteattr(random.choice(COLOURS))}/>"
        inside = stop * random.choice([0, 1, 2])
    return f"<{name}{attributes}>{inside}</{name}>"


def document(random: Random) -> str:
    """An SVG."""
    said = [key for key in ROOTS if random.random() < 0.08]
    sizes = "".join(f" {key}={quoteattr(random.choice(ROOTS[key]))}" for key in said)
    if "viewBox" not in sizes and random.random() < 0.97:
        sizes += ' viewBox="0 0 24 24"'
    content = "".join(element(random) for _ in range(random.choice([0, 1, 3, 6])))
    if random.random() < 0.03:
        content = random.choice(MANY)
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    heads = [f"<?xml version='1.0' encoding='{name}'?>" for name in ("klingon", "UTF-16", "latin-1")]
    heads += ["<!DOCTYPE svg>", _bomb()]
    head = random.choice(heads) if random.random() < 0.08 else ""
    sound = '<rect x="3" y="3" width="9" height="9" fill="red"/>' if random.random() < 0.9 else ""
    return f"{head}<svg {names if random.random() < 0.98 else ''}{sizes}>{content}{sound}</svg>"


def _bomb() -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(9))
    return f"<!DOCTYPE svg [{entities}]>"


def broken_drawing(random: Random) -> bytes:
    """Something where an SVG should be."""
    text = document(random)
    if random.random() < 0.2:
        text = (shipped_folder() / "assets" / "apple.svg").read_text()
        text = damaged_text(random, text, random.choice([1, 3, 6]), [*LENGTHS, *COLOURS])
    elif random.random() < 0.1:
        text = damaged_text(random, text, random.choice([1, 3]))
    content = encoded(random, text)
    return damaged_bytes(random, content) if random.random() < 0.05 else content


@kind
def svg_files(random: Random, bases: Bases) -> Case:
    """A drawing that is edited."""
    name = random.choice(["drawing.svg", "drawing.svg", "drawing.SVG"])
    config = bases.configs["edit"] | {"target": name}
    if random.random() < 0.1:
        config["losses"] = {"a": {"loss": random.choice(["xing", "corners", "tone", "pixels"])}}
    return Case(["config.json"], {"config.json": json.dumps(config).encode(), name: broken_drawing(random)})
