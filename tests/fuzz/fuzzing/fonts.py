"""Fonts, damaged."""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO
from random import Random

from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

from fuzzing.case import Bases, Case, kind
from fuzzing.damage import damaged_bytes
from pipelines.config.shipped import shipped_folder

TEXTS = ["O", "OW", "", " ", "é", "\n", "\u202eO", "O" * 200, "日", "0x1", "\t", "O\u0301"]


@cache
def small_font() -> bytes:
    """Two letters of the shipped font."""
    font = TTFont(shipped_folder() / "assets" / "DejaVuSans-Bold.ttf")
    subset = Subsetter()
    subset.populate(text="OW")
    subset.subset(font)
    file = BytesIO()
    font.save(file)
    return file.getvalue()


@kind
def font_files(random: Random, bases: Bases) -> Case:
    """Letters of a font."""
    text = random.choice(TEXTS) if random.random() < 0.3 else "OW"
    content = (
        damaged_bytes(random, small_font(), random.choice([0, 1, 2, 5]))
        if random.random() < 0.95
        else random.randbytes(99)
    )
    letters = random.choice(["", text[:1]] * 5 + ["x"])
    config = bases.configs["word_as_image"] | {"text": text, "letters": letters, "font": "f.ttf"}
    return Case(["config.json"], {"config.json": json.dumps(config).encode(), "f.ttf": content})
